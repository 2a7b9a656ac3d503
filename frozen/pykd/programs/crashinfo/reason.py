# SPDX-License-Identifier: GPL-2.0-or-later
"""Why there is a dump: by the stack of the thread that crashed, and the log."""

from __future__ import annotations

import re

from pykd.programs import stacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd.core.rows import Row

_BUG = re.compile(r"^.*(Kernel BUG.*|kernel BUG at .*|BUG: .*)$", re.MULTILINE)
_OOPS = re.compile(r"^(?:\[[ .\d]*\] )?(Unable to handle kernel .*)$", re.MULTILINE)
_FENCE = re.compile(r"^(.*fencing.*)$", re.MULTILINE)
_NMI = re.compile(r"^.*(NMI: .*)$", re.MULTILINE)
_NMI_RECEIVED = re.compile(r".*(NMI received .*)$", re.MULTILINE)
UNKNOWN = "Cannot identify the specific condition that triggered vmcore"


def _said(pattern: re.Pattern[str], log: str) -> str | None:
    match = pattern.search(log)
    return match[1] if match else None


def row(stack: Row, log: str) -> Row:
    """``{"kind": "reason", "cause", "detail"}``

    :param stack: of the thread that crashed.
    :param log: what ``log`` prints.
    """
    cause, detail = _reason(stack, log)
    return {"kind": "reason", "cause": cause, "detail": detail}


def _reason(stack: Row, log: str) -> tuple[str | None, str | None]:
    def has(pattern: str) -> bool:
        return stacks.has(stack, pattern)

    if has("sysrq_handle|handle_sysrq|netconsole"):
        by = "programmatically (via sysrq-trigger)" if has("vfs_write|sys_write") else "via keyboard" if has("keyboard_interrupt|kbd_event") else "???"
        return "Dump has been initiated: with sysrq", by
    if has("deadman_timer"):
        return "Dump has been initiated: with SG Deadman Timer", None
    cause = None
    if has(r"^(oops_|__)?die(_|\b)|do_page_fault|exc_page_fault|page_fault_oops|__bad_area_nosemaphore|general_protection|exc_invalid_op"):
        cause = "Dump was triggered by kernel"
        if has("general_protection"):
            return cause, "General Protection Fault"
        if detail := _said(_BUG, log) or _said(_OOPS, log):
            return cause, detail
    if has("panic"):
        cause = cause or "Panic"
        for pattern, detail in (("fence", _said(_FENCE, log)), ("mce_panic", "MCE"), ("hpwdt", "hpwdt timeout"), ("watchdog_timer", "watchdog timer")):
            if has(pattern):
                return cause, detail
        if has("nmi_handle|do_nmi|default_do_nmi"):
            return f"{cause} triggered by NMI", _said(_NMI, log)
        if detail := _said(_BUG, log):
            return cause, detail
    elif has("nmi_handle|do_nmi|default_do_nmi") and (detail := _said(_NMI_RECEIVED, log)):
        return cause, detail
    return cause, UNKNOWN


def text(row: Row) -> list[str]:
    found = [f"   *** {row['cause']} ***"] if row["cause"] else []
    return [*found, f"     {row['detail']}"] if row["detail"] else found
