/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFS and SUNRPC. */

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
unsigned int nfs_net_id; /* nfs */
struct list_head nfs_versions;
struct kmem_cache *nfs_inode_cachep;
struct file_system_type nfs_fs_type;
struct file_system_type nfs4_fs_type;
unsigned int lockd_net_id; /* lockd */
struct hlist_head nlm_server_hosts[32];
struct hlist_head nlm_client_hosts[32];
struct hlist_head nlm_files[128];
struct list_head nlm_blocked;
struct svc_serv *nlmsvc_serv;
struct svc_rqst *nlmsvc_rqst; /* before 5.17 */
unsigned int sunrpc_net_id; /* sunrpc */
struct workqueue_struct *rpciod_workqueue;
struct workqueue_struct *xprtiod_workqueue;
struct list_head xprt_list;
struct list_head all_clients; /* before 3.6 */
struct list_head cache_list;
struct list_head cache_defer_list;
struct hlist_head cache_defer_hash[];
struct svc_pool_map svc_pool_map;
struct hlist_head auth_domain_table[];
struct auth_ops *authtab[8];
const struct rpc_authops *auth_flavors[8];
struct kmem_cache *rpc_inode_cachep;
struct kmem_cache *rpc_task_slabp;
unsigned int rpc_debug;
unsigned int nfs_debug;
unsigned int nfsd_debug;
unsigned int nlm_debug;
unsigned int nfsd_net_id; /* nfsd */
struct nfsd_stats nfsdstats;
struct svc_serv *nfsd_serv; /* before 3.9 */
struct mutex nfsd_mutex;
struct list_head client_lru; /* before 3.8 */
struct list_head cifs_tcp_ses_list; /* cifs */
struct file_system_type autofs_fs_type; /* autofs */
const struct file_lock_operations nlmclnt_lock_ops; /* lockd */
