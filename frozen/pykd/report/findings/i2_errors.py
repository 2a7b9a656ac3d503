# SPDX-License-Identifier: GPL-2.0-or-later
"""File systems with errors: read-only because of them, with an aborted journal, shut down."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.fs.sbnames import sb_name
from pykd.kernel.waits.names import journals
from pykd.report.finding import EXACT, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.logsigns import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

JBD2_ABORT = 2
"""Bit of ``journal_s.j_flags``"""


def rule(facts: Facts) -> Iterator[Found]:
    dump = facts.dump
    for _ in facts.superblocks():
        pass  # journals are found by them: what cannot be read is left out
    for address, block in journals(dump).items():
        try:
            journal: Any = dump.object("struct journal_s", address)
            number = int(journal.j_errno)
            if not int(journal.j_flags) & JBD2_ABORT and not number:
                continue
        except Error as error:
            facts.note(error)
            continue
        name = sb_name(dump, dump.object("struct super_block", block))
        evidence = (f"journal_s {address:#x}: j_flags {int(journal.j_flags):#x}, j_errno {number}",)
        yield Found(f"The journal of {name} is aborted: the file system takes no more writes", STOPS, EXACT, evidence, "fs")
    yield from told(facts, r"EXT4-fs error \(device (\S+)\): (\w+):(\d+)", "ext4 found errors on {0}, first in {1} ({times})", SERIOUS)
    yield from told(facts, r"(?:XFS|xfs) \((\S+)\): .*(?:Corruption|Shutting down|shutdown|Metadata I/O error)", "XFS found errors on {0} ({times})", SERIOUS)
    yield from told(facts, r"BTRFS (?:critical|error) \(device (\S+?)\)", "btrfs found errors on {0} ({times})", SERIOUS)
    yield from told(facts, r"Remounting filesystem read-only", "A file system became read-only because of errors ({times})", SERIOUS)


FINDING = Finding(
    key="I2",
    title="errors of a file system",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="it was mounted read-only by the administrator",
    advice="look at the first error and the I/O errors before it; unmount and check the file system (fsck)",
    excluded="no journal is aborted, and no file system reported errors",
)
