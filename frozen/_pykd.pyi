"""The C core of pykd: a dump's memory, names, types and typed objects.

This file is the contract of the module and the source of its docstrings. Addresses and sizes are ``int``; an address may be any
``int`` subclass, so a typed object can be given where an address is asked for.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

FaultReason = Literal["excluded", "absent", "truncated", "untranslatable", "corrupt"]
Kind = Literal[
    "void", "int", "float", "enum", "struct", "union", "typedef", "pointer", "array", "function", "qualified"
]

class Error(Exception):
    """Base of all errors of the core."""

class ProgramError(Error):
    """What PyKdump programs know as ``crash.error``: all but :class:`MemberError`, which is a ``KeyError`` to them and no damage of the dump."""

class FormatError(ProgramError):
    """The file is not a dump or is damaged."""

    path: str | None
    """The file; None where it has no name."""

class UnsupportedError(FormatError):
    """A recognised container that pykd does not read; the message says what to do."""

class FileError(ProgramError, OSError):
    """The operating system refused: no such file, no permission…; ``errno`` and ``path`` are set."""

    path: str | None
    """The file; None where it has no name."""

class FaultError(ProgramError):
    """Memory could not be read."""

    address: int
    """The first byte that could not be read."""
    reason: FaultReason
    """``excluded`` by makedumpfile, ``absent`` from the dump, beyond the end of a ``truncated`` file, ``untranslatable`` by the page tables, ``corrupt`` when decompressed."""
    physical: bool
    """Whether ``address`` is physical."""

class NotFoundError(ProgramError, LookupError):
    """No such symbol, type, enumerator, module…"""

    kind: Literal["symbol", "type", "enumerator"] | None
    """What was looked for; None where that was no name that was given."""
    name: str | None
    """Its name."""

class MemberError(Error, KeyError, AttributeError):
    """A struct has no such member. Both of the base classes that programs test for; ``str()`` of it is a sentence, unlike that of other ``KeyError``."""

class CTypeError(ProgramError, TypeError):
    """The operation does not suit the C type."""

class CSyntaxError(ProgramError, ValueError):
    """C text that does not parse."""

class RangeError(ProgramError, ValueError):
    """An argument is out of range."""

class LimitError(ProgramError):
    """A bound against damaged data was reached (a cycle, a depth, a count)."""

class Dump:
    """One open dump, and everything that is known about it. Nothing is read before it is needed."""

    path: str
    """The first path, as given."""
    file: str
    """The same from the root: it leads to the file though the current folder is another since the dump was opened."""
    paths: tuple[str, ...]
    """All parts of a split set, as given."""
    format: str
    """For people: ``kdump-compressed, zstd``."""
    arch: str
    """``x86_64``"""
    byteorder: Literal["little", "big"]
    """Of numbers in its memory, as ``int.from_bytes`` takes it."""
    page_size: int
    """Bytes."""
    max_pfn: int
    """Page frames that there may be: the end of physical memory divided by ``page_size``."""
    complete: bool
    """False when the file ends early or makedumpfile marked the dump incomplete."""
    live: bool
    """The running kernel: what is read may change from one read to the next."""
    closed: bool
    """After :meth:`close`."""
    remembered: dict[object, Any]
    """What was found out about this dump, by who found it (``pykd.core.memo``). It goes with the dump."""
    vmcoreinfo: dict[str, str]
    """The lines of the note as written, e.g. ``{'OSRELEASE': '6.1.0', 'SYMBOL(_stext)': 'ffffffff81000000'}``."""
    layout: dict[str, int]
    """``pgd levels pgdir_shift pgd_entries kaslr_offset phys_base page_offset page_offset_end direct_physical image_start image_end encrypted``, 0 where unknown.
    ``direct_physical`` is what ``page_offset`` maps, ``phys_base`` the physical address of ``image_start``, and ``encrypted`` the bits of a page
    table entry that say so, such as AMD's sme_mask."""
    pgd: int
    """Physical address of the top-level page table used by every virtual read; 0 (default): the kernel's. Settable."""
    pseudo_members: dict[str, Callable[[StructType], None]]
    """By type name (``struct task_struct``): called once, when the class of that type is made, to add members to it."""
    declarations: Callable[[Dump], None] | None
    """Called once, before the type of a global is first looked up or declared, to :meth:`declare` what is known in advance."""

    names_origin: str | None
    """The file besides the dump that the kernel's names are taken from; None: the dump itself, or there are none."""
    types_origin: str | None
    """The file besides the dump that types are taken from; None: the dump's BTF, or there are none."""

    def __new__(
        cls,
        *paths: str,
        vmcoreinfo: bytes | None = None,
        live: bool = False,
        vmlinux: str | None = None,
        system_map: str | None = None,
        no_btf: bool = False,
        profile: str | None = None,
    ) -> Dump:
        """Open a dump; several paths are the parts of a split set.

        :param vmlinux: a file with symbols or debug info of this build of the kernel: what the dump's BTF and kallsyms lack comes from it.
        :param system_map: names for a dump without kallsyms, or with those of functions only.
        :param no_btf: types come from the debug info though the dump has BTF.
        :param profile: a file that ``pykd profile`` wrote of this build of the kernel; it serves as a vmlinux does.
        :raises FileError, FormatError, UnsupportedError: RangeError for a vmlinux or a profile of another build.
        """
    def close(self) -> None:
        """Close its files and free its memory; it is no longer the current dump. What is known of it stays, and reading it raises.

        Without this it is closed when nothing refers to it or to an object of it any more.
        """
    def __enter__(self) -> Dump:
        """``with pykd.open(path) as dump:`` closes it at the end."""
    def __exit__(self, *exception: object) -> None:
        """:meth:`close`."""
    def attribute(self, key: str) -> str | None:
        """A libkdumpfile attribute such as ``file.format`` as text."""
    # -- memory
    def read(self, address: int, size: int, *, pgd: int | None = None) -> bytes:
        """Read *size* bytes of virtual memory, of the address space whose top-level page table is at physical *pgd* (default: :attr:`pgd`).

        :raises FaultError: naming the first unreadable byte.
        :raises RangeError: more than 1 GB, here and in the other readers.
        """
    def read_upto(self, address: int, size: int, *, pgd: int | None = None) -> bytes:
        """As :meth:`read`, but ends before the first unreadable byte instead of raising."""
    def read_physical(self, address: int, size: int) -> bytes:
        """*size* bytes of physical memory. :raises FaultError, RangeError:"""
    def read_unsigned(self, address: int, size: int = 8) -> int:
        """A little-endian integer of 1, 2, 4 or 8 bytes in the address space of :attr:`pgd`. :raises FaultError, RangeError:"""
    def read_signed(self, address: int, size: int = 8) -> int:
        """As :meth:`read_unsigned`, in two's complement."""
    def read_string(self, address: int, max_size: int = 4096) -> bytes:
        """Bytes up to (without) the first NUL, to *max_size*, or to the first unreadable byte after at least one."""
    def translate(self, address: int, *, pgd: int | None = None) -> int:
        """The physical address of a virtual one. :raises FaultError: when the page tables do not lead to one."""
    def walk(self, address: int, *, pgd: int | None = None) -> tuple[list[tuple[str, int, int, int]], int | FaultError]:
        """Walk the page tables.

        :returns: steps (level, physical address of the entry, its value, bytes mapped or 0), and the physical address or why not.
        """
    def is_kernel(self, address: int) -> bool:
        """Whether it can be an address of the kernel: on most machines one of the upper half, where processes have none."""
    def direct(self, physical: int) -> int:
        """The direct-map address of a physical address."""
    def page_status(self, pfn: int) -> Literal["present"] | FaultReason:
        """Whether the dump has a page, by its page frame number, or why not; without reading it."""
    def ranges(self, start: int, end: int) -> list[tuple[int, int, bool, bool]]:
        """Mapped ranges of kernel memory in [start, end): (start, end, writable, executable)."""
    # -- names
    def symbol(self, name: str, module: str | None = None) -> Symbol:
        """The first symbol of that name, kernel before modules. *module* ``""``: the kernel only.

        :raises NotFoundError:
        """
    def symbols(self, name: str) -> list[Symbol]:
        """All symbols of that name."""
    def symbol_at(self, address: int) -> Symbol | None:
        """The symbol whose range holds *address*."""
    def kernel_symbols(self, containing: str = "") -> Iterator[Symbol]:
        """All symbols of the kernel proper in address order, those that can be read; or those with a text in their name."""
    symbol_nr: int
    """Symbols that the kernel proper has, whether they can be read or not."""
    def symbol_text(self, first: int, count: int, letters: tuple[tuple[int, int, str, str], ...], marks: tuple[str, ...]) -> tuple[str, int]:
        """Lines ``ADDRESS (LETTER) NAME`` of *count* of the kernel's symbols, beginning with the one of number *first*, and how many these are.

        :param letters: (start, end, LETTER, its letters): symbols of one of these letters that lie there are shown with that letter.
        :param marks: names are shown up to the first of these that is in them.
        """
    def address_of(self, name: str, module: str | None = None, default: int = ...) -> int:
        """Address of a symbol, which of a per-CPU variable may be 0; *module* as in :meth:`symbol`.

        To find that a name is in no module, the symbols of all modules are read: ``""`` for names that only the kernel can have.

        :param default: what an unknown name gives.
        :raises NotFoundError: without *default*.
        """
    def modules(self) -> list[Module]:
        """Loaded modules, newest first, as far as the list can be read."""
    modules_error: Error | None
    """What ended the walk of the module list early, if something did."""
    def module_at(self, address: int) -> Module | None:
        """The module in whose memory *address* lies."""
    # -- types
    def type(self, name: str) -> Type:
        """Parse a C type name: ``struct list_head``, ``unsigned long``, ``u32``, ``struct foo *[3]``.

        :raises NotFoundError, CSyntaxError:
        """
    def find_type(self, kind: Kind, name: str, index: int = 0) -> Type | None:
        """The *index*-th complete type of that kind and name, or None. ``MODULE!name`` looks in one module."""
    def types(self, kind: Kind, *, size_min: int = 0, size_max: int = ..., using: str | None = None) -> list[Type]:
        """All named types of a kind, and of a size in bytes (both ends included).

        :param using: structs and unions only that have, themselves or in those within them, a member of the type of that name or C
            spelling, a pointer to it or an array of it.
        """
    def declare(self, text: str) -> None:
        """Declare globals in C text, for :meth:`symbol_type`: ``struct list_head modules; char *names[];``. A later text has precedence.

        Types are looked up when a name is asked for. ``[[has: struct S.member]] DECLARATION`` counts where that member exists; of several
        declarations of one name the first that fits the dump's types counts.

        :raises CSyntaxError:
        """
    def symbol_type(self, name: str) -> Type:
        """Type of a global variable or function. :raises NotFoundError: when nothing types it."""
    def enumerator(self, name: str) -> int:
        """Value of an enumerator of any enum; macros have none in a dump. :raises NotFoundError:"""
    def enumerator_type(self, name: str) -> Type:
        """The enum that has an enumerator of that name. :raises NotFoundError:"""
    # -- objects
    def object(self, type: Type | str, address: int) -> Any:
        """The value of that type at *address*, by the rules of :class:`Struct`; of a struct the (unread) Struct."""
    def variable(self, name: str) -> Any:
        """Value of a global variable, by the rules of :class:`Struct`. :raises NotFoundError: of an unknown name or type. :raises FaultError:"""
    def struct_class(self, type: Type | str) -> StructType:
        """The class of objects of a struct or union type (or of an enum, a pointer, an array), always the same. :raises NotFoundError, CSyntaxError, CTypeError:"""
    # -- bulk
    def follow(
        self, start: int, offset: int = 0, *, stop: int | None = None, limit: int = 10000
    ) -> tuple[list[int], None | Literal["limit", "cycle"] | FaultError]:
        """Follow ``next = *(void **)(current + offset)`` from *start* (included) until NULL or *stop* (default: *start*) comes up.

        The structs of a list, one member of each, without a loop in Python for either:

        >>> links, end = dump.follow(head.next, stop=head)
        >>> offset = dump.type("struct task_struct").offset_of("tasks")
        >>> dump.read_columns((link - offset for link in links), "struct task_struct", ("pid", "comm"))
        [(1, 'systemd'), (2, 'kthreadd'), ...]

        :returns: addresses visited, and why the walk ended early (None: it did not).
        """
    def read_columns(self, addresses: Iterable[int], type: Type | str, members: Iterable[str]) -> list[tuple[Any, ...]]:
        """For each address a tuple of the values of *members*, dotted paths through embedded structs and struct pointers.

        An unreadable value is its FaultError, which is returned and not raised: one bad object costs one row.

        :raises MemberError: of a path that does not resolve.
        """
    def read_plain(self, addresses: Iterable[int], type: Type | str, members: Iterable[str]) -> list[list[Any]]:
        """As :meth:`read_columns`, for very many: a list for each member, pointers as int and ``char []`` as str. Equal neighbours are one object."""
    def keep(self, type: Type | str, members: Iterable[str]) -> None:
        """Let :meth:`read_plain` remember those members of each struct that it reads, and what they share a page with, up to 64 MB: a page need
        not be decompressed again for them. It is for one type, the first that is asked for; of a running kernel nothing is kept.

        :raises MemberError: of a path that does not resolve.
        """
    # -- CPUs
    def find_words(
        self, start: int, end: int, patterns: Sequence[tuple[int, int]], size: int = 8, *, physical: bool = False, pgd: int | None = None,
        limit: int = 65536,
    ) -> tuple[list[tuple[int, int, int]], int]:  # fmt: skip
        """Aligned words of *size* (2, 4, 8) bytes in [start, end) that equal the value of a pattern (value, bits that must be equal).

        Pages that cannot be read are left out one by one (:meth:`ranges` says where there are any). :return: list of (address, number of the first pattern that matches, word), and where it ended:
            before *end* on a page's end where *limit* matches were reached.
        :param physical: the addresses are physical.
        """
    def find_texts(
        self, start: int, end: int, texts: Sequence[bytes], *, beyond: int = 0, physical: bool = False, pgd: int | None = None, limit: int = 65536
    ) -> tuple[list[tuple[int, int]], int]:  # fmt: skip
        """Where one of the texts begins in [start, end): (address, number of the text). They do not overlap; of two that begin in one place the first counts.

        :param beyond: a text that begins before *end* may go on so many bytes (to 4096) behind it.
        :return: these, and where the search ended, as :meth:`find_words`.
        """
    def readable(self, start: int, end: int, *, physical: bool = False, pgd: int | None = None) -> list[tuple[int, bytes]]:
        """What can be read of at most 1 GB: (address, bytes) of each run of pages."""
    def notes(self) -> list[dict[str, int] | None]:
        """Registers of each CPU note by lower-case name (``rip``, ``rsp``, … ``pid``, and ``cr3`` where known); None: none."""
    def cpus(self) -> list[Cpu]:
        """All possible CPUs in ascending order; empty when the kernel's tables of them cannot be read."""
    def cpu_mask(self, name: str) -> list[int]:
        """Numbers of the CPUs in a ``struct cpumask`` of the kernel proper, such as ``__cpu_online_mask``, ascending; what cannot be read has none.

        Bits from ``nr_cpu_ids`` on are damage and no CPUs. Of ``__cpu_possible_mask``, where it is not there or empty, all below ``nr_cpu_ids``; at
        least the first.

        :raises NotFoundError: the kernel has no such mask.
        """
    def cpu_variable(self, cpu: int, name: str) -> int:
        """Address of a per-CPU variable on a CPU. :raises NotFoundError:"""
    # -- stacks and text
    def unwind(
        self,
        task: int = 0,
        *,
        registers: dict[str, int] | None = None,
        crash: bool = False,
        scan: bool = True,
        max_frames: int = 512,
    ) -> Trace:
        """The stack trace of a task (address of its task_struct), or from *registers* (``rip``, ``rsp``, ``rbp``…).

        :param crash: begin with the functions that stopped the CPU, as crash prints it, where the stack shows them.
        :param scan: guess where the unwind data end; such frames have ``sure`` False.
        :raises FaultError: when the task_struct itself cannot be read. A damaged stack is no error: see :attr:`Trace.why`.
        """
    def stack_of_task(self, task: int) -> tuple[int, int]:
        """Its kernel stack, [start, end). :raises Error: when it has none."""
    def stacks_of_cpu(self, cpu: int) -> list[tuple[str, int, int]]:
        """(kind, start, end) of the IRQ, exception and entry stacks."""
    def stack_text(self, start: int, end: int) -> tuple[list[tuple[int, int, bool]], int]:
        """Words in [start, end) that are addresses of code: (where, address, follows a call), and how many bytes were unreadable."""
    def stack_code(self, start: int, end: int) -> tuple[int, ...]:
        """The words of :meth:`stack_text` alone, which stacks with the same functions on them have in common."""
    def stack_registers(self, start: int, end: int) -> tuple[list[tuple[int, bool, dict[str, int]]], int]:
        """Places in [start, end) that look like a ``struct pt_regs``: (address, of user mode, registers), and the bytes unreadable."""
    def source(self, address: int) -> list[tuple[str | None, str | None, int, bool]]:
        """Where an address of code is in the source, by the vmlinux or the profile that was given: (function, file, line, whether it is inlined into the next),
        the innermost first. The line of all but the first is that of the call; 0 and None where it is not told. Empty where no unit has the address.

        Of a return address ask for the one before: it is the next instruction's.

        :raises NotFoundError: no debug info was given.
        """
    def text_symbol(self, pc: int, is_return: bool = False) -> Symbol | None:
        """The symbol of a program counter; of a return address the symbol of the call before it."""
    def disassemble(
        self,
        address: int,
        size: int | None = None,
        *,
        count: int | None = None,
        syntax: Literal["att", "intel"] = "att",
        code: bytes | None = None,
        pgd: int | None = None,
    ) -> list[Instruction]:
        """Decode *size* bytes (default: to the end of the symbol's range) or *count* instructions of memory, or of *code* as if at *address*.

        :raises FaultError: when not even the first byte can be read.
        """

