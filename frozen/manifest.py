# SPDX-License-Identifier: GPL-2.0-or-later
"""What is in the executable, and what is not and why. The verbs are described in tools/manifest.py.

Every module of the standard library is named here, one way or the other; a test holds the list against sys.stdlib_module_names.
"""
# ruff: noqa: F821 (the verbs are given to this file when it is run)
# fmt: off (lists of names, as many to a line as fit)

# -- Parts of packages that are otherwise in; they come first.

without(
    "encodings.mbcs", "encodings.oem", "asyncio.windows_events", "asyncio.windows_utils", "asyncio.proactor_events",
    "multiprocessing.popen_spawn_win32",
    why="Windows only",
)
without(
    "encodings.big5", "encodings.big5hkscs", "encodings.cp932", "encodings.cp949", "encodings.cp950",
    "encodings.euc_jis_2004", "encodings.euc_jisx0213", "encodings.euc_jp", "encodings.euc_kr", "encodings.gb18030",
    "encodings.gb2312", "encodings.gbk", "encodings.hz", "encodings.iso2022_jp", "encodings.iso2022_jp_1",
    "encodings.iso2022_jp_2", "encodings.iso2022_jp_2004", "encodings.iso2022_jp_3", "encodings.iso2022_jp_ext",
    "encodings.iso2022_kr", "encodings.johab", "encodings.shift_jis", "encodings.shift_jis_2004",
    "encodings.shift_jisx0213",
    why="their C tables take a megabyte; kernels and terminals speak UTF-8",
)
without(
    "_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr", "_codecs_tw", "_multibytecodec",
    why="as above",
)
without(
    "encodings.cp1006", "encodings.cp1026", "encodings.cp1125", "encodings.cp273", "encodings.cp424", "encodings.cp720",
    "encodings.cp737", "encodings.cp775", "encodings.cp852", "encodings.cp855", "encodings.cp856", "encodings.cp857",
    "encodings.cp858", "encodings.cp860", "encodings.cp861", "encodings.cp862", "encodings.cp863", "encodings.cp864",
    "encodings.cp865", "encodings.cp866", "encodings.cp869", "encodings.cp874", "encodings.cp875", "encodings.hp_roman8",
    "encodings.koi8_t", "encodings.kz1048", "encodings.mac_arabic", "encodings.mac_croatian", "encodings.mac_cyrillic",
    "encodings.mac_farsi", "encodings.mac_greek", "encodings.mac_iceland", "encodings.mac_latin2", "encodings.mac_roman",
    "encodings.mac_romanian", "encodings.mac_turkish", "encodings.palmos", "encodings.ptcp154", "encodings.tis_620",
    why="tables of DOS, of old Macintoshes and of EBCDIC beside the two usual ones: no kernel writes them",
)
without("encodings.bz2_codec", why="no bz2")
without("pydoc_data.topics", "pydoc_data._pydoc", why="half a megabyte of help on the language itself")

# -- The language.

stdlib(
    "__future__", "_collections_abc", "_compat_pickle", "_opcode_metadata", "_sitebuiltins",
    "_weakrefset", "abc", "ast", "code", "codecs", "codeop", "collections", "contextlib", "contextvars", "copy",
    "copyreg", "dataclasses", "dis", "encodings", "enum", "functools", "gettext", "graphlib", "importlib", "inspect",
    "io", "keyword", "linecache", "locale", "opcode", "operator", "pickle", "pickletools", "pkgutil", "platform", "re",
    "reprlib", "runpy", "symtable", "sysconfig", "token", "tokenize", "traceback", "types", "typing", "warnings",
    "weakref", "zipimport",
)
stdlib("site")  # never run at start; programs ask it for paths

# -- Text, numbers, dates, data.

stdlib(
    "_pylong", "_strptime", "argparse", "base64", "bisect", "calendar", "cmd", "colorsys",
    "configparser", "csv", "datetime", "decimal", "difflib", "fnmatch", "fractions", "genericpath", "getopt", "glob",
    "hashlib", "heapq", "hmac", "ipaddress", "json", "ntpath", "nturl2path", "numbers", "optparse", "pathlib",
    "plistlib", "posixpath", "pprint", "queue", "quopri", "random", "sched", "secrets", "shelve", "shlex",
    "sre_compile", "sre_constants", "sre_parse", "stat", "statistics", "string", "stringprep", "struct", "textwrap",
    "tomllib", "uuid", "zoneinfo",
)

# -- The machine that pykd runs on.

stdlib(
    "_colorize", "_compression", "_threading_local", "asyncio", "concurrent", "filecmp", "fileinput", "getpass", "gzip", "logging",
    "mimetypes", "multiprocessing", "netrc", "os", "pty", "selectors", "shutil", "signal", "socket", "socketserver",
    "subprocess", "tarfile", "tempfile", "threading", "tty", "zipfile",
)

# -- Reports and protocols.

stdlib("_markupbase", "email", "html", "http", "urllib", "xml")

# -- For those who write programs.

stdlib(
    "_pyrepl", "bdb", "cProfile", "compileall", "doctest", "modulefinder", "pdb", "profile", "pstats", "py_compile", "pyclbr",
    "pydoc", "pydoc_data", "rlcompleter", "tabnanny", "timeit", "trace", "tracemalloc", "unittest",
)

# -- What stays outside.

