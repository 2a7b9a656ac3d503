/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File systems. */

struct list_head super_blocks;
spinlock_t sb_lock;
[[has: struct file_system_type.list]] struct hlist_head file_systems;
struct file_system_type *file_systems;
struct kobject *fs_kobj;
struct hlist_bl_head *dentry_hashtable;
unsigned int d_hash_shift;
struct dentry_stat_t dentry_stat;
long nr_dentry;
long nr_dentry_unused;
long nr_dentry_negative;
struct hlist_head *inode_hashtable;
unsigned int i_hash_shift;
unsigned int i_hash_mask;
unsigned long nr_inodes;
unsigned long nr_unused;
struct inodes_stat_t inodes_stat;
struct files_stat_struct files_stat;
struct percpu_counter nr_files;
struct hlist_head *mount_hashtable;
struct hlist_head *mountpoint_hashtable;
unsigned int m_hash_mask;
unsigned int mp_hash_mask;
unsigned int m_hash_shift;
unsigned int mp_hash_shift;
struct ida mnt_group_ida;
int root_mountflags;

struct file_lock_list_struct file_lock_list;
struct hlist_head blocked_hash[128];
spinlock_t blocked_lock_lock;
struct kmem_cache *filelock_cache;
struct kmem_cache *fasync_cache;
struct vfsmount *pipe_mnt;
struct vfsmount *sock_mnt;
unsigned int sysctl_nr_open;
unsigned int pipe_max_size;

struct proc_dir_entry proc_root;
struct ctl_table_root sysctl_table_root;
rwlock_t proc_subdir_lock;
struct kernfs_root *sysfs_root;
struct kernfs_node *sysfs_root_kn;
struct kernfs_global_locks *kernfs_locks;
struct kobject *kernel_kobj;
struct kobj_map *cdev_map;
struct ctl_table root_table[];
struct char_device_struct *chrdevs[255];
struct kobj_map *bdev_map;
struct super_block *blockdev_superblock;
struct vfsmount *blockdev_mnt;
const struct file_operations def_blk_fops;
const struct file_operations def_chr_fops;
struct file_system_type ext4_fs_type;
struct vfsmount *anon_inode_mnt;
struct inode *anon_inode_inode;
long max_user_watches;
struct kmem_cache *pwq_cache;
struct kmem_cache *inotify_inode_mark_cachep;
struct kmem_cache *fsnotify_mark_connector_cachep;
struct srcu_struct fsnotify_mark_srcu;
struct list_head formats;
unsigned long aio_nr;
unsigned long aio_max_nr;
struct kmem_cache *kioctx_cachep;
struct hlist_head *dquot_hash;
struct list_head inuse_list;
struct quota_format_type *quota_formats;
struct super_block *pstore_sb;
struct file_system_type ramfs_fs_type;

struct file_system_type shmem_fs_type;
struct kmem_cache *shmem_inode_cachep;
unsigned int dirtytime_expire_interval;
const struct file_operations ns_file_operations;

/* What else programs read. */
char core_pattern[128];
struct vfsmount *selinuxfs_mount; /* before 5.17 */
struct kmem_cache *ext4_inode_cachep; /* ext4 */
const struct address_space_operations xfs_address_space_operations; /* xfs */
const struct file_operations xfs_file_operations;
const struct file_operations xfs_dir_file_operations;
const struct inode_operations xfs_inode_operations;
const struct inode_operations xfs_dir_inode_operations;
const struct inode_operations xfs_dir_ci_inode_operations;
const struct inode_operations xfs_symlink_inode_operations;
const struct super_operations xfs_super_operations;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct list_head all_bdevs; /* before 5.11 */
struct fs_struct *userspace_init_fs; /* since 7.3 */
