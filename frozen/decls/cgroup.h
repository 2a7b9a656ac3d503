/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups. */

struct cgroup_root cgrp_dfl_root;
struct list_head cgroup_roots;
struct cgroup_subsys *cgroup_subsys[CGROUP_SUBSYS_COUNT];
struct idr cgroup_hierarchy_idr;
struct css_set init_css_set;
struct hlist_head css_set_table[128];
int css_set_count;
int cgroup_root_count;
struct mem_cgroup *root_mem_cgroup;
struct idr mem_cgroup_idr;
struct xarray mem_cgroup_ids;
struct cgroup_subsys memory_cgrp_subsys;
struct cgroup_subsys cpu_cgrp_subsys;
struct cgroup_subsys cpuset_cgrp_subsys;
struct cgroup_subsys io_cgrp_subsys;
struct cgroup_subsys freezer_cgrp_subsys;
struct cgroup_subsys pids_cgrp_subsys;
struct cpuset top_cpuset;
struct blkcg blkcg_root;
struct list_head all_blkcgs;

/* What else programs read. */
u16 cgrp_dfl_implicit_ss_mask;
u16 cgrp_dfl_threaded_ss_mask;
struct static_key_true cpuset_cgrp_subsys_on_dfl_key;

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
struct cgroupfs_root rootnode; /* before 3.16 */
