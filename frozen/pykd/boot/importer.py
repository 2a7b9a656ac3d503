# SPDX-License-Identifier: GPL-2.0-or-later
"""Where modules come from: one walk along ``sys.path``, over real folders and over the tree inside the executable.

The executable (``EXE``, its real path) is a folder as far as Python is concerned. ``EXE/pylib`` is the standard library, ``EXE`` holds
the framework and LinuxDump, ``EXE/dist-packages`` other people's packages. The list in use is

    ['.', EXE/pylib, *PYKDUMPPATH, EXE, EXE/dist-packages]

and programs may edit it. Three rules go beyond the list:

- What is found by way of ``.`` must be the user's own, see :mod:`pykd.boot.trust`.
- The package ``pykd`` and the standard library are never taken from ``.``, since pykd itself imports from them while it works.
- What a LinuxDump in a user's folder lacks comes from the executable.

main.c imports this module before Python has codecs, ``os`` or any other module written in Python; it must do with what is built in
(and with quoted annotations, since ``__future__`` is such a module).
"""

import _imp
import _warnings
import posix
import sys

# The class that every module's __spec__ has; importlib is a package that has yet to be imported.
from _frozen_importlib import ModuleSpec

import _pykd_files as files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from importlib.resources.abc import TraversableResources
    from types import CodeType, ModuleType
    from typing import Any, Protocol

    class EntryFinder(Protocol):
        """What ``sys.path_hooks`` make of one entry of ``sys.path``."""

        def find_spec(self, fullname: str, target: "ModuleType | None" = None) -> ModuleSpec | None: ...


EXE: str = __file__.removesuffix("/pykd/boot/importer.py")
"""The real path of the executable."""

CURRENT_FOLDER = "."

FRAMEWORK = ("pykdump", "LinuxDump")
"""What programs are written for, and people bring their own of."""


def virtual(path: str) -> str | None:
    """The path within the executable, or None for a path outside of it."""
    if path == EXE:
        return ""
    return path[len(EXE) + 1 :] if path.startswith(EXE + "/") else None


def code_of(path: str) -> "CodeType":
    """The code of a module in the executable; *path* as in ``pylib/json/decoder.py``."""
    code = files.code(path)
    if code is None:  # nothing of ours imports it, see frozen/manifest.py
        return compile(files.read(path), f"{EXE}/{path}", "exec", dont_inherit=True)
    _imp._fix_co_filename(code, f"{EXE}/{path}")  # type: ignore[attr-defined]
    return code


def source_of(path: str) -> str:
    """The source of a module in the executable, with newlines as Python reads them."""
    return files.read(path).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