class Cpu:
    """A possible CPU, at the moment of the crash."""

    nr: int
    """Its number, as in ``/proc/cpuinfo``."""
    online: bool
    """By ``__cpu_online_mask``."""
    percpu: int
    """``__per_cpu_offset[nr]``; 0 where not known."""
    current: int
    """Address of the task_struct that ran on it; 0 where not known."""
    registers: dict[str, int] | None
    """Those of its note by lower-case name; None: there are none."""
    why_no_registers: str | None
    """One sentence where there are none."""

class Frame:
    """One frame of a :class:`Trace`."""

    pc: int
    """Program counter: the instruction to go on with, which of a caller follows the call."""
    sp: int
    """Stack pointer before that instruction."""
    slot: int
    """Where on the stack ``pc`` was found; of the first frame its ``sp``."""
    cfa: int
    """End of this frame; 0 where not known."""
    found: str
    """How: ``registers orc prologue pt_regs trampoline scan`` or ``frame pointer``, as the core names them."""
    stack: str
    """Kind of the stack that ``sp`` is on."""
    exact: bool
    """``pc`` is the interrupted instruction, not the one after a call."""
    sure: bool
    """False: this frame, or one on the way to it, was guessed."""
    regs_address: int
    """The ``struct pt_regs`` that this frame was read from, or 0."""
    registers: dict[str, int]
    """Those whose value in this frame is known: of callers those that unwinding needs and, where a vmlinux was given, all that its call frame
    information restores."""
    symbol: Symbol | None
    """The function, by the call where ``exact`` is False."""
    name: str | None
    """of the symbol"""
    offset: int | None
    """of ``pc`` from the symbol"""
    module: str | None
    """of the symbol; None: the kernel proper"""

    def locals(self) -> list[str]:
        """Names of the variables and parameters at its ``pc``, by the debug info: of the functions that are inlined there and of the one they
        are inlined in, the innermost first.

        :raises NotFoundError: no debug info was given.
        """
    def __getitem__(self, name: str) -> Any:
        """The value of a variable or parameter, of the innermost function that has the name, by the rules of :class:`Struct`. Of a struct or
        array that is in registers its bytes.

        :raises NotFoundError: there is none of the name, or its value cannot be known (the compiler has optimised it out).
        :raises FaultError:
        """
    def variables(self) -> list[tuple[str, int, bool, int, Type, int | bytes | None, str | None]]:
        """All of :meth:`locals`: (name, number of the function among those of :meth:`Dump.source`, whether it is a parameter, line of its
        declaration or 0, type, where it is, why that is not known).

        Where it is: the address; of what is in no memory its bytes, as they would be there; None where it cannot be known.

        :raises NotFoundError: no debug info was given.
        """

