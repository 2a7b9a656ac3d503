/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces, users, keys. */

struct nsproxy init_nsproxy;
struct pid_namespace init_pid_ns;
struct uts_namespace init_uts_ns;
struct ipc_namespace init_ipc_ns;
struct user_namespace init_user_ns;
struct net init_net;
struct cgroup_namespace init_cgroup_ns;
struct time_namespace init_time_ns;
struct mnt_namespace init_mnt_ns;
struct list_head net_namespace_list;
struct list_head pernet_list;
struct hlist_head uidhash_table[128];
struct user_struct root_user;

struct rb_root key_serial_tree;
struct rb_root key_user_tree;
struct list_head key_types_list;

struct rw_semaphore uts_sem;
