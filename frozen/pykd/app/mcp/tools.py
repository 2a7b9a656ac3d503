# SPDX-License-Identifier: GPL-2.0-or-later
"""The tools that a client sees: their names, what they take and give, and what they do."""

from __future__ import annotations

from pykd.app import identify
from pykd.app.mcp import commands
from pykd.app.mcp.dumps import Dumps, RefusedError
from pykd.app.mcp.selection import PROPERTIES
from pykd.core.rows import Row
from pykd.session import command as declared
from pykd.session import contract, identity, manual, program
from pykd.session.command import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pykd.app.mcp.protocol import Call

    type Function = Callable[[Dumps, dict[str, Any], Call], dict[str, Any]]

_DUMP = {"dump": {"type": "string", "description": "name of an open dump, or path of one that may be opened; not needed if one is open"}}
MAX_MEMORY = 4096
"""Bytes that read_memory gives at once"""


class Tool:
    """One of them."""

    def __init__(
        self, name: str, summary: str, function: Function, properties: dict[str, Any], required: tuple[str, ...] = (), output: dict[str, Any] | None = None
    ) -> None:
        self.name = name
        self.function = function
        self._properties = properties
        self.declaration: dict[str, Any] = {
            "name": name,
            "description": summary,
            "inputSchema": {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False},
            "annotations": {"readOnlyHint": name != "python", "openWorldHint": False},
        }
        if output is not None:
            self.declaration["outputSchema"] = output

    def check(self, arguments: dict[str, Any]) -> None:
        """:raises RefusedError: they are not what it takes, and what it does."""
        for name in self.declaration["inputSchema"]["required"]:
            if name not in arguments:
                raise RefusedError(f"{self.name} needs {name}: {self._properties[name].get('description', '')}")
        for name, value in arguments.items():
            if name not in self._properties:
                raise RefusedError(f"{self.name} has no argument {name}; it takes {', '.join(self._properties) or 'none'}")
            _check(f"{self.name}: {name}", value, self._properties[name])


_TYPES: dict[str, Any] = {"string": str, "integer": int, "array": list, "boolean": bool}


def _check(what: str, value: Any, schema: dict[str, Any]) -> None:
    kind = _TYPES[schema["type"]]
    if not isinstance(value, kind) or (schema["type"] == "integer" and isinstance(value, bool)):
        raise RefusedError(f"{what} must be of type {schema['type']}, not {type(value).__name__}")
    if schema["type"] == "integer" and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        raise RefusedError(f"{what} must be from {schema.get('minimum', 'any')} to {schema.get('maximum', 'any')}, not {value}")
    for one in value if kind is list else ():
        _check(what, one, schema["items"])


