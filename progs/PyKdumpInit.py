# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs once in a session: makes programs commands of their own.

A file of this name in ``.`` or in PYKDUMPPATH takes its place.
"""

from pykd.session import runtime

OPTIONS = "-h   - list available options"

PROGRAMS = {
    "xportshow": "Networking state",
    "sctp": "SCTP associations and endpoints",
    "crashinfo": (
        "First-pass report of a dump",
        "What crashed, and what is unusual: stacks, memory, tasks that hang, spinlocks, runqueues, block requests.\n"
        "-v says more; one topic each: --sysctl, --lws, --devmapper, --runq, --semaphores, --mount, --filelock, --params.",
    ),
    "taskinfo": (
        "Tasks and their states",
        "All tasks with when they ran last; --summ for totals, --hang for tasks in uninterruptible sleep,\n"
        "--pidinfo PID, --taskfilter STATE, --mem, --ns, --pstree.",
    ),
    "nfsshow": "NFS client and server",
    "mountshow": "NFS mounts and their counters",
    "nfs4show": "NFSv4 state",
    "hanginfo": (
        "Tasks that wait, and for what",
        "Groups tasks that hang by what they wait for: mutexes, semaphores, pages, I/O.\n"
        "--maxpids N limits each group, -v says more.",
    ),
    "fregs": (
        "Registers and arguments in stack frames",
        "Follows instructions through the frames of a stack to find what the arguments of functions were.",
    ),
    "tslog": "The message buffer with dates",
    "scsi": "SCSI devices and commands",
    "scsishow": "SCSI hosts and devices",
    "dmshow": "Device mapper",
    "pstree": ("Tree of processes", "-p with PIDs, -g with numbers of threads, -s with states, -t PID for one task and its children."),
    "modinfo": ("Kernel modules", "-t tainting ones, -a with their ends, -g gaps between them, -u unloaded ones, --details MODULE, --disasm MODULE."),
    "mdadm": "MD arrays",
    "nvme": "NVMe",
}
"""By name one line and help; only the line, where the program declares itself."""

for name, entry in PROGRAMS.items():
    short, text = (entry, "") if isinstance(entry, str) else entry
    if runtime.find(name):
        runtime.register(name, short, OPTIONS, text)
