# SPDX-License-Identifier: GPL-2.0-or-later
"""Transactions of jbd2's journals that do not end."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.fs.sbnames import sb_name
from pykd.kernel.waits.names import journals
from pykd.report.finding import EXACT, FOUND, NO_ANSWER, SERIOUS, STOPS, Finding, Found
from pykd.report.wording import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykd.report.facts import Facts

LONG = 30.0
"""Seconds; the journal commits every 5"""


def rule(facts: Facts) -> Iterator[Found]:
    for _ in facts.superblocks():
        pass  # journals are found by them: what cannot be read is left out
    for address, block in journals(facts.dump).items():
        journal: Any = facts.dump.object("struct journal_s", address)
        try:
            found = _found(facts, journal, sb_name(facts.dump, facts.dump.object("struct super_block", block)))
        except Error as error:
            facts.note(error)
            continue
        if found:
            yield found


def _found(facts: Facts, journal: Any, name: str) -> Found | None:
    transaction = journal.j_committing_transaction
    if not transaction:
        return None
    # t_start is a time of jiffies, as an unsigned long
    age = ((facts.jiffies - int(transaction.t_start)) & (1 << 64) - 1) / facts.hz
    committer = int(journal.j_task)
    asleep = facts.threads.get(committer)
    if not LONG < age < 1 << 32 or asleep is None or asleep.state != "UN":
        return None
    updates = int(transaction.t_updates.counter)
    evidence = [f"transaction {int(transaction.t_tid)}: begun {age:.0f} s before the end, t_updates {updates}, committed by {facts.who(committer)}"]
    if not updates:
        return Found(f"The journal of {name} has been committing for {age:.0f} s: it waits for its device", SERIOUS, FOUND, tuple(evidence), "inflight", 1, age)
    holders = _holders(facts, int(transaction))
    evidence += [f"{facts.who(task)} is inside that transaction: {_where(facts, task)}" for task in holders[:5]]
    who = facts.who(holders[0]) if holders else "a thread that is not found"
    text = f"The journal of {name} has been committing for {age:.0f} s: it waits for {who}, which is inside the transaction"
    return Found(text, STOPS if holders else SERIOUS, EXACT if holders else FOUND, tuple(evidence), "blocked", 1, age)


def _holders(facts: Facts, transaction: int) -> list[int]:
    """task_structs whose ``journal_info`` is a handle of a transaction. Other file systems have other things there, whose words do not agree."""
    handle = facts.dump.find_type("struct", "jbd2_journal_handle")
    member = handle.member("h_transaction") if handle else None
    offset = member.offset if member else 0
    tasks = list(facts.addresses())
    found = []
    for task, info in zip(tasks, *facts.dump.read_plain(tasks, "struct task_struct", ("journal_info",)), strict=True):
        try:
            if not isinstance(info, Error) and info and facts.dump.read_unsigned(info + offset) == transaction:
                found.append(task)
        except Error as error:
            facts.note(error)
            continue
    return found


def _where(facts: Facts, task: int) -> str:
    wait = facts.graph.waits.get(task)
    return chain(wait.functions, 6) if wait else f"state {facts.threads[task].state}"


FINDING = Finding(
    key="I3",
    title="journal",
    level=NO_ANSWER,
    rule=rule,
    false_alarm="the transaction is younger than a few commit intervals of 5 s",
    advice="look at who keeps the transaction open, or at the I/O that its commit waits for",
    excluded="no journal's commit is stuck",
)
