/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks, processes and the scheduler. */

struct task_struct init_task;
struct signal_struct init_signals;
struct sighand_struct init_sighand;
struct cred init_cred;
struct fs_struct init_fs;
struct files_struct init_files;

struct rq runqueues;
rwlock_t tasklist_lock;
int nr_threads;
int max_threads;
unsigned long total_forks;
unsigned long process_counts;
atomic_long_t calc_load_tasks;
unsigned long calc_load_update;
unsigned long avenrun[3];

struct task_group root_task_group;
struct list_head task_groups;
struct root_domain def_root_domain;
const char *const task_state_array[9];
struct cpumask ***sched_domains_numa_masks;
unsigned int sysctl_sched_latency;
unsigned int sysctl_sched_min_granularity;
unsigned int sysctl_sched_base_slice;
struct static_key_false sched_clock_running;

struct kernel_cpustat kernel_cpustat;
struct kernel_stat kstat;
struct task_struct *current_task;
struct pcpu_hot pcpu_hot;
unsigned long cpu_current_top_of_stack;

struct sched_clock_data sched_clock_data;
int sysctl_sched_rt_period;
int sysctl_sched_rt_runtime;
unsigned long sysctl_hung_task_timeout_secs;
int sysctl_hung_task_check_count;
int sysctl_hung_task_warnings;
const struct sched_class fair_sched_class;
const struct sched_class rt_sched_class;
const struct sched_class dl_sched_class;
const struct sched_class idle_sched_class;
const struct sched_class stop_sched_class;
const struct sched_class ext_sched_class;

struct pid init_struct_pid;
int pid_max;
struct pid *cad_pid;
struct task_struct *kthreadd_task;
struct list_head kthread_create_list;

/* What else programs read. */
const int sched_prio_to_weight[40];
struct static_key sched_feat_keys[];
const char *sched_feat_names[];
struct static_key paravirt_steal_enabled;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct hlist_head *pid_hash; /* before 4.15 */
unsigned int pidhash_shift;
struct kmem_cache *thread_stack_cache; /* stacks smaller than a page */
