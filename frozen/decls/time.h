/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clocks and timers. */

volatile unsigned long jiffies;
u64 jiffies_64;
ktime_t last_jiffies_update;
ktime_t tick_next_period;
int tick_do_timer_cpu;
struct tick_sched tick_cpu_sched;
struct tick_device tick_cpu_device;
struct tk_data tk_core;
struct { seqcount_raw_spinlock_t seq; struct timekeeper timekeeper; } tk_core;
struct { seqcount_t seq; struct timekeeper timekeeper; } tk_core;
struct timekeeper shadow_timekeeper;
struct tk_fast tk_fast_mono;
struct tk_data timekeeper_data[];
struct list_head clocksource_list;
struct clocksource *curr_clocksource;
struct list_head clockevent_devices;
struct list_head clockevents_released;

[[has: struct tmigr_cpu.lock]] struct timer_base timer_bases[3];
struct timer_base timer_bases[2];
struct hrtimer_cpu_base hrtimer_bases;
unsigned int hrtimer_resolution;
struct hlist_head posix_timers_hashtable[512];
struct alarm_base alarm_bases[2];
unsigned long loops_per_jiffy;
unsigned int sysctl_timer_migration;
cpumask_var_t tick_nohz_full_mask;
bool tick_nohz_full_running;
int __preempt_count;
struct cyc2ns cyc2ns;

bool persistent_clock_exists;
struct timezone sys_tz;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct timekeeper timekeeper; /* before 3.17 */
struct timespec xtime; /* before 3.7 */
struct timespec wall_to_monotonic;
struct tvec_base tvec_bases; /* before 4.8 */
