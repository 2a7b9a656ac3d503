/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work queues. */

struct list_head workqueues;
struct worker_pool cpu_worker_pools[2];
struct hlist_head unbound_pool_hash[64];
struct idr worker_pool_idr;
struct mutex wq_pool_mutex;
struct workqueue_struct *system_wq;
struct workqueue_struct *system_highpri_wq;
struct workqueue_struct *system_long_wq;
struct workqueue_struct *system_unbound_wq;
struct workqueue_struct *system_freezable_wq;
struct workqueue_struct *system_percpu_wq;
struct workqueue_struct *system_dfl_wq;
struct workqueue_struct *kblockd_workqueue;
cpumask_var_t wq_unbound_cpumask;
bool wq_disable_numa;
bool wq_numa_enabled;
struct async_domain async_dfl_domain;
struct workqueue_struct *mm_percpu_wq;
struct worker_pool bh_worker_pools[2];
unsigned long wq_cpu_intensive_thresh_us;

wait_queue_head_t bit_wait_table[256];
struct list_head async_global_pending;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct workqueue_struct *keventd_wq;
unsigned long wq_watchdog_thresh;
