# SPDX-License-Identifier: GPL-2.0-or-later
"""``journal``: systemd's journal out of the page cache, and the logs of syslog daemons."""

from __future__ import annotations

import itertools
from collections import deque

from _pykd import Dump, Error
from pykd.commands.files.cache import REASONS, found_inode, written, written_lines
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm import contents, logfiles
from pykd.session.command import Command, Option, count
from pykd.session.session import Session
from pykd.values import date
from pykd.values.journalfile import Entry, Journal, JournalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

FIELDS = {
    "host": "_HOSTNAME", "identifier": "SYSLOG_IDENTIFIER", "comm": "_COMM", "pid": "_PID", "unit": "_SYSTEMD_UNIT", "priority": "PRIORITY",
    "transport": "_TRANSPORT", "text": "MESSAGE",
}  # fmt: skip
"""What rows have beside all fields, and where they get it"""
NUMBERS = ("pid", "priority")
OTHER_PID = "SYSLOG_PID"
PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
MICROSECONDS = 1_000_000


class File:
    """A log in memory."""

    def __init__(self, dump: Dump, path: str, inode: Any) -> None:
        self.path, self.inode = path, inode
        self.error: Error | None = None
        self.journal: Journal | None = None
        try:
            image = contents.Image(dump, inode)
            self.journal = Journal(image.read, image.size)
        except JournalError:
            pass
        except Error as error:
            self.error = error

    @property
    def is_journal(self) -> bool:
        """By what is in it, or by its name where that is lost."""
        return self.journal is not None or (self.error is not None and self.path.endswith(logfiles.ENDS))


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    priority = _priority(options.p)
    last = count(options.n, "entries")
    files = _chosen(dump, options)
    if options.o is not None:
        if len(files) != 1:
            names = ", ".join(file.path for file in files)
            raise CommandError(f"-o writes one file; there are {names}" if files else "no log is in memory")
        inode = files[0].inode
        yield written(int(inode), int(inode.i_size), contents.joined(contents.pieces(dump, inode)), options.o)
    elif options.l:
        for file in files:
            yield _file_row(dump, file)
    elif files:
        found: Iterator[Row] = _merged(dump, [file for file in files if file.is_journal], options, priority)
        texts = [file for file in files if not file.is_journal]
        if not options.k and not options.u and priority is None:
            found = itertools.chain(found, *(_lines(dump, file) for file in texts))
        yield from found if last is None else deque(found, last)


def _priority(word: str | None) -> int | None:
    if word is None:
        return None
    if word in PRIORITIES:
        return PRIORITIES.index(word)
    if len(word) == 1 and "0" <= word <= "7":
        return int(word)
    raise UsageError(f"no priority: {word}; there are {', '.join(PRIORITIES)}")


def _chosen(dump: Dump, options: Any) -> list[File]:
    if options.arguments:
        return [File(dump, word, found_inode(dump, word)) for word in options.arguments]
    found = {int(inode): (path, inode) for path, inode in logfiles.journals(dump)}
    if options.a:
        found |= {int(inode): (path, inode) for path, inode in logfiles.everywhere(dump)}
    if options.l or not found:
        found |= {int(inode): (path, inode) for path, inode in logfiles.texts(dump)}
    return [File(dump, path, inode) for path, inode in found.values()]


