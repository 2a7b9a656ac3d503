// SPDX-License-Identifier: GPL-2.0
/* Makes causes of hangs and crashes, which the parameter "how" names, with commas between: for the bench of the report. */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/preempt.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rtmutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

/* DEFINE_SEMAPHORE() takes how many may hold it since 6.4. */
#define DEFINE_SEMAPHORE_ONE(name) struct semaphore name = __SEMAPHORE_INITIALIZER(name, 1)

static char *how = "";
module_param(how, charp, 0);
static int megabytes = 64;
module_param(megabytes, int, 0);

static DEFINE_MUTEX(vmtest_first);
static DEFINE_MUTEX(vmtest_second);
static DEFINE_MUTEX(vmtest_third);
static DEFINE_MUTEX(vmtest_fourth);
static DEFINE_MUTEX(vmtest_fifth);
static DECLARE_RWSEM(vmtest_rwsem);
static DECLARE_RWSEM(vmtest_rwsem2);
static DECLARE_RWSEM(vmtest_rwsem3);
static DEFINE_SPINLOCK(vmtest_lock);
static DEFINE_SPINLOCK(vmtest_own_lock);
static DEFINE_RWLOCK(vmtest_rwlock);
static DEFINE_SEMAPHORE_ONE(vmtest_semaphore);
static DEFINE_RT_MUTEX(vmtest_rtmutex);
DEFINE_STATIC_PERCPU_RWSEM(vmtest_percpu);
static DECLARE_COMPLETION(vmtest_never);

static void stay(void)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
}

/* A thread that keeps to a CPU; to any with -1. */
static void start(int (*body)(void *data), void *data, const char *name, int cpu)
{
	struct task_struct *task = kthread_create(body, data, "%s", name);

	if (IS_ERR(task))
		return;
	if (cpu >= 0)
		kthread_bind(task, cpu);
	wake_up_process(task);
	msleep(200);
}

/* Two threads take two mutexes in opposite order. */
static int abba(void *data)
{
	struct mutex *mine = data ? &vmtest_second : &vmtest_first;
	struct mutex *other = data ? &vmtest_first : &vmtest_second;

	mutex_lock(mine);
	msleep(1000);
	mutex_lock(other);
	stay();
	return 0;
}

/* A reader of a rwsem sleeps for ever; a writer waits, and readers behind it. */
static int reader(void *data)
{
	down_read(&vmtest_rwsem);
	stay();
	return 0;
}

static int writer(void *data)
{
	down_write(&vmtest_rwsem);
	stay();
	return 0;
}

/* Holds a spinlock and goes on and on; others spin for it. */
static int spin_holder(void *data)
{
	spin_lock(&vmtest_lock);
	for (;;)
		cpu_relax();
	return 0;
}

static int spin_waiter(void *data)
{
	spin_lock(&vmtest_lock);
	spin_unlock(&vmtest_lock);
	return 0;
}

/* Neither preemption nor, with data, interrupts. */
static int lockup(void *data)
{
	if (data)
		local_irq_disable();
	else
		preempt_disable();
	for (;;)
		cpu_relax();
	return 0;
}

/* Sleeps inside a reader of RCU; another thread waits for the grace period. */
static int rcu_sleeper(void *data)
{
	rcu_read_lock();
	stay();
	return 0;
}

static int rcu_waiter(void *data)
{
	synchronize_rcu();
	return 0;
}

/* Works of an ordered queue: the first waits for a mutex that is kept, the rest wait for it, and one waits for all. */
static struct workqueue_struct *vmtest_queue;

static void work(struct work_struct *work)
{
	mutex_lock(&vmtest_first);
	mutex_unlock(&vmtest_first);
}

static int keeper(void *data)
{
	mutex_lock(&vmtest_first);
	stay();
	return 0;
}

static int flusher(void *data)
{
	flush_workqueue(vmtest_queue);
	return 0;
}

static void jam(void)
{
	int i;

	start(keeper, NULL, "vmt_keeper", -1);
	vmtest_queue = alloc_ordered_workqueue("vmtest_ordered", 0);
	for (i = 0; vmtest_queue && i < 20; i++) {
		struct work_struct *one = kmalloc(sizeof(*one), GFP_KERNEL);

		INIT_WORK(one, work);
		queue_work(vmtest_queue, one);
	}
	start(flusher, NULL, "vmt_flusher", -1);
}

/* A work that does not end, on a CPU of its own, and others behind it. */
static void hog(struct work_struct *work)
{
	for (;;)
		cpu_relax();
}

static void hogged(void)
{
	static struct work_struct works[8];
	int i;

	for (i = 0; i < 8; i++) {
		INIT_WORK(&works[i], i ? work : hog);
		queue_work_on(1, system_wq, &works[i]);
	}
}

/* Memory that is not given back: objects of a slab cache, or pages. */
static void leak_slab(void)
{
	long i;

	for (i = 0; i < ((long)megabytes << 20) / 1024; i++)
		if (!kmalloc(1024, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN))
			break;
}