class Trace:
    """A stack trace, innermost frame first."""

    frames: tuple[Frame, ...]
    """Innermost first; empty where nothing is known."""
    task: int
    """Address of the task_struct; 0: traced from registers."""
    cpu: int
    """-1: unknown"""
    running: bool
    """Whether the task was on a CPU."""
    stack: tuple[int, int]
    """The task's own, (0, 0) if it has none."""
    start: str
    """Where the first registers came from."""
    end: str
    """Why it ended, in one word."""
    why: str
    """The same in one sentence."""
    guessed: str
    """Why frames had to be guessed (see :attr:`Frame.sure`), or "" where none were."""
    reason: str | None
    """Of a missing page that ended it, as :attr:`FaultError.reason`."""
    address: int
    """That the end is about; 0 if none."""
    user_registers: dict[str, int] | None
    """With which user mode entered the kernel."""
    user_registers_address: int
    """Of their ``struct pt_regs``; 0 if they are from a note."""

class Instruction:
    """One decoded instruction."""

    address: int
    """Of its first byte."""
    size: int
    """Bytes; of an undecodable byte 1."""
    code: bytes
    """Its *size* bytes."""
    mnemonic: str
    """With its prefixes, in the syntax asked for."""
    operands: str
    """"" if it has none."""
    text: str
    """As gdb's ``x/i`` prints it, without symbols."""
    name: str
    """Of the instruction alone: no prefixes, no suffixes, the same in every syntax (``nop``, ``movzx``); "" of an undecodable byte."""
    decoded: tuple[tuple[Literal["register", "number", "memory", "other"], str, int, int, str], ...]
    """Operands, what is written first: (kind, register or base register, number or displacement, bytes, index register); "" where there is
    no register. For who wants to know what an instruction does; ``operands`` is for who reads it."""
    flow: Literal["next", "call", "jump", "branch", "return", "stop"]
    """What comes after it: the next one, too (``next``, ``call``, ``branch``) or not (``jump``, ``return``, ``stop``)."""
    target: int
    """Of a direct branch, or the address in memory that an operand means by its distance from the instruction; 0: none."""
    pc_relative: bool
    """``target`` is data, not a jump."""

