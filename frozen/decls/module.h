/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules, symbols, tracing, BPF. */

struct list_head modules;
char last_unloaded_module[57]; /* since v6.0 a struct that begins with the name */
struct kset *module_kset;
struct mod_tree_root mod_tree;
struct mutex module_mutex;
struct list_head btf_modules;
struct btf *btf_vmlinux;
const struct kernel_symbol __start___ksymtab[];
const struct kernel_symbol __stop___ksymtab[];
const s32 __start___kcrctab[];
struct list_head ddebug_tables;
struct hlist_head kprobe_table[64];
struct list_head kprobe_blacklist;
struct ftrace_ops *ftrace_ops_list;
struct ftrace_page *ftrace_pages_start;
struct list_head ftrace_trace_arrays;
struct trace_array global_trace;
struct list_head ftrace_events;
struct hlist_head event_hash[128];
struct list_head klp_patches;
struct list_head module_bug_list;
struct mutex jump_label_mutex;
struct list_head bpf_kallsyms;
struct idr prog_idr;
struct idr map_idr;
struct idr link_idr;
struct idr btf_idr;
atomic_long_t bpf_jit_current;
struct hlist_head trampoline_table[1024];

const unsigned int kallsyms_num_syms;
const int kallsyms_offsets[];
const u8 kallsyms_names[];
const char kallsyms_token_table[];
const u16 kallsyms_token_index[];
const unsigned int kallsyms_markers[];
const unsigned long kallsyms_relative_base;
struct orc_entry __start_orc_unwind[];
int __start_orc_unwind_ip[];
struct orc_entry __stop_orc_unwind[];
unsigned int orc_lookup[];
char __start_BTF[];
char __stop_BTF[];
char _text[];
char _stext[];
char _etext[];
char _sinittext[];
char _einittext[];
const struct kobj_type module_ktype;
const char vermagic[];

/* What else programs read. */
struct list_head tracepoint_module_list;
struct latch_tree_root bpf_tree;
const struct file_operations bpf_prog_fops;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct list_head unloaded_tainted_modules; /* 6.1 and later */