static void leak_pages(void)
{
	long i;

	for (i = 0; i < ((long)megabytes << 20) / PAGE_SIZE; i++)
		if (!alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0))
			break;
}

static noinline int deeper(volatile char *above, int depth)
{
	volatile char frame[256];

	frame[0] = above[0] + depth;
	return deeper(frame, depth + 1) + frame[0];
}

static int overflow(void *data)
{
	volatile char top[1] = { 0 };

	return deeper(top, 0);
}

struct vmtest_node {
	struct list_head list;
	long value;
};

static int corrupt_list(void *data)
{
	LIST_HEAD(head);
	struct vmtest_node *first = kzalloc(sizeof(*first), GFP_KERNEL);
	struct vmtest_node *second = kzalloc(sizeof(*second), GFP_KERNEL);

	list_add(&first->list, &head);
	first->list.prev = &second->list;
	list_add(&second->list, &head);
	list_del(&first->list);
	return 0;
}

struct vmtest_object {
	long before[4];
	struct vmtest_node *node;
	long after[59];
};

static noinline long use(struct vmtest_object *object)
{
	return READ_ONCE(object->node->value);
}

/* With slub_debug=P what was freed is full of 0x6b. */
static int after_free(void *data)
{
	struct vmtest_object *object = kzalloc(sizeof(*object), GFP_KERNEL);

	kfree(object);
	return use(object);
}

static int null(void *data)
{
	return use((struct vmtest_object *)data);
}

/* A user program that writes to the file keeps a mutex and computes: a quota of CPU time may stop it there. */
static ssize_t compute(struct file *file, const char __user *buffer, size_t size, loff_t *position)
{
	unsigned long end = jiffies + 600 * HZ;

	mutex_lock(&vmtest_first);
	while (time_before(jiffies, end))
		cond_resched();
	mutex_unlock(&vmtest_first);
	return size;
}

static const struct proc_ops compute_ops = { .proc_write = compute };

static int wait_first(void *data)
{
	msleep(3000);
	mutex_lock(&vmtest_first);
	mutex_unlock(&vmtest_first);
	return 0;
}

/* A mutex and a rwsem in opposite order. */
static int mixed(void *data)
{
	if (data)
		down_write(&vmtest_rwsem2);
	else
		mutex_lock(&vmtest_third);
	msleep(1000);
	if (data)
		mutex_lock(&vmtest_third);
	else
		down_read(&vmtest_rwsem2);
	stay();
	return 0;
}

/* Takes what it holds already. */
static int itself(void *data)
{
	mutex_lock(&vmtest_fourth);
	mutex_lock(&vmtest_fourth);
	return 0;
}

static int spin_itself(void *data)
{
	spin_lock(&vmtest_own_lock);
	spin_lock(&vmtest_own_lock);
	return 0;
}

/* Locks of other kinds: whoever comes first keeps it, whoever comes later waits. */
static int keep_semaphore(void *data)
{
	down(&vmtest_semaphore);
	stay();
	return 0;
}

static int keep_rtmutex(void *data)
{
	rt_mutex_lock(&vmtest_rtmutex);
	stay();
	return 0;
}

static int keep_percpu(void *data)
{
	if (data)
		percpu_down_read(&vmtest_percpu);
	else
		percpu_down_write(&vmtest_percpu);
	stay();
	return 0;
}

static int spin_write(void *data)
{
	write_lock(&vmtest_rwlock);
	for (;;)
		cpu_relax();
	return 0;
}

static int spin_read(void *data)
{
	read_lock(&vmtest_rwlock);
	read_unlock(&vmtest_rwlock);
	return 0;
}

/* Nobody ever completes it. */
static int wait_never(void *data)
{
	wait_for_completion(&vmtest_never);
	return 0;
}

/* Dies with a mutex held. */
static int die(void *data)
{
	mutex_lock(&vmtest_first);
	return use((struct vmtest_object *)data);
}

/* Waits, with the mutex that the work needs, for the work. */
static void need(struct work_struct *work)
{
	mutex_lock(&vmtest_fifth);
	mutex_unlock(&vmtest_fifth);
}

static DECLARE_WORK(vmtest_work, need);

static int flush_locked(void *data)
{
	mutex_lock(&vmtest_fifth);
	schedule_work(&vmtest_work);
	flush_work(&vmtest_work);
	mutex_unlock(&vmtest_fifth);
	return 0;
}

/* A writer of a rwsem that sleeps, and readers behind it. */
static int keep_write(void *data)
{
	if (data)
		down_read(&vmtest_rwsem3);
	else
		down_write(&vmtest_rwsem3);
	stay();
	return 0;
}

/* The function of a timer that does not end. */
static struct timer_list vmtest_timer;

static void ring(struct timer_list *timer)
{
	for (;;)
		cpu_relax();
}

