# SPDX-License-Identifier: GPL-2.0-or-later
"""Errors that the hardware or the firmware reported."""

from __future__ import annotations

from pykd.report.finding import EXACT, HARDWARE, NOTE, SERIOUS, STOPS, Finding, Found
from pykd.report.logsigns import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

TAINT_MACHINE_CHECK = 1 << 4
_FATAL = r"Fatal (?:local )?machine check|Machine Check Exception|GHES: Fatal hardware error|\[Hardware Error\]: event severity: fatal"
_MEMORY = r"Memory failure: (0x[0-9a-f]+): (.+)|Uncorrected hardware memory error|\[Hardware Error\]: event severity: recoverable"
_CORRECTED = r"\[Hardware Error\]: (?:event severity: corrected|Corrected error)|EDAC .*: \d+ CE |mce: \[Hardware Error\]: Machine check events logged"
_AER = r"AER: .*Uncorrect(?:ed|able) .*\((Fatal|Non-Fatal)\)|PCIe Bus Error: severity=Uncorrected"


def rule(facts: Facts) -> Iterator[Found]:
    fatal = list(told(facts, _FATAL, "The hardware reported a fatal error ({times} in the log)", STOPS))
    yield from fatal
    if not fatal and facts.number("tainted_mask", 8) & TAINT_MACHINE_CHECK:
        yield Found("The processor reported a machine check since boot (taint M)", SERIOUS, EXACT, (), "sys -t")
    yield from told(facts, _MEMORY, "The hardware reported memory errors that it could not correct ({times})", SERIOUS)
    yield from told(facts, _AER, "PCI Express reported errors that it could not correct ({times})", SERIOUS)
    yield from told(facts, _CORRECTED, "The hardware corrected errors ({times} in the log)", NOTE)


FINDING = Finding(
    key="M1",
    title="hardware error",
    level=HARDWARE,
    rule=rule,
    false_alarm="a few corrected errors, or records of an earlier boot",
    advice="decode the record (mcelog, rasdaemon), and replace the part that it names; nothing else counts before that",
    excluded="neither hardware nor firmware reported an error",
)
