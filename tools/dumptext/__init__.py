# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps made from readable text: pages, page tables, symbols, types, notes; for tests in C and in Python.

    python3 tools/dumptext TEXT [FORMAT...] >VMCORE           a file of text, to a file
    dumptext.make(text).file("elf")                           the same within Python

A text is a few statements. One begins in column 0; indented lines below it are its block; # begins a comment. For example

    machine x86_64
    uts release=6.1.0-test nodename=example
    cpu pid=1 rip=&schedule rsp=stack
    types
        typedef int pid_t;
        struct list_head { struct list_head *next, *prev; };
        struct task_struct { unsigned int __state; pid_t pid; char comm[16]; struct list_head tasks; };
    text
        schedule  55 48 89 e5 c3
    data
        struct task_struct init_task = { .comm = "swapper/0", .tasks = { &worker.tasks, &worker.tasks } };
    heap
        struct task_struct worker = { 1, .pid = 7, .comm = "worker", .tasks = { &init_task.tasks, &init_task.tasks } };
        unsigned long stack[] = { &schedule + 4, 0 };
    percpu
        unsigned long ticks = 10, 20;
    excluded physical 0x800000

is a kdump-compressed dump in which ``pykd`` finds two tasks. What a statement is for:

    machine NAME              a row of machines.py, which chooses byte order and page tables; must be known first: default x86_64
    memory SIZE               of the machine: 32M unless told
    uts KEY=VALUE...          sysname nodename release version machine domainname
    format WORD...            kdump (default), elf; zlib; flattened; incomplete (the header's mark)
    headers ORDER             big or little: of the file's headers and notes, where that is not the order of memory
    part START END            of a split set: page frames, the end exclusive
    cpu REGISTER=VALUE...     one a CPU: NT_PRSTATUS with these registers and pid
    qemu REGISTER=VALUE...    one a CPU: QEMU's note with control registers; cr3 is the kernel's unless told
    note NAME TYPE HEX...     any other note; more of it in the block
    vmcoreinfo [only]         lines KEY=VALUE beside (or instead of) those that are made; a KEY alone is left out. Or: vmcoreinfo none
    kallsyms WORD...          percpu (default), relative, place, absolute; first (until 6.3), and with it noseqs (until 6.1). Or: kallsyms none
    btf none                  no types in memory
    types                     C declarations; they become BTF
    text                      NAME HEX... or NAME +LENGTH: code, from _stext on
    symbols                   ADDRESS LETTER NAME, as in System.map, beside the symbols of text and data
    data [at ADDRESS]         C definitions: variables, in the image or at an address; those in the image have symbols
    heap                      C definitions in the direct map; only other statements know their names
    percpu                    C definitions with one initialiser a CPU; the last counts for all further ones
    map VIRTUAL=PHYSICAL      one more page in the kernel's tables
    bytes [physical] ADDRESS  what memory holds there, as HEX and "text", over what else was put there
    excluded [physical] ADDRESS [LENGTH]     pages that are not in the file
    absent [physical] ADDRESS [LENGTH]       pages that the machine does not have
    file OFFSET HEX...        bytes of the file that are different, as those of a damaged one
    cut LENGTH                of the file: it is truncated

C is what one writes in a kernel: structs, unions, bit fields, enums, typedefs, pointers to functions, arrays, __packed; initialisers with
designators; values are numbers, characters, enumerators, sizeof (TYPE), names, ``&name.member[2]``, with - ~ + * / % << >> & ^ |. A name is
its address. An ADDRESS or VALUE is such an expression. Memory that no statement mentions is left out of the file.
"""

from .cdecl import TextError
from .text import Builder, Made

__all__ = ["Made", "TextError", "make"]


def make(text: str) -> Made:
    """The dump that *text* describes. Raises TextError, with the line."""
    return Builder(text).make()
