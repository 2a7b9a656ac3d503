/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices, device mapper, MD, SCSI. */

struct class block_class;
struct device_type disk_type;
struct device_type part_type;
struct blk_major_name *major_names[255];
struct kobject *block_depr;
struct kmem_cache *blk_requestq_cachep;
[[has: struct request.ipi_list.prev]] struct list_head blk_cpu_done;
struct llist_head blk_cpu_done;
struct list_head elv_list;
struct idr ext_devt_idr;
struct ida ext_devt_ida;
struct ida blk_queue_ida;
[[has: struct class.p]] struct class *nvme_class; /* before 6.4, and in some kernels after it */
struct class nvme_class;
struct list_head nvme_subsystems;
struct ida nvme_instance_ida;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct list_head all_mddevs; /* md_mod */
struct list_head pers_list;
struct rb_root name_rb_tree; /* dm_mod, 5.13 and later */
struct rb_root uuid_rb_tree;
struct list_head _name_buckets[64]; /* dm_mod, before 5.13 */
struct list_head _uuid_buckets[64];
struct idr _minor_idr;
struct class shost_class; /* scsi_mod */
struct class sdev_class;
struct bus_type scsi_bus_type;
struct class sd_disk_class; /* sd_mod */
struct ida sd_index_ida;
struct transport_class fc_host_class; /* scsi_transport_fc */
struct transport_class fc_rport_class;
struct transport_class fc_vport_class;
struct transport_class iscsi_host_class; /* scsi_transport_iscsi */
struct transport_class iscsi_session_class;
struct list_head iscsi_transports;
struct idr loop_index_idr; /* loop */
struct idr nbd_index_idr; /* nbd */
struct kmem_cache *request_cachep; /* before 4.2 */
struct list_head all_q_list;
const char *const scsi_device_types[]; /* scsi_mod */
const struct blk_mq_ops scsi_mq_ops;
const struct device_type scsi_host_type;
const struct device_type scsi_target_type;
const struct device_type scsi_dev_type;
struct list_head iscsi_transports; /* scsi_transport_iscsi */
struct mutex dm_hash_cells_mutex; /* dm_mod */
struct rw_semaphore _hash_lock;
const struct sysfs_ops dm_sysfs_ops;
const struct blk_mq_ops dm_mq_ops;
const struct blk_mq_ops nvme_mq_ops; /* nvme */
const struct blk_mq_ops nvme_mq_admin_ops;
const struct nvme_ctrl_ops nvme_pci_ctrl_ops;
const struct block_device_operations nvme_bdev_ops; /* nvme_core */
const struct block_device_operations nvme_ns_head_ops;
struct nvmet_port *nvmet_loop_port; /* nvme_loop, before 4.21 */
