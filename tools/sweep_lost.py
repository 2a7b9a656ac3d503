# SPDX-License-Identifier: GPL-2.0-or-later
"""Take one member of a struct, or one symbol, out of a dump's types and names, as a kernel that renamed it would, and ask everything: what
needs it must say so.

    ./pykd --run tools/sweep_lost.py DUMP [--thing STRUCT.MEMBER|SYMBOL]... [--command CMD]... [--part N/OF]

DUMP is a kdump-compressed file with BTF. Fails where pykd makes a mistake of its own, and where an answer differs from that of the whole dump
and no line of it says what is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pykd
from pykd.core.output import buffer, contents, output_to
from pykd.session.session import Quit, Session

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "python")]

import asking  # noqa: E402
import fuzz  # noqa: E402
import taken  # noqa: E402
from altered import Altered  # noqa: E402

TYPES_SHOWN = ("struct", "list", "tree", "sym", "dis", "search", "task", "fregs")
"""Commands that show members and symbols themselves, or take long."""
COMMANDS = (
    *(line for line in fuzz.COMMANDS if not line.startswith(TYPES_SHOWN) or line.startswith("taskinfo")),
    "inflight", "fs", "workqueues", "rcu", "memory", "cgroups", "blocked", "locks", "sockets", "irq -a", "log -T", "mach", "report", "audit", "cache",
    "crashinfo", "xportshow -a", "net -n", "mountshow", "ps -t", "ps -a", "ps -m", "ps -g 1", "vm -p 1", "bt -l 1", "dev -D", "ipcs",
)  # fmt: skip
MEMBERS = {
    "task_struct": "pid tgid comm state __state exit_state flags tasks thread_node stack mm signal files fs cred nsproxy real_parent children sibling group_leader"
    " on_cpu cpu thread_info sched_class se start_time cgroups thread thread_pid",
    "thread_info": "cpu",
    "signal_struct": "thread_head rlim nr_threads",
    "mm_struct": "pgd mmap mm_rb mm_mt rss_stat total_vm arg_start",
    "vm_area_struct": "vm_start vm_flags vm_file",
    "file": "f_path f_inode f_op",
    "dentry": "d_name d_parent d_inode",
    "inode": "i_mode i_sb",
    "super_block": "s_type s_id s_list",
    "mount": "mnt mnt_parent mnt_devname",
    "rq": "curr clock nr_running cfs",
    "kmem_cache": "name list node per_node size",
    "slab": "slab_list objects inuse",
    "page": "flags _refcount",
    "module": "name list core_layout mem",
    "net_device": "name",
    "irq_desc": "action irq_data",
    "gendisk": "queue part0",
    "printk_ringbuffer": "desc_ring",
    "workqueue_struct": "pwqs name",
    "timekeeper": "xtime_sec",
    "zone": "free_area zone_start_pfn",
}
"""By struct, of several kernels; those that the dump has are taken."""
SYMBOLS = (
    "init_task modules runqueues slab_caches super_blocks init_net net_namespace_list irq_desc_tree sparse_irqs prb jiffies tk_core timekeeper_data saved_command_line"
    " init_uts_ns mem_section vmap_area_list vmap_area_root vmap_nodes workqueues worker_pool_idr __cpu_online_mask __cpu_possible_mask __cpu_present_mask nr_cpu_ids"
    " __per_cpu_offset linux_banner init_pid_ns init_nsproxy init_ipc_ns chrdevs major_names block_class iomem_resource ioport_resource crashing_cpu panic_cpu"
    " tainted_mask timer_bases hrtimer_bases cgrp_dfl_root cgroup_roots vm_zone_stat vm_node_stat vm_committed_as swap_info nr_swapfiles _totalram_pages node_data"
    " hstates prog_idr map_idr pci_root_buses ptype_all unix_socket_table tcp_hashinfo udp_table phys_base page_offset_base vmalloc_base vmemmap_base current_task"
    " pcpu_hot init_mm rcu_state mount_hashtable arp_tbl log_buf_len sys_call_table avenrun cpu_info"
).split()
SAID = re.compile(
    r"\([a-z]+\): \d+ values? |\((unknown|damaged)\)|no member|no (\w+ )?symbol|no type|no field|not have a field|has no \w|not known|unknown|not in the dump|could not|"
    r"cannot|unavailable|unreadable|lost|lacks|missing|incomplete|ends early|\[\?|\?\]|=\?\s|\"\?\"|\(\?\)|(^|\s)\?\??(\s|$)"
)
"""What a line has that says that something is not known."""


def silent(whole: str, found: str) -> tuple[list[str], list[str]] | None:
    """(lines that are new, lines that are gone) of an answer that is another than that of the whole dump and does not say why; None of any other."""
    before, after = whole.splitlines(), found.splitlines()
    new, gone = ([line for line in some if line not in others] for some, others in ((after, set(before)), (before, set(after))))
    return (new, gone) if (new or gone) and not any(SAID.search(line) for line in new) else None


class Sweep:
    """Of one dump, by copies that all have the same path."""

    def __init__(self, path: str, folder: str, commands: Sequence[str]) -> None:
        self.commands = commands
        self._source, self._copy = path, os.path.join(folder, "vmcore")
        self._original = pykd.open(path)
        self.types, self.symbols = taken.Types(self._original), taken.Symbols(self._original)
        self.whole = self._asked({})

    def things(self) -> list[str]:
        """What of :data:`MEMBERS` and :data:`SYMBOLS` the dump has."""
        members = [f"{struct}.{member}" for struct, names in MEMBERS.items() for member in names.split() if member in self.types.members(struct)]
        return members + [name for name in SYMBOLS if self._original.address_of(name, "", default=0)]

    def failures(self, thing: str) -> Iterator[str]:
        """A line for each wrong answer of the dump without the *thing*."""
        struct, _, member = thing.partition(".")
        found = self._asked(self.types.without(struct, member) if member else self.symbols.without(thing))
        for command, text in found.items():
            if fault := next((line for line in text.splitlines() if any(sign.decode() in line for sign in asking.FAULTS)), ""):
                yield f"{thing} | {command} | {fault} {text.splitlines()[-1]}"
            elif lost := silent(self.whole[command], text):
                new, gone = lost
                yield f"{thing} | {command} | {len(new)} lines are new, {len(gone)} gone: {new[:2]} {gone[:2]}"

    def _asked(self, change: dict[int, bytes]) -> dict[str, str]:
        """The answer to each command, of a copy with that change."""
        altered = Altered(self._source)
        for place, data in change.items():
            altered.write(place, data)
        Path(self._copy).write_bytes(altered.file())
        reader, writer = os.pipe()
        child = os.fork()
        if not child:  # programs keep what they know of the dump that they have met first
            with os.fdopen(writer, "w", encoding="utf-8") as pipe:
                json.dump(_answers(self._copy, self.commands), pipe)
                pipe.flush()
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as pipe:
            text = pipe.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status:
            return dict.fromkeys(self.commands, f"{asking.FAULTS[0].decode()}: status {status}")
        found: dict[str, str] = json.loads(text)
        return found


def _answers(path: str, commands: Sequence[str]) -> dict[str, str]:
    try:
        dump = pykd.open(path)
    except pykd.Error as error:
        return dict.fromkeys(commands, f"cannot be opened: {error}")
    pykd.set_current(dump)
    session = Session(dump)
    return {command: _answer(session, command) for command in commands}


def _answer(session: Session, command: str) -> str:
    output = buffer()
    with output_to(output, output):
        try:
            session.run(command)
        except Quit:
            pass
    return re.sub(r"Execution took.*", "", contents(output))


def main() -> int:
    """Exit status 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump")
    parser.add_argument("--thing", action="append")
    parser.add_argument("--command", action="append")
    parser.add_argument("--part", default="1/1", help="every OF-th thing, from the N-th on")
    arguments = parser.parse_args()
    first, step = map(int, arguments.part.split("/"))
    failures = 0
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        sweep = Sweep(arguments.dump, folder, tuple(dict.fromkeys(arguments.command or COMMANDS)))
        things = (arguments.thing or sweep.things())[first - 1 :: step]
        for thing in things:
            for failure in sweep.failures(thing):
                failures += 1
                print(failure, flush=True)
    print(f"{len(things)} things, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
