# SPDX-License-Identifier: GPL-2.0-or-later
"""Variables that public programs read have a type, and with it a sensible value."""

import unittest

from dumps import opened, vmcores

NAMES = (
    "all_cpu_data", "audit_backlog_wait_time", "audit_failure", "audit_lost", "audit_rate_limit", "audit_rules_list", "audit_sig_pid", "auditd_conn",
    "balloon_stats", "bpf_prog_fops", "bpf_tree", "cgrp_dfl_implicit_ss_mask", "cgrp_dfl_threaded_ss_mask", "core_pattern", "cpuidle_state_table",
    "cpuset_cgrp_subsys_on_dfl_key", "direct_pages_count", "ext4_inode_cachep", "numa_distance", "numa_distance_cnt", "numa_meminfo", "numa_node",
    "paravirt_steal_enabled", "sched_feat_keys", "sched_feat_names", "sched_prio_to_weight", "shmem_aops", "shmem_swaplist", "swap_aops", "trace_types",
    "tracepoint_module_list", "xfs_address_space_operations", "xfs_dir_file_operations", "xfs_dir_inode_operations", "xfs_file_operations",
    "xfs_inode_operations", "xfs_super_operations", "xfs_symlink_inode_operations",
)  # fmt: skip


class Globals(unittest.TestCase):
    def test_types(self):
        for path in vmcores():
            dump = opened(path)
            known = [name for name in NAMES if dump.symbols(name)]
            self.assertGreater(len(known), 15)
            for name in known:
                with self.subTest(name, path=path):
                    self.assertTrue(str(dump.symbol_type(name)))

    def test_values(self):
        for path in vmcores():
            dump = opened(path)
            weights = dump.variable("sched_prio_to_weight")
            self.assertEqual((weights[0], weights[20], weights[39]), (88761, 1024, 15), path)
            self.assertIn(dump.variable("core_pattern").split(" ")[0], ("core", "|/bin/false"), path)
            self.assertEqual(dump.variable("audit_failure"), 1, path)  # AUDIT_FAIL_PRINTK


if __name__ == "__main__":
    unittest.main()