class FrozenLoader:
    """Loads one module from the executable."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = f"{EXE}/{path}"
        self._path = path

    def __repr__(self) -> str:
        return f"FrozenLoader({self.name!r}, {self.path!r})"

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: "ModuleType") -> None:
        exec(self.get_code(self.name), module.__dict__)

    def get_code(self, fullname: str | None = None) -> "CodeType":
        return code_of(self._path)

    def get_source(self, fullname: str | None = None) -> str:
        return source_of(self._path)

    def get_filename(self, fullname: str | None = None) -> str:
        return self.path

    def is_package(self, fullname: str | None = None) -> bool:
        return self._path.endswith("/__init__.py")

    def get_data(self, path: str) -> bytes:
        """The contents of a file in the executable, by the path that it seems to have."""
        inside = virtual(path)
        if inside is None or not files.is_file(inside):
            raise FileNotFoundError(2, "No such file in the executable", path)
        return files.read(inside)

    def get_resource_reader(self, fullname: str) -> "TraversableResources":
        from pykd.boot.resources import Reader

        return Reader(self._path.rpartition("/")[0], EXE)


class FrozenFolder:
    """The finder for one folder of the executable, as ``sys.path_hooks`` make it."""

    def __init__(self, path: str) -> None:
        inside = virtual(path)
        if inside is None:
            raise ImportError("not in the executable", path=path)
        self.path = path
        self._prefix = inside + "/" if inside else ""

    def __repr__(self) -> str:
        return f"FrozenFolder({self.path!r})"

    def find_spec(self, fullname: str, target: "ModuleType | None" = None) -> ModuleSpec | None:
        stem = self._prefix + fullname.rpartition(".")[2]
        path = stem + "/__init__.py"
        if files.is_file(path):
            spec = self._spec(fullname, path)
            spec.submodule_search_locations = [*_overlays(fullname), f"{EXE}/{stem}"]
            return spec
        path = stem + ".py"
        return self._spec(fullname, path) if files.is_file(path) else None

    def _spec(self, fullname: str, path: str) -> ModuleSpec:
        loader = FrozenLoader(fullname, path)
        spec = ModuleSpec(fullname, loader, origin=loader.path)  # type: ignore[arg-type]
        spec.has_location = True
        return spec

    def find_deep(self, fullname: str) -> str | None:
        """The path in the executable, from here on, of a module that is in a package perhaps."""
        stem = self._prefix + fullname.replace(".", "/")
        return next((path for path in (f"{stem}/__init__.py", f"{stem}.py") if files.is_file(path)), None)

    def iter_modules(self, prefix: str = "") -> "Iterator[tuple[str, bool]]":
        """For pkgutil: the names of the modules in this folder, and whether they are packages."""
        for name in files.listdir(self._prefix.rstrip("/")):
            if name.endswith(".py"):
                if name != "__init__.py":
                    yield prefix + name[:-3], False
            elif files.is_file(f"{self._prefix}{name}/__init__.py"):
                yield prefix + name, True

    def invalidate_caches(self) -> None:
        """For importlib: what is in the executable does not change."""


_user_folders: list[str] = []
"""PYKDUMPPATH"""


def _overlays(package: str) -> list[str]:
    """Where modules of a package of pykd's own may lie before those in the executable: a user's folder may have some and not all."""
    if package.partition(".")[0] not in ("pykd", "LinuxDump") or finder.only_own:
        return []
    return [f"{folder}/{package.replace('.', '/')}" for folder in _user_folders]


def _continued(spec: ModuleSpec) -> ModuleSpec:
    """A user's LinuxDump, which may have some modules and not all: what it lacks is looked for in the executable."""
    name = spec.name
    inside = name.replace(".", "/")
    locations = spec.submodule_search_locations
    if locations is not None and name.partition(".")[0] == "LinuxDump" and files.is_file(f"{inside}/__init__.py"):
        own = f"{EXE}/{inside}"
        if own not in locations:
            spec.submodule_search_locations = [*locations, own]
    return spec


_ASKED_FOR = frozenset(("java", "sitecustomize", "test", "typing_extensions", "usercustomize", "vms_lib", "win32evtlog", "win32evtlogutil"))
"""What the library and packages of others import where it is there, beside modules of the library on other machines"""


def _in_library(name: str) -> bool:
    """Whether it is a name of the standard library's, those among them that are not in the executable, which it does without."""
    return name in sys.stdlib_module_names or name in _ASKED_FOR


