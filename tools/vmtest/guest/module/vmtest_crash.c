// SPDX-License-Identifier: GPL-2.0
/* Crash the kernel in the way that the parameter "how" names. */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>

static char *how = "null";
module_param(how, charp, 0);

struct vmtest_victim {
	long before;
	int *pointer;
};

static DEFINE_MUTEX(vmtest_mutex);

static noinline int vmtest_null(struct vmtest_victim *victim)
{
	return READ_ONCE(*victim->pointer);
}

static noinline void vmtest_bug(struct vmtest_victim *victim)
{
	BUG_ON(!victim->pointer);
}

/* One thread keeps the mutex and sleeps, the other waits for it. */
static int vmtest_holder(void *data)
{
	mutex_lock(&vmtest_mutex);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	mutex_unlock(&vmtest_mutex);
	return 0;
}

static int vmtest_waiter(void *data)
{
	msleep(100);
	mutex_lock(&vmtest_mutex);
	mutex_unlock(&vmtest_mutex);
	return 0;
}

static noinline void vmtest_spin(void)
{
	preempt_disable();
	for (;;)
		cpu_relax();
}

static int __init vmtest_init(void)
{
	struct vmtest_victim victim = { .before = 0x5645544d };

	if (!strcmp(how, "null"))
		return vmtest_null(&victim);
	if (!strcmp(how, "bug"))
		vmtest_bug(&victim);
	if (!strcmp(how, "spin"))
		vmtest_spin();
	if (!strcmp(how, "hang")) {
		kthread_run(vmtest_holder, NULL, "vmtest_holder");
		kthread_run(vmtest_waiter, NULL, "vmtest_waiter");
	}
	return 0;
}
module_init(vmtest_init);

MODULE_DESCRIPTION("Crashes the kernel for pykd's bench");
MODULE_LICENSE("GPL");
