# SPDX-License-Identifier: GPL-2.0-or-later
"""Print processes as a tree of parents and children."""

from __future__ import annotations

from optparse import OptionParser

import pykd
from LinuxDump import crashcolor
from LinuxDump.Tasks import Task, TaskTable, getTaskState, task_state_color, task_state_str

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from optparse import Values

    from LinuxDump.Tasks import _TaskTable

    Part = tuple[str, int]
    """(text, colour)"""

__version__ = "0.2"

MAX_DEPTH = 500


class Tree:
    """Draws the tree and counts what it drew."""

    def __init__(self, options: Values) -> None:
        self.options = options
        self.seen: set[int] = set()

    def label(self, t: Task) -> Part:
        """What is shown of a task, followed by a blank."""
        state = getTaskState(t)
        text = str(t.comm)
        if self.options.print_pid:
            text += f"({t.pid})"
        if self.options.print_state:
            text += f"[{task_state_str(state)}]"
        if self.options.print_thread:
            others = len(t.threads)
            if others > 1:
                text += f"---{others}*[{{{t.comm}}}]"
        color = task_state_color(state)
        return f"{text} ", color

    def children(self, t: Task) -> Iterator[Task]:
        """Children of all threads of a process."""
        for thread in (t, *t.threads):
            yield from thread.taskChildren()

    def lines(self, t: Task, depth: int = 0) -> Iterator[list[Part]]:
        """The parts of each line of the tree below a task."""
        try:
            text, color = self.label(t)
        except pykd.Error as err:
            yield [(f"({err}) ", crashcolor.RESET)]
            return
        self.seen.add(int(t.ts))
        first = [(text, color)]
        blank = " " * len(text)
        children = [child for child in self.children(t) if int(child.ts) not in self.seen] if depth < MAX_DEPTH else []
        for i, child in enumerate(children):
            last = i == len(children) - 1
            for j, line in enumerate(self.lines(child, depth + 1)):
                if first:
                    yield [*first, ("-+- ", crashcolor.RESET), *line]
                    first = []
                else:
                    bar = "    " if last and j else " `- " if last else " |  " if j else " |- "
                    yield [(blank + bar, crashcolor.RESET), *line]
        if first:
            yield first


def print_colored(line: Iterable[Part]) -> None:
    for text, color in line:
        if color != crashcolor.RESET:
            crashcolor.set_color(color)
        print(text, end="")
        if color != crashcolor.RESET:
            crashcolor.set_color(crashcolor.RESET)


def print_tree(options: Values) -> None:
    tt = TaskTable()
    # without a PID everything: the idle task is the parent of init and of kthreadd
    top = tt.getByPid(options.task_id) or tt.getByTid(options.task_id)
    if not top:
        print(f"There is no task with pid={options.task_id}")
        return
    tree = Tree(options)
    print_lines(tree.lines(top))
    if not options.task_id:
        print_orphans(tree, tt)
    print(f"\n\nTotal {len(tree.seen)} tasks printed")


def print_lines(lines: Iterable[list[Part]]) -> None:
    for i, line in enumerate(lines):
        if i:
            print()
        print_colored(line)


def print_orphans(tree: Tree, tt: _TaskTable) -> None:
    """Trees below tasks that the dump lacks."""
    known = {int(t.ts) for t in tt.allTasks()}
    for t in tt.allTasks():
        if int(t.ts) not in tree.seen and int(t.Realparent) not in known:
            print()
            print(f"(parent {int(t.Realparent):#x} is not in the dump)")
            print_lines(tree.lines(t))


def main() -> None:
    op = OptionParser()
    op.add_option("-p", dest="print_pid", default=0, action="store_true", help="Print process ID")
    op.add_option("-g", dest="print_thread", default=0, action="store_true", help="Print number of threads")
    op.add_option("-s", dest="print_state", default=0, action="store_true", help="Print task state")
    op.add_option(
        "-t", dest="task_id", default=0, type="int", action="store", help="Print specific task and its children"
    )
    print_tree(op.parse_args()[0])


if __name__ == "__main__":
    main()