def _file_row(dump: Dump, file: File) -> Row:
    row: Row = {"file": file.path, "inode": int(file.inode)}
    try:
        row |= {"size": int(file.inode.i_size), "cached": int(file.inode.i_mapping.nrpages) * dump.page_size, "kind": "journal" if file.is_journal else "text"}
        if (journal := file.journal) is not None:
            row |= {"entries": journal.entry_nr, "state": ("offline", "online", "archived")[journal.state] if journal.state < 3 else str(journal.state)}
            row |= {"first": journal.first_time // MICROSECONDS, "last": journal.last_time // MICROSECONDS}
        if file.error is not None:
            row["error"] = fault(file.error, partial=True)
    except Error as error:
        row["error"] = fault(error)
    return row


# -- entries


def _merged(dump: Dump, files: list[File], options: Any, priority: int | None) -> Iterator[Row]:
    """The entries of all journals in the order of their time."""
    from heapq import merge

    ways = [_entries(dump, file, options, priority) for file in files]
    for _, row in merge(*ways, key=lambda one: one[0]):
        yield row


def _entries(dump: Dump, file: File, options: Any, priority: int | None) -> Iterator[tuple[int, Row]]:
    """(time, row) of the entries of a journal that are asked for; what cannot be read has the time of the one before."""
    journal, now = file.journal, 0
    if journal is None:
        yield now, {"file": file.path, "error": fault(file.error or "it is no journal")}
        return
    wanted = None if options.values else frozenset((*FIELDS.values(), OTHER_PID))
    seen: set[int] = set()
    for offset in journal.offsets():
        if isinstance(offset, Error):
            yield now, {"file": file.path, "error": fault(offset)}
            yield from _recovered(dump, file, journal, seen, wanted, options, priority)
            return
        seen.add(offset)
        try:
            entry = journal.entry(offset, wanted)
        except Error as error:
            yield now, {"file": file.path, "error": fault(error)}
            continue
        now = max(now, entry.realtime)
        if _is_wanted(row := _row(file, entry, options), options, priority):
            yield now, row


def _recovered(
    dump: Dump, file: File, journal: Journal, seen: set[int], wanted: frozenset[str] | None, options: Any, priority: int | None
) -> Iterator[tuple[int, Row]]:
    """Entries that no list leads to any more, by what they look like."""
    found = []
    for piece in contents.pieces(dump, file.inode):
        for offset in journal.scan(piece.data, piece.offset) if piece.data is not None else ():
            if offset in seen:
                continue
            try:
                found.append(journal.entry(offset, wanted))
            except Error:
                continue
    for entry in sorted(found, key=lambda one: one.sequence):
        if _is_wanted(row := _row(file, entry, options) | {"recovered": True}, options, priority):
            yield entry.realtime, row


def _row(file: File, entry: Entry, options: Any) -> Row:
    row: Row = {"file": file.path, "sequence": entry.sequence, "date": entry.realtime // MICROSECONDS, "realtime": entry.realtime, "monotonic": entry.monotonic, "boot": entry.boot}
    for key, name in FIELDS.items():
        value = _text(entry.fields.get(name))
        row[key] = _number(value) if key in NUMBERS else value
    if row["pid"] is None:
        row["pid"] = _number(_text(entry.fields.get(OTHER_PID)))
    if options.values:
        row["fields"] = {name: [value.decode("utf-8", "backslashreplace") for value in values] for name, values in entry.fields.items()}
    if entry.errors:
        row["error"] = fault(entry.errors[0], partial=True)
    return row


def _text(values: list[bytes] | None) -> str:
    return values[0].decode("utf-8", "backslashreplace") if values else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _is_wanted(row: Row, options: Any, priority: int | None) -> bool:
    if options.k and row["transport"] != "kernel":
        return False
    if options.u and options.u not in (row["unit"], row["unit"].removesuffix(".service")):
        return False
    return priority is None or (row["priority"] is not None and row["priority"] <= priority)


# -- text files


def _lines(dump: Dump, file: File) -> Iterator[Row]:
    try:
        for one in logfiles.lines(dump, file.inode):
            if isinstance(one, contents.Piece):
                yield {"file": file.path, "offset": one.offset, "size": one.size, "missing": one.missing, "where": one.detail}
            else:
                yield {"file": file.path, "offset": one[0], "text": one[1].decode("utf-8", "backslashreplace")}
    except Error as error:
        yield {"file": file.path, "error": fault(error)}


# -- text


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.l:
        yield f"{'INODE':<16} {'SIZE kB':>8} {'CACHED':>8} {'KIND':<7} {'ENTRIES':>8} {'STATE':<8} FILE"
    is_empty = True
    for row in rows:
        is_empty = False
        if "parts" in row:
            yield from written_lines(row, places=False)
        elif options.l:
            size, cached = (str(row[key] // 1024) if key in row else "?" for key in ("size", "cached"))
            line = f"{row['inode']:016x} {size:>8} {cached:>8} {row.get('kind', '?'):<7} {row.get('entries', ''):>8} {row.get('state', ''):<8} {row['file']}"
            yield f"{line} {mark(row)}".rstrip()
        elif "missing" in row:
            yield f"(missing: {row['size']} bytes at {row['offset']} of {row['file']}: {REASONS.get(row['missing'], row['missing'])})"
        elif "sequence" in row:
            yield from _entry(row)
        elif "text" in row:
            yield row["text"]
        else:
            yield f"{row['file']}: {mark(row)} {row['error']['message']}"
    if is_empty and not options.arguments:
        yield "no journal and no log of a syslog daemon has such entries in memory"


def _entry(row: Row) -> Iterator[str]:
    """As journalctl prints it."""
    who = row["identifier"] or row["comm"] or "unknown"
    process = f"[{row['pid']}]" if row["pid"] is not None else ""
    before = f"{date.text(row['date'], '%b %d %H:%M:%S')} {row['host'] or '-'} {who}{process}: "
    first, *others = row["text"].split("\n")
    yield f"{before}{first}" + (f" {mark(row)}" if "error" in row else "")
    yield from (f"{'':{len(before)}}{line}" for line in others)


COMMAND = Command(
    name="journal",
    summary="systemd's journal out of the page cache, and the logs of syslog daemons",
    topic="system",
    options=(
        Option("-n", "COUNT", help="only the last"),
        Option("-k", help="only messages of the kernel"),
        Option("-u", "UNIT", help="only those of a unit"),
        Option("-p", "PRIORITY", help="only those of this priority and worse: 0 (emerg) to 7 (debug)"),
        Option("-l", help="which logs are in memory"),
        Option("-a", help="look for journals among all files in memory: those of containers, those whose folders are lost"),
        Option("-o", "FILE", help="write the file, for journalctl --file"),
    ),
    arguments="[FILE|INODE]…",
    description="Without a file: the journals below /var/log/journal and /run/log/journal, merged by time; where there is none /var/log/messages, syslog and\n"
    "the like. Entries that the list of a journal does not lead to, because a page of it is missing, are looked for by their form.\n"
    "Fields compressed with ZSTD and LZ4 are read, those with XZ are not, and marked. makedumpfile leaves the page cache out from -d 2 on.",
    fields={
        "file": "the log; of -o the file that was written", "sequence": "of the entry", "date": "s since 1970", "realtime": "us since 1970",
        "monotonic": "us since boot", "boot": "ID", "host": "", "identifier": "who logged", "comm": "", "pid": "null: none", "unit": "of systemd",
        "priority": "0 to 7; null: none", "transport": "kernel, syslog, stdout…", "text": "the message; a line of a text file",
        "fields": "all, by name: a list of values", "recovered": "found by its form", "offset": "of a line of a text file, bytes",
        "missing": "why a piece of a text file, or of the written one, is not known", "where": "more of that", "inode": "struct inode", "size": "bytes",
        "cached": "bytes in memory", "kind": "journal or text", "entries": "number of", "state": "online: it was being written", "first": "s since 1970",
        "last": "s since 1970", "known": "bytes from memory", "holes": "bytes of zeros", "parts": "that are missing",
    },
    examples=(
        ("journal -n 20", "the last entries"), ("journal -p err", "errors"), ("journal -l", "what there is"), ("journal -u sshd -n 5", "of a unit"),
        ("journal /var/log/journal/ID/system.journal -o system.journal", "for `journalctl --file system.journal`"), ("journal /var/log/messages -n 10", "the end of a text file"),
    ),
    may_be_empty=True,
    writes=("-o",),
    rows=rows,
    text=text,
)  # fmt: skip
