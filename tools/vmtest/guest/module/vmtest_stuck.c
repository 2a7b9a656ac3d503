// SPDX-License-Identifier: GPL-2.0
/* More causes of hangs and crashes than vmtest_cause has, named by "how" in the same way: waits that nobody ends, and faults where others do not look. */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/pagemap.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

static char *how = "";
module_param(how, charp, 0);
static int megabytes = 64;
module_param(megabytes, int, 0);

static DEFINE_MUTEX(vmtest_left);
static seqcount_t vmtest_seqcount = SEQCNT_ZERO(vmtest_seqcount);
DEFINE_STATIC_SRCU(vmtest_srcu);

static void stay(void)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
}

/* A thread that keeps to a CPU; to any with -1. */
static struct task_struct *start(int (*body)(void *data), void *data, const char *name, int cpu)
{
	struct task_struct *task = kthread_create(body, data, "%s", name);

	if (IS_ERR(task))
		return NULL;
	if (cpu >= 0)
		kthread_bind(task, cpu);
	wake_up_process(task);
	msleep(200);
	return task;
}

/* Does not look whether it is to stop. */
static int sleeper(void *data)
{
	stay();
	return 0;
}

static int stopper(void *data)
{
	kthread_stop(data);
	return 0;
}

/* Ends with the mutex held; who waits for it was there before, so that it does not get the memory of the one that ended. */
static int leave(void *data)
{
	mutex_lock(&vmtest_left);
	return 0;
}

static int wait_left(void *data)
{
	msleep(3000);
	mutex_lock(&vmtest_left);
	mutex_unlock(&vmtest_left);
	return 0;
}

/* Sleeps inside a reader of SRCU, or of RCU; another waits for it. */
static int srcu_sleeper(void *data)
{
	int key = srcu_read_lock(&vmtest_srcu);

	stay();
	srcu_read_unlock(&vmtest_srcu, key);
	return 0;
}

static int srcu_waiter(void *data)
{
	synchronize_srcu(&vmtest_srcu);
	return 0;
}

static int rcu_sleeper(void *data)
{
	rcu_read_lock();
	stay();
	rcu_read_unlock();
	return 0;
}

/* Memory that is given back when no reader of RCU can see it any more. */
struct vmtest_garbage {
	struct rcu_head head;
	char content[1000];
};

static void reclaim(struct rcu_head *head)
{
	kfree(container_of(head, struct vmtest_garbage, head));
}

static void flood(void)
{
	long i;

	for (i = 0; i < ((long)megabytes << 20) / 1024; i++) {
		struct vmtest_garbage *one = kmalloc(sizeof(*one), GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);

		if (!one)
			break;
		call_rcu(&one->head, reclaim);
	}
}

/* Sleeps between the halves of a write; a reader tries again and again. */
static int seq_writer(void *data)
{
	raw_write_seqcount_begin(&vmtest_seqcount);
	stay();
	return 0;
}

static int seq_reader(void *data)
{
	preempt_disable();
	read_seqcount_begin(&vmtest_seqcount);
	preempt_enable();
	return 0;
}

/* Keeps the first page of a file locked. */
static int page_keeper(void *data)
{
	struct file *file = filp_open("/mnt/data/file", O_RDWR, 0);

	if (IS_ERR(file))
		return 0;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	filemap_lock_folio(file->f_mapping, 0);
#else
	find_lock_page(file->f_mapping, 0);
#endif
	stay();
	return 0;
}

static void bug(struct work_struct *work)
{
	BUG();
}

static struct timer_list vmtest_timer;

static void null(struct timer_list *timer)
{
	int *nothing = NULL;

	OPTIMIZER_HIDE_VAR(nothing);
	WRITE_ONCE(*nothing, 1);
}

static void twice(void)
{
	void *object = kmalloc(200, GFP_KERNEL), *hidden = object;

	OPTIMIZER_HIDE_VAR(hidden);
	kfree(object);
	kfree(hidden);
}

static int __init make(const char *how)
{
	static DECLARE_WORK(work, bug);

	if (!strcmp(how, "stop")) {
		start(stopper, start(sleeper, NULL, "vmt_sleeper", -1), "vmt_stopper", -1);
	} else if (!strcmp(how, "left")) {
		start(wait_left, NULL, "vmt_heir", -1);
		start(leave, NULL, "vmt_left", -1);
	} else if (!strcmp(how, "srcu")) {
		start(srcu_sleeper, NULL, "vmt_srcu", -1);
		start(srcu_waiter, NULL, "vmt_srcu_wait", -1);
	} else if (!strcmp(how, "flood")) {
		start(rcu_sleeper, NULL, "vmt_rcu", -1);
		flood();
	} else if (!strcmp(how, "seqcount")) {
		start(seq_writer, NULL, "vmt_seq_write", -1);
		start(seq_reader, NULL, "vmt_seq_read", 1);
	} else if (!strcmp(how, "page")) {
		start(page_keeper, NULL, "vmt_page", -1);
	} else if (!strcmp(how, "netdev")) {
		return dev_get_by_name(&init_net, "dummy0") ? 0 : -ENODEV;
	} else if (!strcmp(how, "init")) {
		stay();
	} else if (!strcmp(how, "workbug")) {
		schedule_work_on(1, &work);
	} else if (!strcmp(how, "irqnull")) {
		timer_setup(&vmtest_timer, null, TIMER_PINNED);
		vmtest_timer.expires = jiffies + HZ;
		add_timer_on(&vmtest_timer, 1);
	} else if (!strcmp(how, "twice")) {
		twice();
	} else {
		return -EINVAL;
	}
	return 0;
}

static int __init vmtest_init(void)
{
	char *rest = how, *one;
	int error = 0;

	while (!error && (one = strsep(&rest, ",")))
		error = make(one);
	return error;
}
module_init(vmtest_init);

MODULE_DESCRIPTION("More causes for pykd's bench of the report");
MODULE_LICENSE("GPL");