class Symbol:
    """A name in the kernel or a module."""

    name: str
    """As kallsyms has it, with ends such as ``.isra.0``."""
    address: int
    """Of a per-CPU variable the offset that each CPU's copy has."""
    size: int
    """Bytes; 0 if unknown."""
    module: str | None
    """None: the kernel proper."""
    type: str
    """One letter as ``nm`` prints it."""

class Module:
    """A loaded module."""

    name: str
    """``ext4``"""
    address: int
    """of ``struct module``"""
    size: int
    """Bytes of core memory, as lsmod prints it."""
    memory: dict[str, tuple[int, int]]
    """(start, size) by ``text data rodata ro_after_init init_text init_data init_rodata``."""
    has_btf: bool
    """Whether its types are in the dump."""
    percpu: tuple[int, int]
    """(address, size), or (0, 0)"""
    def symbols(self, containing: str = "") -> list[Symbol]:
        """Its symbols in address order, or those with a text in their name."""
    symbol_nr: int
    """Symbols that it has. :raises Error: when they cannot be read."""
    def symbol_text(self, first: int, count: int, start: int, end: int, marks: tuple[str, ...]) -> tuple[str, int]:
        """Lines of those of *count* symbols, beginning with number *first*, that lie in [start, end), as :meth:`Dump.symbol_text`."""

