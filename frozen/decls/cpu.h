/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processors, interrupts, softirqs, RCU. */

unsigned long __per_cpu_offset[];
char __per_cpu_start[];
char __per_cpu_end[];
unsigned int nr_cpu_ids;
struct cpumask __cpu_possible_mask;
struct cpumask __cpu_online_mask;
struct cpumask __cpu_present_mask;
struct cpumask __cpu_active_mask;
struct cpumask __cpu_dying_mask;
int cpu_number;
atomic_t __num_online_cpus;

struct cpuinfo_x86 boot_cpu_data;
struct cpuinfo_x86 cpu_info;
unsigned int cpu_khz;
unsigned int tsc_khz;
[[has: struct cpuinfo_x86.topo]] u32 x86_cpu_to_apicid;
u16 x86_cpu_to_apicid;
int x86_cpu_to_node_map;
cpumask_var_t node_to_cpumask_map[];
struct tlb_state cpu_tlbstate;
struct tss_struct cpu_tss_rw;
gate_desc idt_table[256];
struct gdt_page gdt_page;
irq_cpustat_t irq_stat;
int smp_num_siblings;
cpumask_var_t cpu_sibling_map;
cpumask_var_t cpu_core_map;
struct x86_cpu cpu_devices;
struct cpu cpu_devices;
struct bus_type cpu_subsys;
struct device *cpu_sys_devices;

struct xarray irq_desc_tree;
struct radix_tree_root irq_desc_tree;
struct maple_tree sparse_irqs;
int nr_irqs;
cpumask_var_t irq_default_affinity;
struct irq_domain *irq_default_domain;
struct list_head irq_domain_list;
vector_irq_t vector_irq;
struct irq_matrix *vector_matrix;
struct irq_stack irq_stack_backing_store;
struct exception_stacks exception_stacks;
struct cea_exception_stacks *cea_exception_stacks;
struct llist_head call_single_queue;
call_single_data_t csd_data;
struct call_function_data cfd_data;

struct softirq_action softirq_vec[10];
const char *const softirq_to_name[10];
struct tasklet_head tasklet_vec;
struct tasklet_head tasklet_hi_vec;
struct task_struct *ksoftirqd;
struct llist_head raised_list;
struct llist_head lazy_list;
atomic_t irq_err_count;
atomic_t irq_mis_count;

struct rcu_state rcu_state;
struct rcu_data rcu_data;
struct rcu_tasks rcu_tasks;
int rcu_cpu_stall_timeout;
int rcu_cpu_stall_suppress;
int rcu_expedited;
int rcu_normal;
int rcu_scheduler_active;

const sys_call_ptr_t sys_call_table[];
const sys_call_ptr_t ia32_sys_call_table[];

unsigned long watchdog_enabled;
int watchdog_thresh;
unsigned long watchdog_touch_ts;
bool hard_watchdog_warn;
unsigned int softlockup_panic;
struct cpumask watchdog_cpumask;
struct hrtimer watchdog_hrtimer;
unsigned int hardlockup_panic;
struct nmi_desc nmi_desc[4];
const unsigned long cpu_bit_bitmap[65][128];
struct timer_list poll_spurious_irq_timer;
unsigned int total_nr_irqs;

/* What else programs read. */
struct cpudata **all_cpu_data; /* intel_pstate */
struct cpuidle_state *cpuidle_state_table; /* intel_idle */
int numa_node;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct irq_desc irq_desc[]; /* without CONFIG_SPARSE_IRQ */
cpumask_t *cpu_online_mask; /* before 4.5 */
cpumask_t *cpu_possible_mask;
cpumask_t *cpu_present_mask;
cpumask_t *cpu_active_mask;
void *softirq_stack_ptr;
union irq_stack_union irq_stack_union; /* before 5.1 */
struct rcu_state rcu_sched_state; /* before 4.20 */
struct rcu_state rcu_bh_state;
struct rcu_state rcu_preempt_state;
