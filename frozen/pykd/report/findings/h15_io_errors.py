# SPDX-License-Identifier: GPL-2.0-or-later
"""I/O errors of block devices."""

from __future__ import annotations

from pykd.report.finding import NO_ANSWER, NOTE, SERIOUS, Finding
from pykd.report.logsigns import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts
    from pykd.report.finding import Found

_NOT_SUPPORTED = "operation not supported"
"""Of discards and zeroes that a device has no command for: the kernel writes zeroes instead"""


def rule(facts: Facts) -> Iterator[Found]:
    failed = rf"^(?!.*{_NOT_SUPPORTED})(?:.*error, dev (\S+), sector|.*Buffer I/O error on dev (\S+),)"
    yield from told(facts, failed, "I/O errors of block device {0}{1} ({times})", SERIOUS)
    harmless = "The block device {0} does not know an operation that it was asked for ({times}); the kernel does without"
    yield from told(facts, rf"{_NOT_SUPPORTED} error, dev (\S+), sector", harmless, NOTE)
    yield from told(facts, r"(nvme\S*): I/O .*timeout|(\S+): .*timing out command|blk_update_request.*timeout", "Requests to a block device timed out ({times}): {0}{1}", SERIOUS)
    offline = r"(sd \S+|rport-\S+|nvme\S*): .*(?:rejecting I/O to offline|blocked FC remote port|controller is down)"
    yield from told(facts, offline, "A disk or its path went offline: {0} ({times})", SERIOUS)


FINDING = Finding(
    key="H15",
    title="I/O errors",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="removable media, or one failed path of a multipath device whose others are good",
    advice="check the disk, its path and its host's log; then the file system on it",
    excluded="the log has no I/O errors",
)