class Type:
    """A C type. Equal types of one dump are the same object as far as ``==`` and ``hash`` go."""

    kind: Kind
    """What it is made of; typedefs and qualifiers are types of their own, which :meth:`strip` removes."""
    name: str | None
    """Tag, typedef name, base type name; None: anonymous or derived."""
    size: int
    """sizeof in bytes; 0 of void, functions and what is only declared."""
    length: int | None
    """Elements of an array, None if unknown (flexible) or not an array."""
    target: Type | None
    """Of pointer, array, typedef, qualified; return type of a function."""
    signed: bool
    """Of an int or enum."""
    complete: bool
    """False of a struct, union or enum that is only declared."""
    qualifiers: tuple[str, ...]
    """``const``, ``volatile`` … of a ``qualified`` type."""
    module: str | None
    """The module whose BTF it came from."""
    def __str__(self) -> str:
        """C spelling: ``struct task_struct *``."""
    def declare(self, name: str) -> str:
        """C declaration of *name*: ``int name[4]``."""
    def strip(self) -> Type:
        """Through typedefs and qualifiers."""
    def members(self) -> list[Member]:
        """Of a struct or union, in order; anonymous ones have name None."""
    def member(self, path: str) -> Member | None:
        """By name or dotted path through embedded structs, arrays (``a[2].b``) and anonymous members; None if there is none."""
    def offset_of(self, path: str) -> int:
        """``offsetof``: bytes from the start of the type to the member. :raises MemberError:"""
    def enumerators(self) -> list[tuple[str, int]]:
        """(name, value) of an enum in order. :raises CTypeError: of another type, or one only declared."""
    def parameters(self) -> list[tuple[str | None, Type]]:
        """(name, type) of a function's parameters. :raises CTypeError:"""
    def variadic(self) -> bool:
        """Whether it is a function that takes ``…`` after its parameters."""
    def pointer(self) -> Type:
        """A pointer to this type."""
    def array(self, length: int) -> Type:
        """An array of *length* of this type."""

