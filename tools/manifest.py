# SPDX-License-Identifier: GPL-2.0-or-later
"""Read frozen/manifest.py: which file goes where in the virtual tree of the executable.

A manifest is Python with these verbs:

    stdlib(NAME, ...)           modules and whole packages of the standard library, to pylib/; PACKAGE.MODULE takes one module
    without(NAME, ..., why=)    modules of the standard library that stay outside, and the reason
    tree(FOLDER, to=)           every module and data file below a folder of the repository
    copy(FILE, to=)             one file of the repository
    licences(to=)               the licence texts that tools/deps/licences.sh has collected
    programs(FOLDER)            the modules directly in a folder, to progs/: run as __main__, not imported
    at_start(PATTERN, ...)      modules that the main job imports, by their path in the virtual tree: their code is not packed
    as_source(PATTERN, ...)     modules that nothing of ours imports: without their code, compiled when somebody imports them
"""

from pathlib import Path, PurePosixPath

IGNORED_SUFFIXES = (".pyi", ".pyc", ".orig", ".rej", "~")
IGNORED_NAMES = ("__pycache__", "manifest.py")


class ManifestError(Exception):
    """The manifest names something that is not there, or twice."""


class Contents:
    """What a manifest says."""

    def __init__(self, top: Path, library: Path, licences: Path | None) -> None:
        self.top = top
        self.library = library
        self.licences = licences
        self.files: dict[str, Path] = {}
        """By path in the virtual tree."""
        self.included: set[str] = set()
        """Top-level names of the standard library that are in, as a whole or in part."""
        self.at_start: set[str] = set()
        """Paths in the virtual tree of what is imported at every start."""
        self.as_source: set[str] = set()
        """Paths in the virtual tree of what has no code."""
        self.excluded: dict[str, str] = {}
        """Names (``tkinter``, ``encodings.cp037``) that stay outside, with the reason."""

    def stdlib(self, *names: str) -> None:
        for name in names:
            file = self.library / name.replace(".", "/")
            self.included.add(name.partition(".")[0])
            if file.is_dir():
                self._add_folder(file, f"pylib/{name.replace('.', '/')}", name)
            else:
                self._add(f"pylib/{name.replace('.', '/')}.py", file.with_name(file.name + ".py"))

    def without(self, *names: str, why: str) -> None:
        for name in names:
            self.excluded[name] = why

    def tree(self, folder: str, to: str = "") -> None:
        root = self.top / folder
        if root.is_dir():
            self._add_folder(root, to, "")

    def copy(self, file: str, to: str) -> None:
        self._add(to, self.top / file)

    def collected_licences(self, to: str) -> None:
        for file in sorted(self.licences.glob("*.txt")) if self.licences else ():
            self._add(f"{to}/{file.name}", file)

    def programs(self, folder: str) -> None:
        for file in sorted((self.top / folder).glob("*.py")):
            self._add(f"progs/{file.name}", file)

    def unpacked(self, *patterns: str) -> None:
        self.at_start |= self._named("at_start", patterns)

    def without_code(self, *patterns: str) -> None:
        self.as_source |= self._named("as_source", patterns)

    def _named(self, verb: str, patterns: tuple[str, ...]) -> set[str]:
        named: set[str] = set()
        for pattern in patterns:
            found = {path for path in self.files if PurePosixPath(path).full_match(pattern)}
            if not found:
                raise ManifestError(f"{verb}: nothing is named like {pattern}")
            named |= found
        return named

    def _add(self, path: str, file: Path) -> None:
        if path in self.files:
            raise ManifestError(f"{path} is listed twice: {self.files[path]}, {file}")
        if not file.is_file():
            raise ManifestError(f"{path}: no such file: {file}")
        self.files[path] = file

    def _add_folder(self, folder: Path, to: str, module: str) -> None:
        for file in sorted(folder.iterdir()):
            name = f"{module}.{file.stem}" if module else ""
            if file.name.endswith(IGNORED_SUFFIXES) or file.name in IGNORED_NAMES or name in self.excluded:
                continue
            path = f"{to}/{file.name}" if to else file.name
            if file.is_dir():
                self._add_folder(file, path, name)
            else:
                self._add(path, file)


def load(manifest: Path, top: Path, library: Path, licences: Path | None = None) -> Contents:
    """Run the manifest.

    ``without`` of a module inside a package comes before the ``stdlib`` of that package, ``at_start`` and ``as_source`` after everything.
    """
    contents = Contents(top, library, licences)
    verbs = {
        "stdlib": contents.stdlib,
        "without": contents.without,
        "tree": contents.tree,
        "copy": contents.copy,
        "licences": contents.collected_licences,
        "programs": contents.programs,
        "at_start": contents.unpacked,
        "as_source": contents.without_code,
    }
    exec(compile(manifest.read_bytes(), str(manifest), "exec"), verbs)
    return contents
