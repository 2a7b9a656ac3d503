# SPDX-License-Identifier: GPL-2.0-or-later
"""What equal crashes have in common: a hash of how the system stopped and of the functions that led there.

It does not depend on addresses, offsets, clones of functions, the kernel's build, CPUs, PIDs or times.
"""

from __future__ import annotations

import hashlib
import re

from _pykd import Error
from pykd.kernel.waits.things import function_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.report.facts import Facts
    from pykd.report.ranking import Findings
    from pykd.report.verdict import Verdict

FRAMES = 6
_COMMON = re.compile(
    r"^(machine_kexec|__crash_kexec|crash_kexec|v?panic|oops_end|page_fault_oops|die\w*|no_context|exc_\w+|asm_\w+|do_syscall_64|entry_SYSCALL\w*|ret_from_fork\w*|"
    r"kthread|x64_sys_call|crash_nmi_callback|default_do_nmi|nmi_\w+|end_repeat_nmi|__?schedule|schedule\w*|do_user_addr_fault|kernelmode_fixup_or_oops|__bad_area\w*)$"
)
"""Functions that many different crashes go through"""


def frames(facts: Facts, verdict: Verdict, found: Findings) -> list[str]:
    """The functions that count, innermost first: of the thread that waits longest for the cause, else of the one that panicked."""
    cause = found.cause
    if cause is not None and cause.found.victims:
        task = next((one for one in facts.graph.blocked if facts.graph.seconds(one) == cause.found.seconds), 0)
        wait = facts.graph.waits.get(task)
        if wait is not None:
            return [function for function in wait.functions if not _COMMON.match(function)][:FRAMES]
    try:
        trace = facts.dump.unwind(verdict.task, crash=True) if verdict.task else None
    except Error:
        trace = None
    names = [function_name(frame) for frame in trace.frames if frame.sure] if trace else []
    return [name for name in names if name and not _COMMON.match(name)][:FRAMES]


def signature(facts: Facts, verdict: Verdict, found: Findings) -> dict[str, object]:
    """``hash``, and what it is made of: ``kind``, ``cause``, ``frames``."""
    functions = frames(facts, verdict, found)
    cause = found.cause.key if found.cause else ""
    text = "\n".join((verdict.kind, cause, *functions))
    return {"hash": hashlib.sha256(text.encode()).hexdigest()[:16], "kind": verdict.kind, "cause": cause, "frames": functions}