class Finder:
    """The one meta-path finder for everything that is not built in."""

    def __init__(self) -> None:
        self._warned = False
        self._below_cwd: set[str] = set()
        """Folders of packages that were found by way of ``.``."""
        self.only_own = False
        """Whether the framework and LinuxDump come from the executable whatever the path holds."""

    def find_spec(
        self, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> ModuleSpec | None:
        portions: list[str] = []
        for entry in sys.path if path is None else path:
            if not isinstance(entry, str):
                continue
            if self.only_own and virtual(entry) is None and fullname.partition(".")[0] in FRAMEWORK:
                continue
            spec = self._find_in(entry, fullname, target)
            if spec is None:
                continue
            if spec.loader is not None:
                return _continued(spec)
            portions += spec.submodule_search_locations or ()
        if not portions:
            return None
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = _namespace_path(fullname, portions, self.find_spec)
        return spec

    def _find_in(self, entry: str, fullname: str, target: "ModuleType | None") -> ModuleSpec | None:
        by_cwd = entry in (CURRENT_FOLDER, "")
        if by_cwd:
            if fullname == "pykd" or _in_library(fullname):
                return None
            try:
                entry = posix.getcwd()
            except OSError:
                return None
        finder = entry_finder(entry)
        spec = finder.find_spec(fullname, target) if finder else None
        if spec is None or not (by_cwd or entry in self._below_cwd):
            return spec
        locations = list(spec.submodule_search_locations or ())
        if not self._trusted(fullname, [entry, *locations, *([spec.origin] if spec.has_location else [])]):
            return None
        self._below_cwd.update(locations)
        if spec.loader is not None and spec.origin and (found := FrozenFolder(EXE).find_deep(fullname)):
            from pykd.boot import trust

            trust.replaces(spec.origin, found)
        return spec

    def _trusted(self, what: str, paths: "Iterable[str | None]") -> bool:
        from pykd.boot import trust

        folder = posix.getcwd()
        if trust.is_trusted(folder):
            return True
        for path in paths:
            try:
                reason = trust.why_not_own(path if path.startswith("/") else f"{folder}/{path.removeprefix('./')}") if path else None
            except OSError as error:
                reason = f"{path}: {error.strerror}"
            if reason:
                self.warn(what, reason)
                return False
        return True

    def warn(self, what: str, reason: str) -> None:
        """Say, once in a session, that something in ``.`` was passed over."""
        if not self._warned:
            self._warned = True
            print(
                f"pykd: '.' is left out of the search for modules and programs ({what}): {reason}; "
                f"`set trust {posix.getcwd()}` in ~/.pykdrc, or --trust-cwd, allows it",
                file=sys.stderr,
            )

    def trusted_program(self, path: str) -> bool:
        """Whether the program file *path*, found by its name in ``.``, may run; warns if not."""
        return self._trusted(path, [path])

    def invalidate_caches(self) -> None:
        """For importlib: new files in real folders are to be seen."""
        for finder in sys.path_importer_cache.values():
            if finder is not None and hasattr(finder, "invalidate_caches"):
                finder.invalidate_caches()


def entry_finder(entry: str) -> "EntryFinder | None":
    """The finder that ``sys.path_hooks`` make for an entry of a path, kept in ``sys.path_importer_cache``."""
    try:
        return sys.path_importer_cache[entry]
    except KeyError:
        pass
    # The tree in the executable is no business of the hooks: zipimport's would look for an archive at its end.
    hooks = sys.path_hooks if virtual(entry) is None else [FrozenFolder]
    finder = None
    for hook in hooks:
        try:
            finder = hook(entry)
            break
        except ImportError:
            continue
    if finder is not None:  # an entry that is not there may be made later
        sys.path_importer_cache[entry] = finder
    return finder


def _namespace_path(name: str, portions: list[str], find_spec: "Any") -> "Any":
    """The ``__path__`` of a package without ``__init__.py``: follows later changes of the path it was found on."""
    from _frozen_importlib_external import _NamespacePath  # type: ignore[attr-defined]

    return _NamespacePath(name, portions, find_spec)


finder = Finder()


def virtual_entries() -> tuple[str, str, str]:
    """The entries of ``sys.path`` that lie in the executable: library, framework, other packages."""
    return f"{EXE}/pylib", EXE, f"{EXE}/dist-packages"


def search_path(environment: str | None, *, isolated: bool = False) -> list[str]:
    """The list that ``sys.path`` starts from; *environment* is the value of PYKDUMPPATH."""
    library, framework, packages = virtual_entries()
    if isolated:
        return [library, framework, packages]
    return [CURRENT_FOLDER, library, *user_folders(environment), framework, packages]


def user_folders(environment: str | None) -> list[str]:
    """The entries of PYKDUMPPATH, without ``.`` by any spelling: that is searched first, by its own rule."""
    return [_home(folder) for folder in (environment or "").split(":") if folder[:1] == "/" or set(folder.split("/")) - {"", "."}]


def _home(folder: str) -> str:
    """A shell leaves ``~`` as it is behind a colon within quotes, and in files that set variables."""
    if not folder.startswith("~"):
        return folder
    from posixpath import expanduser

    return expanduser(folder)


def missing_folders() -> list[str]:
    """Entries of PYKDUMPPATH that are not there."""
    missing = []
    for folder in _user_folders:
        try:
            posix.stat(folder)
        except OSError:
            missing.append(folder)
    return missing


def brings_framework() -> bool:
    """Whether the path holds a framework or a LinuxDump that is not pykd's, whole: its package says nothing of ``__pykd__``."""
    for name in FRAMEWORK:
        for entry in sys.path:
            if virtual(entry) is not None:
                continue
            spec = finder._find_in(entry, name, None)
            if spec is None or spec.loader is None:
                continue
            source = spec.loader.get_source(name) or ""  # type: ignore[attr-defined]
            if source.strip() and "__pykd__" not in source:
                return True
            break
    return False


def install() -> None:
    """First step, before codecs are there: modules come from the executable."""
    from _frozen_importlib import FrozenImporter

    sys.meta_path.insert(sys.meta_path.index(FrozenImporter), finder)


class _Escapes:
    """Says which messages of the compiler are about unknown escapes, as a pattern for a filter of warnings would."""

    @staticmethod
    def match(text: str) -> bool:
        return "invalid escape sequence" in text


def _allow_unknown_escapes() -> None:
    """Let programs write ``'\\d'`` for ``r'\\d'``. Python 3.12 made it a warning that is shown; many programs are older than that."""
    _warnings.filters.insert(0, ("ignore", _Escapes, SyntaxWarning, None, 0))  # type: ignore[arg-type]
    _warnings._filters_mutated()  # type: ignore[attr-defined]


_compiled: dict[str, "tuple[bytes, CodeType]"] = {}
"""By path: a module's source, and its code. No file is written for that, and most modules are the same when they are reloaded."""


def _source_to_code(self: "Any", data: bytes, path: str, *, _optimize: int = -1) -> "CodeType":
    """``SourceFileLoader.source_to_code``, which compiles anew only what has changed."""
    known = _compiled.get(path)
    if known is None or known[0] != data:
        known = _compiled[path] = data, compile(data, path, "exec", dont_inherit=True, optimize=_optimize)
    return known[1]


def complete() -> None:
    """Second step, when Python is up: undo what its start added beside us."""
    from _frozen_importlib import FrozenImporter
    from _frozen_importlib_external import PathFinder, SourceFileLoader

    # Bytecode beside a module is somebody's word for what is in it.
    sys.implementation.cache_tag = None  # type: ignore[assignment]
    SourceFileLoader.source_to_code = _source_to_code  # type: ignore[method-assign, assignment]
    sys.meta_path.remove(FrozenImporter)  # it has brought _frozen_importlib_external, and has no more to give
    sys.meta_path.remove(PathFinder)
    sys.path_hooks.insert(0, FrozenFolder)  # for pkgutil
    sys.path[:] = virtual_entries()
    _time_zone_when_asked()
    _allow_unknown_escapes()
    from pykd import boot

    # main.c ran this module without a spec, and before its package.
    module = sys.modules[__name__]
    module.__spec__ = FrozenFolder(f"{EXE}/pykd/boot").find_spec(__name__)
    module.__loader__ = module.__spec__.loader if module.__spec__ else None
    module.__package__ = "pykd.boot"
    boot.importer = module


def _time_zone_when_asked() -> None:
    """Let the module ``time`` find out the time zone when somebody asks for it, not at every start.

    It is imported by Python's start, while main.c pretends that the zone is UTC, so that no file is read.
    """
    import time

    names = "timezone", "altzone", "daylight", "tzname"
    for name in names:
        delattr(time, name)

    def find_out(name: str) -> "Any":
        if name not in names:
            raise AttributeError(f"module 'time' has no attribute {name!r}", name=name, obj=time)
        time.tzset()  # sets all four
        return getattr(time, name)

    time.__getattr__ = find_out  # type: ignore[method-assign]


def configure(*, isolated: bool = False, trust_cwd: bool = False) -> None:
    """Third step, when the command line is known: the user's folders come in."""
    environment = None if isolated else posix.environ.get(b"PYKDUMPPATH", b"").decode("utf-8", "surrogateescape")
    if trust_cwd:
        from pykd.boot import trust

        trust.everything = True
    sys.path[:] = search_path(environment, isolated=isolated)
    _user_folders[:] = user_folders(environment)
    # Some of pykd is loaded already. Its modules that are not can still come from a folder that precedes the executable.
    for name, module in list(sys.modules.items()):
        if hasattr(module, "__path__"):
            module.__path__[:0] = _overlays(name)
