// SPDX-License-Identifier: GPL-2.0
/*
 * What user space cannot make: holders and waiters of the kernel's own locks, a
 * busy workqueue, dead tasks, timers of modules, slab caches, a probed function.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/rtmutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

static DEFINE_MUTEX(vmtest_mutex);
static DECLARE_RWSEM(vmtest_written);	/* held by a writer */
static DECLARE_RWSEM(vmtest_read);	/* held by readers, a writer waits */
static struct semaphore vmtest_semaphore;
static struct rt_mutex vmtest_rt_mutex;
static DECLARE_COMPLETION(vmtest_completion);
static DECLARE_WAIT_QUEUE_HEAD(vmtest_queue);
static struct percpu_rw_semaphore vmtest_percpu;

static void stay(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
}

#define HOLDER(name, take) \
	static int name(void *data) \
	{ \
		take; \
		for (;;) \
			stay(); \
		return 0; \
	}

HOLDER(hold_mutex, mutex_lock(&vmtest_mutex))
HOLDER(hold_written, down_write(&vmtest_written))
HOLDER(read_written, down_read(&vmtest_written))
HOLDER(hold_read, down_read(&vmtest_read))
HOLDER(write_read, down_write(&vmtest_read))
HOLDER(hold_semaphore, down(&vmtest_semaphore))
HOLDER(hold_rt_mutex, rt_mutex_lock(&vmtest_rt_mutex))
HOLDER(hold_percpu, percpu_down_write(&vmtest_percpu))
HOLDER(read_percpu, percpu_down_read(&vmtest_percpu))
HOLDER(complete_never, wait_for_completion(&vmtest_completion))
HOLDER(wait_never, wait_event_interruptible(vmtest_queue, false))
HOLDER(wait_alone, wait_event_interruptible_exclusive(vmtest_queue, false))

static const struct {
	const char *name;
	int (*body)(void *data);
	int number;
} threads[] = {
	/* The first of each holds; the pause between them keeps the order. */
	{ "vmt_mutex", hold_mutex, 3 },
	{ "vmt_written", hold_written, 2 },
	{ "vmt_written_r", read_written, 2 },
	{ "vmt_read", hold_read, 2 },
	{ "vmt_read_w", write_read, 2 },
	{ "vmt_sem", hold_semaphore, 3 },
	{ "vmt_rtmutex", hold_rt_mutex, 3 },
	{ "vmt_percpu", hold_percpu, 1 },
	{ "vmt_percpu_r", read_percpu, 1 },
	{ "vmt_complete", complete_never, 2 },
	{ "vmt_wait", wait_never, 2 },
	{ "vmt_wait_x", wait_alone, 1 },
};

static struct workqueue_struct *vmtest_busy;

/* Works for a moment, again and again. */
static void churn(struct work_struct *work)
{
	usleep_range(500, 1000);
	queue_work(vmtest_busy, work);
}

/* Keeps its worker, so that what is queued behind it in an ordered queue stays pending. */
static void linger(struct work_struct *work)
{
	msleep(3600 * 1000);
}

static void later(struct work_struct *work)
{
}

static struct workqueue_struct *vmtest_ordered;
static struct work_struct vmtest_churn[3];
static DECLARE_WORK(vmtest_linger, linger);
static DECLARE_WORK(vmtest_pending1, later);
static DECLARE_WORK(vmtest_pending2, later);
static DECLARE_DELAYED_WORK(vmtest_delayed, later);

static void tick(struct timer_list *timer)
{
}
static DEFINE_TIMER(vmtest_timer, tick);

struct vmtest_node {
	struct list_head list;
	unsigned int number : 7, odd : 1;
	char name[16];
};

static LIST_HEAD(vmtest_list);
static struct kmem_cache *vmtest_cache;
static DEFINE_PER_CPU(unsigned long, vmtest_count) = 0x5645;

/* With a constructor of its own the cache is not merged with another. */
static void construct(void *object)
{
	memset(object, 0, sizeof(struct vmtest_node));
}

static int before(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}
/* On a function that is called now and then: its text begins with a trampoline or a call of ftrace. */
static struct kprobe vmtest_probe = { .symbol_name = "do_syslog", .pre_handler = before };

/* A zombie with this name becomes dead: the state lasts only a moment in real life. */
static void bury(void)
{
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task)
		if (!strcmp(task->comm, "kd-dead") && task->exit_state == EXIT_ZOMBIE)
			task->exit_state = EXIT_DEAD;
	rcu_read_unlock();
}

static int __init vmtest_init(void)
{
	int i, j;

	sema_init(&vmtest_semaphore, 1);
	rt_mutex_init(&vmtest_rt_mutex);
	if (percpu_init_rwsem(&vmtest_percpu))
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		for (j = 0; j < threads[i].number; j++) {
			kthread_run(threads[i].body, NULL, "%s/%d", threads[i].name, j);
			msleep(20);
		}
	vmtest_busy = alloc_workqueue("vmtest_busy", WQ_UNBOUND, 4);
	vmtest_ordered = alloc_ordered_workqueue("vmtest_ordered", WQ_MEM_RECLAIM);
	if (!vmtest_busy || !vmtest_ordered)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(vmtest_churn); i++) {
		INIT_WORK(&vmtest_churn[i], churn);
		queue_work(vmtest_busy, &vmtest_churn[i]);
	}
	queue_work(vmtest_ordered, &vmtest_linger);
	queue_work(vmtest_ordered, &vmtest_pending1);
	queue_work(vmtest_ordered, &vmtest_pending2);
	queue_delayed_work(vmtest_busy, &vmtest_delayed, 3600 * HZ);
	mod_timer(&vmtest_timer, jiffies + 1800 * HZ);
	vmtest_cache = kmem_cache_create("vmtest_node", sizeof(struct vmtest_node), 0, 0, construct);
	for (i = 0; vmtest_cache && i < 100; i++) {
		struct vmtest_node *node = kmem_cache_alloc(vmtest_cache, GFP_KERNEL);

		if (!node)
			break;
		node->number = i;
		node->odd = i & 1;
		snprintf(node->name, sizeof(node->name), "node %d", i);
		list_add_tail(&node->list, &vmtest_list);
	}
	this_cpu_inc(vmtest_count);
	if (register_kprobe(&vmtest_probe))
		pr_info("vmtest_load: no kprobe\n");
	bury();
	return 0;
}
module_init(vmtest_init);

MODULE_DESCRIPTION("The workload of pykd's bench that only a module can make");
MODULE_LICENSE("GPL");