static void leak_vmalloc(void)
{
	int i;

	for (i = 0; i < megabytes; i++)
		if (!vmalloc(1 << 20))
			break;
}

static void underflow(void)
{
	static refcount_t count = REFCOUNT_INIT(1);

	if (!refcount_dec_and_test(&count))
		return;
	refcount_dec(&count);
}

static int __init make(const char *how)
{
	if (!strcmp(how, "abba")) {
		start(abba, NULL, "vmt_abba_a", -1);
		start(abba, &vmtest_first, "vmt_abba_b", -1);
	} else if (!strcmp(how, "rwsem")) {
		start(reader, NULL, "vmt_reader", -1);
		start(writer, NULL, "vmt_writer", -1);
		start(reader, NULL, "vmt_reader2", -1);
	} else if (!strcmp(how, "mutex")) {
		start(keeper, NULL, "vmt_keeper", -1);
		start(wait_first, NULL, "vmt_waiter", -1);
	} else if (!strcmp(how, "spinlock")) {
		start(spin_holder, NULL, "vmt_holder", 1);
		start(spin_waiter, NULL, "vmt_spinner", 2);
	} else if (!strcmp(how, "softlockup")) {
		start(lockup, NULL, "vmt_soft", 1);
	} else if (!strcmp(how, "hardlockup")) {
		start(lockup, &vmtest_lock, "vmt_hard", 1);
	} else if (!strcmp(how, "rcu")) {
		start(rcu_sleeper, NULL, "vmt_rcu", -1);
		start(rcu_waiter, NULL, "vmt_rcu_wait", -1);
	} else if (!strcmp(how, "jam")) {
		jam();
	} else if (!strcmp(how, "hogged")) {
		hogged();
	} else if (!strcmp(how, "slab")) {
		leak_slab();
	} else if (!strcmp(how, "pages")) {
		leak_pages();
	} else if (!strcmp(how, "overflow")) {
		start(overflow, NULL, "vmt_overflow", -1);
	} else if (!strcmp(how, "list")) {
		start(corrupt_list, NULL, "vmt_list", -1);
	} else if (!strcmp(how, "free")) {
		start(after_free, NULL, "vmt_free", -1);
	} else if (!strcmp(how, "null")) {
		start(null, NULL, "vmt_null", -1);
	} else if (!strcmp(how, "throttled")) {
		proc_create("vmtest_compute", 0666, NULL, &compute_ops);
		start(wait_first, NULL, "vmt_waiter", -1);
	} else if (!strcmp(how, "mixed")) {
		start(mixed, NULL, "vmt_mixed_a", -1);
		start(mixed, &vmtest_rwsem, "vmt_mixed_b", -1);
	} else if (!strcmp(how, "itself")) {
		start(itself, NULL, "vmt_itself", -1);
	} else if (!strcmp(how, "spinitself")) {
		start(spin_itself, NULL, "vmt_spin_self", num_online_cpus() - 1);
	} else if (!strcmp(how, "semaphore")) {
		start(keep_semaphore, NULL, "vmt_sem_keeper", -1);
		start(keep_semaphore, NULL, "vmt_sem_waiter", -1);
	} else if (!strcmp(how, "rtmutex")) {
		start(keep_rtmutex, NULL, "vmt_rt_keeper", -1);
		start(keep_rtmutex, NULL, "vmt_rt_waiter", -1);
	} else if (!strcmp(how, "percpu")) {
		start(keep_percpu, &vmtest_percpu, "vmt_pc_reader", -1);
		start(keep_percpu, NULL, "vmt_pc_writer", -1);
		start(keep_percpu, &vmtest_percpu, "vmt_pc_second", -1);
	} else if (!strcmp(how, "rwsemwriter")) {
		start(keep_write, NULL, "vmt_write", -1);
		start(keep_write, &vmtest_rwsem3, "vmt_read", -1);
	} else if (!strcmp(how, "rwlock")) {
		start(spin_write, NULL, "vmt_holder", 1);
		start(spin_read, NULL, "vmt_spinner", 2);
	} else if (!strcmp(how, "never")) {
		start(wait_never, NULL, "vmt_never", -1);
	} else if (!strcmp(how, "died")) {
		start(die, NULL, "vmt_died", -1);
		start(wait_first, NULL, "vmt_waiter", -1);
	} else if (!strcmp(how, "flush")) {
		start(flush_locked, NULL, "vmt_flusher", -1);
	} else if (!strcmp(how, "timer")) {
		timer_setup(&vmtest_timer, ring, TIMER_PINNED);
		vmtest_timer.expires = jiffies + HZ;
		add_timer_on(&vmtest_timer, 1);
	} else if (!strcmp(how, "vmalloc")) {
		leak_vmalloc();
	} else if (!strcmp(how, "refcount")) {
		underflow();
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

MODULE_DESCRIPTION("Causes for pykd's bench of the report");
MODULE_LICENSE("GPL");