def _paged(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a command's document as a tool has it: a page, with what else there is."""
    more = {
        "total": {"type": "integer", "description": "rows that match"},
        "next_offset": {"type": "integer", "description": "offset of the next page; missing if this is the last"},
        "counts": {"type": "array", "items": {"type": "object"}, "description": "value and count, the most frequent first"},
    }
    return {**schema, "properties": {**schema["properties"], **more}}


_DOCUMENT: dict[str, Any] = _paged(contract.schema(Command(name="command", summary="any", topic="", rows=lambda session, options: (), text=lambda rows, options, session: ())))


# -- dumps


def _list_dumps(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    opened = [{"name": name, **identity.of(session.dump)} for name, session in dumps.names().items()]
    return {"open": opened, "files": list(dumps.files())}


def _identify(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    known = list(dumps.files())
    wanted = arguments.get("paths") or known
    rows = []
    for path in wanted[:500]:
        if path not in known:
            rows.append({"path": path, "error": {"reason": "failed", "message": "none of the files that list_dumps names"}})
            continue
        rows.append(identify.written(identify.describe_apart(path)))
        call.at(len(rows), path)
    return {"dumps": rows, "total": len(wanted)}


def _open(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    name, _ = dumps.open(arguments["path"])
    return {"dump": name, "system": commands.answer(dumps.session(name), "sys", {"limit": 100}, call)["rows"]}


def _close(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    dumps.close(arguments["dump"])
    return {"closed": arguments["dump"]}


# -- answers


def _line(command: Command, arguments: dict[str, Any]) -> str:
    return f"{command.name} {arguments.get('arguments', '')}".strip()


def _run(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    return commands.answer(dumps.session(arguments.get("dump")), arguments["command"], arguments, call)


def _runs(command: Command) -> Function:
    return lambda dumps, arguments, call: commands.answer(dumps.session(arguments.get("dump")), _line(command, arguments), arguments, call)


def _report(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    from pykd.report import sections
    from pykd.report.build import document

    names = tuple(arguments.get("sections") or ())
    for name in names:
        if name not in sections.NAMES:
            raise RefusedError(f"there is no section {name}; there are {', '.join(sections.NAMES)}")
    report = document(dumps.session(arguments.get("dump")).dump, names=names, limit=float(arguments.get("time_limit", 60)))
    for finding in report["findings"]:
        if len(finding["evidence"]) > 5 and not arguments.get("full"):
            finding["evidence"] = [*finding["evidence"][:5], f"and {len(finding['evidence']) - 5} more: finding {finding['key']}"]
    return report


def _finding(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    from pykd.report.build import document

    found = document(dumps.session(arguments.get("dump")).dump, names=())["findings"]
    chosen = [one for one in found if one["key"] == arguments["key"]]
    if not chosen:
        raise RefusedError(f"no finding {arguments['key']}; there are {', '.join(dict.fromkeys(one['key'] for one in found)) or 'none'}")
    return {"findings": chosen}


def _evaluate(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    return commands.answer(dumps.session(arguments.get("dump")), f"p {_one_line(arguments['expression'])}", {}, call)


def _read_memory(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    length = arguments.get("length", 64)
    physical = "-p " if arguments.get("physical") else ""
    return commands.answer(dumps.session(arguments.get("dump")), f"rd -8 {physical}{_word(arguments['address'])} {length}", {}, call)


def _read_struct(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    name = " ".join(arguments["type"].split())
    members = ",".join(arguments.get("members") or ())
    line = f"struct {name.removeprefix('struct ').removeprefix('union ')}{'.' + members if members else ''} {_word(arguments.get('address', ''))}"
    return commands.answer(dumps.session(arguments.get("dump")), line, {"limit": arguments.get("count", 1)}, call)


def _search_log(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    where = [f"text ~ {arguments['text']}"] if arguments.get("text") else []
    where += [f"level <= {arguments['level']}"] if "level" in arguments else []
    return commands.answer(
        dumps.session(arguments.get("dump")), "log", {"where": where, "fields": ["time", "level", "caller", "text"], **_page(arguments)}, call
    )


def _page(arguments: dict[str, Any]) -> dict[str, Any]:
    return {key: arguments[key] for key in ("limit", "offset") if key in arguments}


def _word(text: str) -> str:
    """:raises RefusedError: it is more than an address or a name."""
    if any(sign.isspace() or sign in "|><;!\"'`" for sign in text):
        raise RefusedError(f"{text!r} is no address, symbol or expression without blanks")
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise RefusedError("an expression is one line")
    return text


def _help(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    topic = arguments.get("topic")
    if not topic:
        return {"commands": {name: found.summary for name in sorted({*declared.names(), *contract.shapes()}) if (found := program.declared(name)) is not None}}
    found = program.declared(topic)
    if found is None:
        raise RefusedError(f"there is no command {topic}; help without a topic lists them")
    return {"page": manual.page(found), "schema": contract.schema(found)["properties"]["rows"]["items"]}


def _python(dumps: Dumps, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    session = dumps.session(arguments.get("dump"))
    output, messages, worked = session.capture_apart(f"py {arguments['code']}")
    return {"output": output, "messages": messages, "worked": worked}


_PAGE = {key: PROPERTIES[key] for key in ("limit", "offset")}
_ALWAYS = (
    Tool("list_dumps", "The dumps that are open, and the files that may be opened.", _list_dumps, {}),
    Tool(
        "identify",
        "Which kernel crashed, when and why, of each file: quick, from its headers. Without paths of all that may be opened.",
        _identify,
        {"paths": {"type": "array", "items": {"type": "string"}, "description": "as list_dumps has them"}},
    ),
    Tool(
        "open_dump",
        "Open a dump. Its name is what other tools take as `dump`.",
        _open,
        {"path": {"type": "string", "description": "as list_dumps has it, or its end"}},
        ("path",),
    ),
    Tool("close_dump", "Close a dump.", _close, {"dump": {"type": "string", "description": "its name"}}, ("dump",)),
    Tool(
        "report",
        "Begin here: what stopped the system, the cause if it is proven, findings with evidence and the command that shows more. Sections are long: ask for those you need.",
        _report,
        {
            **_DUMP,
            "sections": {"type": "array", "items": {"type": "string"}, "description": "system, panic, log, cpus, blocked, memory, block, ...; default: none"},
            "full": {"type": "boolean", "description": "all the evidence of each finding"},
            "time_limit": {"type": "integer", "minimum": 1, "maximum": 600, "description": "seconds; default 60"},
        },
    ),
    Tool("finding", "One finding of the report with all its evidence.", _finding, {**_DUMP, "key": {"type": "string", "description": "of the finding"}}, ("key",)),
    Tool(
        "run_command",
        "Run a command of pykd as crash's users type it (`bt -a`, `foreach UN bt`, `kmem -s`): its rows. `help` lists the commands and explains one.",
        _run,
        {**_DUMP, "command": {"type": "string", "description": "the line; no pipes or files"}, **PROPERTIES},
        ("command",),
        _DOCUMENT,
    ),
    Tool(
        "evaluate",
        "The value of a C expression with the kernel's types and symbols: `init_task.comm`, `((struct file *)0xffff...)->f_path.dentry->d_iname`.",
        _evaluate,
        {**_DUMP, "expression": {"type": "string", "description": "in C"}},
        ("expression",),
        _DOCUMENT,
    ),
    Tool(
        "read_memory",
        "Bytes of memory, in hexadecimal.",
        _read_memory,
        {
            **_DUMP,
            "address": {"type": "string", "description": "0x and hexadecimal digits, or a symbol"},
            "length": {"type": "integer", "minimum": 1, "maximum": MAX_MEMORY, "description": "bytes; default 64"},
            "physical": {"type": "boolean", "description": "the address is physical"},
        },
        ("address",),
        _DOCUMENT,
    ),
    Tool(
        "read_struct",
        "A structure member by member; without an address its definition.",
        _read_struct,
        {
            **_DUMP,
            "type": {"type": "string", "description": "task_struct"},
            "address": {"type": "string", "description": "0x and hexadecimal digits, or a symbol"},
            "members": {"type": "array", "items": {"type": "string"}, "description": "only these: comm, se.vruntime"},
        },
        ("type",),
        _DOCUMENT,
    ),
    Tool(
        "search_log",
        "Messages of the kernel's log with a text, the oldest first.",
        _search_log,
        {
            **_DUMP,
            "text": {"type": "string", "description": "part of the message, in any case"},
            "level": {"type": "integer", "minimum": 0, "maximum": 7, "description": "at least as grave: 3 errors, 4 warnings"},
            **_PAGE,
        },
        (),
        _DOCUMENT,
    ),
    Tool("help", "The commands; of one its page and the schema of its rows.", _help, {"topic": {"type": "string", "description": "a command"}}),
)
_PYTHON = Tool(
    "python",
    "Run a line of Python in the session; `pykd`, `crash` and the kernel's objects are there as in `py`.",
    _python,
    {**_DUMP, "code": {"type": "string", "description": "an expression or statements"}},
    ("code",),
)


def _of_command(found: Command) -> Tool:
    properties = {
        **_DUMP,
        "arguments": {"type": "string", "description": f"as one line: {found.synopsis()}"[:800]},
        **PROPERTIES,
    }
    return Tool(found.name, f"{found.summary}. {' '.join(found.description.split())}"[:600], _runs(found), properties, (), _paged(contract.schema(found)))


def tools(*, python: bool = False, every: bool = False) -> dict[str, Tool]:
    """By name.

    :param python: code of the client's may be run.
    :param every: all commands and programs are tools, not only those that are wanted often.
    """
    names: Row = dict.fromkeys(sorted({*declared.names(), *contract.shapes()}) if every else commands.OFTEN)
    found = {tool.name: tool for tool in (*_ALWAYS, *((_PYTHON,) if python else ()))}
    for name in names:
        if name.isidentifier() and name not in found and name not in _NO_TOOLS and (command := program.declared(name)) is not None:
            found[name] = _of_command(command)
    return found


_NO_TOOLS = frozenset(("py", "extend", "alias", "repeat", "wr", "gdb", "set"))
"""Commands that change the session, or run what they are given"""
