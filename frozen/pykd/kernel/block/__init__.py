# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks, their requests, SCSI.

Uses: kernel.lists, kernel.cpus, kernel.timekeeping, kernel.devices.
"""
