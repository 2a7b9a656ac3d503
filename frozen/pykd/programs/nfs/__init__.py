# SPDX-License-Identifier: GPL-2.0-or-later
"""NFS: what mountshow, nfsshow and nfs4show tell of it, as rows.

Uses: kernel.
"""