without(
    "_aix_support", "_android_support", "_apple_support", "_ios_support", "_osx_support", "_overlapped", "_scproxy",
    "_winapi", "_wmi", "msvcrt", "nt", "winreg", "winsound",
    why="another system's",
)
without("_ctypes", "ctypes", why="loads and calls shared libraries, which a static binary cannot")
without("_ssl", "ssl", "_hashlib", why="OpenSSL; hashlib has its own hashes")
without("_sqlite3", "sqlite3", "_dbm", "_gdbm", "dbm", why="database libraries")
without("_tkinter", "tkinter", "idlelib", "turtle", "turtledemo", why="no windows")
without("_curses", "_curses_panel", "curses", "readline", why="terminfo; line editing is pure Python")
without("_bz2", "bz2", "_lzma", "lzma", why="compressors that no dump format uses")
without("_interpreters", "_interpchannels", "_interpqueues", why="there is one interpreter")
without("_uuid", "syslog", why="of no use to a reader of dumps")
without("ensurepip", "venv", "zipapp", why="installing packages: there is nowhere to install them")
without(
    "ftplib", "imaplib", "mailbox", "poplib", "smtplib", "webbrowser", "antigravity", "wsgiref", "xmlrpc",
    why="mail and web services",
)
without("_py_abc", "_pydatetime", "_pydecimal", "_pyio", why="stand-ins in Python for what is built in in C")
without("wave", "this", why="of no use to a reader of dumps")
without("_frozen_importlib", "_frozen_importlib_external", why="the import system's core; frozen into CPython itself")

# -- Ours. Type declarations (.pyi) are for tools and stay outside.

tree("frozen")
tree("progs/LinuxDump", to="LinuxDump")
programs("progs")
copy("tools/sysconfigdata.py", to="pylib/_sysconfigdata__linux_x86_64-linux-musl.py")
copy("tools/VERSION", to="pykd/VERSION")
copy("tools/deps/pins.conf", to="pykd/components.conf")  # for --version and --licenses
copy("tools/deps/vendored.conf", to="pykd/vendored.conf")
licences(to="pykd/licences")
tree("docs/examples", to="pykd/examples")  # what `help COMMAND` shows of its answers
for topic, page in {
    "tour": "tour", "python": "programs", "recipes": "recipes", "crash": "from-crash", "drgn": "from-drgn", "pykdump": "pykdump", "dumps": "dumps", "limits": "limits",
    "how": "how-it-works", "faq": "faq", "shell": "shell", "modules": "modules",
}.items():
    copy(f"docs/{page}.md", to=f"pykd/help/{topic}.md")

# -- What every start and the main job (taskinfo --summ) import. It costs its full size in the executable, and saves unpacking.

at_start(
    *(f"pylib/{name}.py" for name in (
        "__future__", "_collections_abc", "abc", "codecs", "collections/__init__", "contextlib", "copyreg",
        "encodings/__init__", "encodings/aliases", "encodings/utf_8", "enum", "functools", "genericpath", "gettext",
        "importlib/__init__", "io", "keyword", "locale", "operator", "optparse", "os", "posixpath", "re/*", "reprlib",
        "stat", "textwrap", "types", "typing", "zipimport",
    )),
    *(f"pykd/{name}.py" for name in (
        "__init__", "app/__init__", "app/cli", "boot/__init__", "boot/importer", "boot/lazy", "commands/__init__", "commands/tasks/__init__",
        "compat/__init__", "compat/lookup", "compat/moved", "compat/names", "compat/parts", "compat/readers", "compat/standins", "compat/typedict", "compat/values", "core/*",
        "kernel/__init__", "kernel/cpus", "kernel/lists/__init__", "kernel/lists/xarray", "kernel/task/*", "kernel/timekeeping",
        "session/__init__", "session/aftermath", "session/command", "session/line", "session/runtime", "session/session", "session/startup",
        "values/__init__", "values/clones",
    )),
    "pykdump/*.py", "crash.py", "LinuxDump/Tasks.py", "LinuxDump/__init__.py",
    "LinuxDump/percpu.py", "progs/taskinfo.py", "progs/PyKdumpInit.py",
)

# -- What nothing of ours imports in its work: programs may, and wait for the compiler then. Code takes more room than its source.

as_source(
    *(f"pylib/{name}/**" for name in (
        "asyncio", "concurrent", "email", "http", "importlib/metadata", "multiprocessing", "unittest", "xml", "zoneinfo",
    )),
    "pylib/encodings/cp*.py", "pylib/encodings/iso8859_*.py", "pylib/encodings/koi8_*.py",
    *(f"pylib/{name}.py" for name in (
        "_markupbase", "_pyrepl/__main__", "_pyrepl/readline", "_pyrepl/windows_console", "cProfile", "calendar", "compileall", "configparser", "csv",
        "difflib", "doctest", "fileinput", "fractions", "html/parser", "importlib/_bootstrap", "importlib/_bootstrap_external", "logging/config",
        "logging/handlers", "mimetypes", "modulefinder", "netrc", "nturl2path", "pickletools", "plistlib", "profile", "pstats", "py_compile", "pyclbr",
        "sched", "shelve", "site", "socketserver", "statistics", "stringprep", "symtable", "tabnanny", "tarfile", "timeit", "tomllib/_parser", "trace",
        "tracemalloc", "urllib/request", "urllib/robotparser", "uuid",
    )),
)