class Member:
    """A member of a struct or union."""

    name: str | None
    """None: anonymous."""
    type: Type
    """Of a bit field the type it is declared with."""
    offset: int
    """Bytes from the start of the type it was looked up in."""
    bit_offset: int
    """Bits from the start, of a bit field its lowest one."""
    bit_size: int | None
    """None: not a bit field"""

class StructType(type):
    """Class of the classes of typed objects: one class for each C type of a dump.

    Setting an attribute of such a class is allowed and shadows a member of that name.
    """

    PYT_dump: Dump
    """The dump that the type is of."""
    PYT_type: Type
    """The type itself."""
    PYT_symbol: str
    """``struct task_struct``"""
    PYT_size: int
    """sizeof in bytes."""
    PYT_sinfo: Any
    """What :data:`struct_info` made of the class; objects have it too."""
    def __call__(cls, address: int) -> Struct:
        """The object at *address*; nothing is read."""
    def add_member(cls, name: str, path: str) -> bool:
        """Make *name* read the dotted *path*, through struct pointers too; False if the path does not resolve. ``""``: the object itself."""
    def has_member(cls, name: str) -> bool:
        """Whether objects have that member: the compiler's, an added one, or a property set on the class."""
    def member_offset(cls, name: str) -> int | None:
        """Byte offset of a member, an added one included if it passes no pointer; None otherwise."""

