/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, drivers, security. */

struct kset *devices_kset;
struct kset *bus_kset;
struct kset *class_kset;
struct kset *system_kset;
struct kobject *dev_kobj;
struct kobject *sysfs_dev_block_kobj;
struct kobject *sysfs_dev_char_kobj;
struct device platform_bus;
struct bus_type platform_bus_type;
struct list_head pci_root_buses;
struct bus_type pci_bus_type;
struct list_head pci_mmcfg_list;
struct acpi_device *acpi_root;
struct acpi_namespace_node *acpi_gbl_root_node;
struct bus_type acpi_bus_type;
const char *dmi_ident[23];
struct dmi_memdev_info *dmi_memdev;
struct list_head input_dev_list;
struct list_head input_handler_list;
struct list_head misc_list;
struct list_head tty_drivers;
struct mutex tty_mutex;
struct paravirt_patch_template pv_ops;
struct pv_info pv_info;
enum x86_hypervisor_type x86_hyper_type;
struct hv_context hv_context;
struct vmbus_connection vmbus_connection;
struct cpufreq_policy *cpufreq_cpu_data;
struct cpufreq_driver *cpufreq_driver;
struct list_head cpufreq_policy_list;
struct list_head cpufreq_governor_list;
struct cpuidle_device *cpuidle_devices;
struct cpuidle_driver *cpuidle_curr_driver;
struct list_head thermal_tz_list;
struct list_head thermal_cdev_list;
struct list_head wakeup_sources;
struct list_head mc_devices;
struct ida iommu_group_ida;
struct list_head dmar_drhd_units;
int intel_iommu_enabled;
struct hlist_head clk_root_list;
struct hlist_head clk_orphan_list;
struct fb_info *registered_fb[32];
int num_registered_fb;
struct vc vc_cons[63];
int fg_console;
int last_console;
struct class net_class;

struct list_head crypto_alg_list;
struct security_hook_heads security_hook_heads;
struct selinux_state selinux_state;
int selinux_enabled_boot;
u32 audit_enabled;
struct sk_buff_head audit_queue;
u32 audit_backlog_limit;
int audit_initialized;
const struct kobj_type bus_ktype;
const struct kobj_type class_ktype;
const struct kobj_type device_ktype;
const struct kobj_type driver_ktype;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct class *drm_class; /* drm */
struct idr usb_bus_idr; /* usbcore */
struct bus_type usb_bus_type;
