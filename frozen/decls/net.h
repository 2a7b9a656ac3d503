/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networking. */

rwlock_t dev_base_lock;
struct list_head ptype_all;
struct list_head ptype_base[16];
struct list_head offload_base;
const struct net_proto_family *net_families[];
struct list_head net_todo_list;
struct softnet_data softnet_data;
struct mutex rtnl_mutex;
struct rtnl_link **rtnl_msg_handlers[];
struct list_head link_ops;
struct raw_notifier_head netdev_chain;
struct net_hotdata net_hotdata;
int netdev_max_backlog;
int netdev_budget;
int weight_p;
int netdev_tstamp_prequeue;
__u32 sysctl_wmem_max;
__u32 sysctl_rmem_max;
int sysctl_optmem_max;
__u32 sysctl_wmem_default;
__u32 sysctl_rmem_default;
unsigned int sysctl_net_busy_poll;
unsigned int sysctl_net_busy_read;
long sysctl_tcp_mem[3];
long sysctl_udp_mem[3];
struct kmem_cache *skbuff_head_cache;
struct kmem_cache *skbuff_fclone_cache;
struct kmem_cache *skbuff_ext_cache;
struct list_head proto_list;
struct static_key_false netstamp_needed_key;
struct Qdisc_ops *qdisc_base;
struct Qdisc noop_qdisc;
struct Qdisc_ops pfifo_fast_ops;
const u8 prio2band[16];
const u8 sch_default_prio2band[16];
const struct Qdisc_ops *default_qdisc_ops;
struct list_head tcf_proto_base;
struct xarray page_pools;
struct hlist_head napi_hash[256];
struct bpf_dispatcher bpf_dispatcher_xdp;
int (*vlan_ioctl_hook)(struct net *, void *);

struct hlist_head unix_socket_table[512];
spinlock_t unix_table_lock;
struct hlist_head bsd_socket_buckets[256];
spinlock_t bsd_socket_locks[256];
atomic_long_t unix_nr_socks;
unsigned int unix_tot_inflight;
struct list_head gc_inflight_list;
const struct proto_ops unix_dgram_ops;
const struct proto_ops unix_stream_ops;

struct netlink_table *nl_table;
rwlock_t nl_table_lock;
atomic_t nl_table_users;
struct proto netlink_proto;
struct idr genl_fam_idr;
const struct proto_ops inet_stream_ops;
const struct proto_ops inet_dgram_ops;
struct list_head inetsw[11];
struct list_head inetsw6[11];
struct net_protocol *inet_protos[256];
struct inet6_protocol *inet6_protos[256];
struct neigh_table *neigh_tables[];
struct neigh_table arp_tbl;
struct neigh_table nd_tbl;
struct ctl_table ipv4_table[];
struct hlist_head *fib_info_hash;
unsigned int fib_info_hash_size;
unsigned int fib_info_hash_bits;
struct hlist_head *fib_info_laddrhash;
unsigned int fib_info_cnt;
const struct fib_prop fib_props[12];
struct rt_cache_stat rt_cache_stat;
int ip_rt_max_size;
struct dst_ops ipv4_dst_ops;
struct hlist_head inet_addr_lst[256];
struct hlist_head inet6_addr_lst[256];
spinlock_t fnhe_lock;

struct inet_hashinfo tcp_hashinfo;
struct proto tcp_prot;
struct proto tcpv6_prot;
struct proto udp_prot;
struct proto udpv6_prot;
struct proto udplite_prot;
struct proto raw_prot;
struct proto rawv6_prot;
struct proto ping_prot;
struct proto mptcp_prot;
struct udp_table udp_table;
struct udp_table udplite_table;
struct raw_hashinfo raw_v4_hashinfo;
struct raw_hashinfo raw_v6_hashinfo;
[[has: struct net.core.prot_inuse]] unsigned int tcp_orphan_count;
struct percpu_counter tcp_orphan_count;
struct percpu_counter tcp_sockets_allocated;
atomic_long_t tcp_memory_allocated;
int tcp_memory_per_cpu_fw_alloc;
atomic_long_t udp_memory_allocated;
struct list_head tcp_cong_list;
unsigned long tcp_memory_pressure;
struct tcpm_hash_bucket *tcp_metrics_hash;
unsigned int tcp_metrics_hash_log;
struct ping_table ping_table;
const struct snmp_mib snmp4_net_list[];
const struct snmp_mib snmp4_tcp_list[];
const struct snmp_mib snmp4_udp_list[];
const struct snmp_mib snmp4_ipextstats_list[];
const struct snmp_mib snmp4_ipstats_list[];
int sysctl_tcp_max_orphans;

struct mutex nf_hook_mutex;
struct mutex nf_log_mutex;
struct list_head nf_sockopts;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct inet_timewait_death_row tcp_death_row; /* before 6.1 */
struct list_head nf_hooks[][8]; /* before 4.9 */
struct nf_logger *nf_loggers[][2];
struct hlist_nulls_head *nf_conntrack_hash; /* nf_conntrack */
unsigned int nf_conntrack_htable_size;
unsigned int nf_conntrack_max;
struct hlist_head *nf_ct_expect_hash;
unsigned int nf_ct_expect_hsize;
struct hlist_head *nf_nat_bysource; /* nf_nat */
unsigned int nf_nat_htable_size;
struct rt_hash_bucket *rt_hash_table; /* before 3.6 */
unsigned int rt_hash_mask;
unsigned int bond_net_id; /* bonding */
unsigned int vxlan_net_id; /* vxlan */
struct hlist_head ip_vs_svc_table[256]; /* ip_vs */
struct hlist_head *ip_vs_conn_tab;
struct sctp_globals sctp_globals; /* sctp */
struct inet_hashinfo dccp_hashinfo; /* dccp */
struct xt_af *xt; /* x_tables */
int sysctl_tcp_adv_win_scale; /* before 4.15 */
struct list_head dev_base_head; /* before 2.6.24 */