class Struct(int, metaclass=StructType):
    """A struct or union at an address: an ``int`` (the address) whose attributes are its members.

    What a member reads as: integers ``int``, bit fields too; ``_Bool`` ``bool``; floats ``float``; enums :class:`Enum`; ``char[n]``
    :class:`CString`; ``char *`` CString or None if NULL; structs, and pointers to struct, Struct (false when NULL); pointers to
    functions ``int``; other pointers :class:`Pointer`; arrays of n > 1 lists (nested for more dimensions); ``T x[0]`` and ``x[]`` of integers
    :class:`FlexArray`; struct arrays of 0 or 1 elements one Struct (index it). A text that cannot be read is a Pointer where it is one of
    an array, and a FaultError by itself. Arrays of more than 64 MB or 4 million elements are a LimitError: no kernel has them.

    :raises MemberError, FaultError: on access.
    """

    def __getattr__(self, name: str) -> Any:
        """The member's value, read now. Attributes of ``int`` (``real``, ``imag`` …) hide members of those names. :raises MemberError, FaultError:"""
    def __getitem__(self, index: int | str) -> Any:
        """``s[i]``: the i-th element of an array of such structs; ``s["name"]``: ``PYT_sinfo["name"]`` of the class.

        ``for element in s`` takes ``s[0]``, ``s[1]`` and so on: nothing says where the array ends, so the loop has to."""
    def __add__(self, index: int) -> Struct:
        """C's pointer arithmetic: the *index*-th element of an array of such structs. Other operators give plain integers."""
    def __len__(self) -> int:
        """sizeof"""
    Deref: Struct
    """The object itself: programs may not know whether they have a pointer."""
    def getDeref(self) -> Struct:
        """As :attr:`Deref`."""
    def hasField(self, name: str) -> bool:
        """Whether there is a member of that name, an added one too."""
    def isNamed(self, name: str) -> bool:
        """Whether it is a ``struct task_struct``, spelled like that."""
    def fieldOffset(self, name: str) -> int:
        """Bytes from the start to a member. :raises MemberError:"""
    def castTo(self, name: str) -> Struct:
        """The struct of another type at this address. :raises CTypeError: ``no type NAME``"""
    def Eval(self, path: str) -> Any:
        """``s.Eval("a.b.c")`` is ``s.a.b.c``. :raises CTypeError: of a path that does not resolve. :raises FaultError:"""
    def shortStr(self) -> str:
        """``<task_struct 0xffff…>``"""

