# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command of a triage, as text: what it complains of, or that it says nothing."""

import pykd
from pykd.core import host

COMMANDS = """
bt; bt -a; bt -f; bt -l 1; bt -t; foreach bt; foreach UN bt -s
dev; dev -d; dev -i; dev -p
dis schedule 4; files; files -c 1; foreach files; foreach user net -s; fuser /dev/console
help; help ps; ipcs; ipcs -M; irq; irq -a; irq -b; irq -d; irq -s; irq -u
kmem -f; kmem -g; kmem -h; kmem -i; kmem -n; kmem -o; kmem -s; kmem -v; kmem -V; kmem -z
list modules; list -H task_groups task_group.list; log; log -T; log -c; log -d; log -m; log -t
mach; mach -c; mach -m; mod; mod -t; mount; net; net -a; net -n 1; p jiffies; p init_task.comm
ps; ps -A; ps -G; ps -S; ps -a 1; ps -c; ps -g; ps -k; ps -l; ps -m; ps -p; ps -r; ps -s; ps -t; ps -u; ps -y FIFO
rd linux_banner; rd -a linux_banner; runq; runq -d; runq -g; runq -m; runq -t; runq -T; set; set 1; set -v
sig; sig -g 1; foreach sig; struct task_struct; struct task_struct.pid,comm init_task; swap; sym panic; sym -l
sys; sys -c; sys -i; sys -t; task 1; foreach task -R pid,comm; timer; timer -r
vm 1; vm -p 1; foreach gleader vm; vtop init_task; waitq kauditd_wait; whatis task_struct; bpf
""".replace("\n", ";")
SILENT = {"bpf", "ps -y FIFO", "foreach gleader vm", "foreach UN bt -s"}
"""May have nothing to say."""
INAPPLICABLE = ("not supported or applicable on this architecture", "(no DMI)")
"""What commands say of what a machine does not have."""


def ask(dump: pykd.Dump) -> dict[str, str]:
    """Complaints by command."""
    complaints = {}
    session = host.current()
    for command in filter(None, (text.strip() for text in COMMANDS.split(";"))):
        try:
            text, complaint, worked = session.capture_apart(command)
        except Exception as error:  # a mistake of the command, which a session would survive
            complaints[command] = f"{type(error).__name__}: {error}"
            continue
        if not worked and any(reason in complaint for reason in INAPPLICABLE):
            continue
        if not worked:
            complaints[command] = complaint.strip() or "failed"
        elif not text.strip() and not complaint.strip() and command not in SILENT:
            complaints[command] = "says nothing"
    return complaints
