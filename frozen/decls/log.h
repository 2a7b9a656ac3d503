/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel log, panic, version. */

char *log_buf;
u32 log_buf_len;
struct printk_ringbuffer *prb;
struct printk_ringbuffer printk_rb_static;
struct printk_ringbuffer printk_rb_dynamic;
char __log_buf[];
struct console *console_drivers;
struct hlist_head console_list;
int console_printk[4];
struct semaphore console_sem;
int console_locked;
struct task_struct *console_owner;
u64 console_seq;
atomic_t panic_cpu;
int panic_timeout;
int panic_on_oops;
int panic_on_warn;
struct atomic_notifier_head panic_notifier_list;
unsigned long panic_on_taint;
unsigned long panic_print;
int crashing_cpu;
int die_owner;
int die_counter;
int oops_in_progress;
unsigned long tainted_mask;
const struct taint_flag taint_flags[];
bool crash_kexec_post_notifiers;
struct kimage *kexec_crash_image;
struct kimage *kexec_image;
note_buf_t *crash_notes;
struct resource crashk_res;
struct resource crashk_low_res;
enum system_states system_state;

char *saved_command_line;
char boot_command_line[2048];
const char linux_banner[];
const char linux_proc_banner[];
unsigned char *vmcoreinfo_data;
size_t vmcoreinfo_size;
u32 *vmcoreinfo_note;
enum reboot_mode reboot_mode;
enum reboot_type reboot_type;
bool sysrq_always_enabled;
const struct sysrq_key_op *sysrq_key_table[62];
unsigned int sysctl_hung_task_panic;
atomic_t warn_count;
atomic_t oops_count;

/* What else programs read. */
u32 audit_failure;
u32 audit_rate_limit;
u32 audit_backlog_wait_time;
atomic_t audit_lost;
pid_t audit_sig_pid;
struct list_head audit_rules_list[];
struct auditd_connection *auditd_conn;
struct tracer *trace_types;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
u32 log_first_idx; /* before 5.10 */
u32 log_next_idx;
u64 log_first_seq;
u64 log_next_seq;
u32 clear_idx;
u32 syslog_idx;
struct uts_namespace init_utsname;
char kernel_config_data; /* CONFIG_IKCONFIG; gzip, to kernel_config_data_end */
char kernel_config_data_end;