class Pointer(int, metaclass=StructType):
    """A pointer to something else than struct, char or function: an ``int`` that knows its type. ``p[i]`` and ``p.Deref`` read."""

    Deref: Any
    """What it points to, by the rules of :class:`Struct`. :raises IndexError: of NULL. :raises CTypeError: of ``void *``."""
    ptrlev: int
    """Number of ``*`` in the type."""
    text: CString | None
    """The NUL-terminated text that it points to; None if NULL."""
    ti: Any
    """What :data:`type_info` made of the class; ``ptype`` is the same."""
    ptype: Any
    """As :attr:`ti`."""
    def getDeref(self) -> Any:
        """As :attr:`Deref`."""
    def __getitem__(self, index: int) -> Any:
        """Element *index* of the array that it points to. :raises IndexError: of NULL. :raises CTypeError, FaultError:"""

class FlexArray(int, metaclass=StructType):
    """An array of unknown length: its address; ``a[i]`` reads an element, ``for`` one after the other until the loop ends."""

    def __getitem__(self, index: int) -> Any:
        """Element *index*; nothing says how many there are. :raises FaultError:"""

class FunctionPointer(int, metaclass=StructType):
    """A pointer to a function: an ``int`` that knows its type; ``print()`` shows the function's name."""

class Enum(int, metaclass=StructType):
    """A value of an enum: ``str`` is the enumerator's name, ``%d`` the number."""

    einfo: Any
    """What :data:`type_info` made of the class."""

class CString(str):
    """Text of a char array or char pointer up to the first NUL; bytes that are not ASCII as ``\\xNN``. Indexes and slices reach past the NUL.

    Values of members are of a subclass with the name of the C type: ``char *`` or ``char []``.
    """

    ByteArray: bytes
    """All that was read, past the first NUL too."""
    addr: int | None
    """Address of the text."""
    ptr: int | None
    """Address of the pointer variable; None for arrays."""
    def __new__(cls, text: bytes | str | Pointer, addr: int | None = None, ptr: int | None = None) -> CString:
        """Of bytes, or of what a ``char *`` points to. :raises TypeError: of anything else, a ``char **`` too. :raises IndexError: of NULL."""
    def __int__(self) -> int:
        """:attr:`ptr`. :raises TypeError: if that is None."""

def decompress(codec: Literal["zlib", "lzo", "snappy", "zstd"], data: bytes, size: int, /) -> bytes:
    """One page (or any block) as the decoders of dumps decompress it; *size* in bytes is known beforehand.

    :raises ValueError: *data* is not that, or longer or shorter than *size*.
    """

def debug_info(path: str, /) -> dict[str, Any]:
    """What a profile of a kernel has of its vmlinux, all at once: a dict with ``build_id`` ("" if it has none), ``machine`` (None if it is not known), ``big``
    (whether it is big-endian), ``symbols`` (a list of (address as linked, type as nm prints it, name)), and as bytes, where the file has them: its sections
    ``.BTF``, ``.orc_unwind_ip``, ``.orc_unwind`` and ``.orc_header``; of its DWARF ``types`` (as BTF), ``line_strings``, ``line_index`` and ``line_rows``.

    :raises FileError, FormatError: the file cannot be read, or is damaged.
    """

def is_plain(row: object, /) -> bool:
    """Whether every text in a row, in its dicts, lists and tuples too, is printable, and no dict in it has the key ``reason``, as one has
    that says what could not be read: most rows are, and who prints them need look no further."""

def current() -> Dump:
    """The dump that is meant where none is named, as by ``Struct("struct foo", address)``. :raises Error: if there is none."""

def set_current(dump: Dump, /) -> None:
    """From now on *dump* is the current one; :func:`pykd.open` calls this."""

def is_dump(fd: int, /) -> bool:
    """Whether the open file *fd* is one of a dump that is open, whatever its name: nobody means to write there. :raises OSError:"""

struct_info: Callable[[StructType], Any] | None
"""Makes ``PYT_sinfo`` of a class when it is first asked for."""
describe: Callable[[Struct | Pointer | FlexArray | FunctionPointer], str] | None
"""Makes the text of ``str()`` and ``print()``. None while a program of PyKdump's runs, which knows these objects as ``<struct foo 0x…>``."""
type_info: Callable[[StructType], Any] | None
"""Makes ``ti`` (``ptype``) of a Pointer class when it is first asked for."""
