# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian packages without installing anything: a private apt, its downloads and unpacked trees.

The mirrors are those the machine's own apt is configured with; only the suites are ours.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from architectures import ARCHITECTURES

# Suites that have a matching "-security" suite; the rest are served from the main mirror alone.
SECURED = ("bullseye", "bookworm", "trixie")


class PackageError(Exception):
    """A package cannot be found, downloaded or unpacked."""


@dataclass(frozen=True)
class Mirrors:
    """Base addresses of the Debian archive and of its security archive."""

    main: str
    security: str | None


def machine_mirrors() -> Mirrors:
    """The mirrors of the machine's own apt configuration; PackageError when it has none."""
    env = {k: v for k, v in os.environ.items() if k != "APT_CONFIG"}
    out = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"],
        capture_output=True, text=True, env=env, check=False).stdout
    main = security = None
    for line in out.splitlines():
        uri, _, release = line.partition(" ")
        suite = release.split("/")[0]
        # Third-party repositories have no such suite names.
        base = suite.removesuffix("-security")
        if base not in (*SECURED, "forky", "sid", "stable", "testing", "unstable"):
            continue
        if suite.endswith("-security") or release.endswith("/updates"):
            security = security or uri
        else:
            main = main or uri
    if main is None:
        raise PackageError("apt on this machine is configured with no Debian mirror")
    return Mirrors(main, security)


class Apt:
    """One suite of one architecture seen through a private apt under ``root``; the host's apt and dpkg are untouched."""

    def __init__(self, root: Path, suite: str, architecture: str = "amd64") -> None:
        self.suite = suite
        self.architecture = architecture
        # Backports hold only what is newer than in the suite that they are for.
        self.base = suite.removesuffix("-backports")
        self.root = root / "apt" / (suite if architecture == "amd64" else f"{suite}-{architecture}")
        self.archives = root / "apt" / "archives"
        self._config = self.root / "apt.conf"

    def _prepare(self) -> None:
        # The cache may have been moved: the configuration names its own folder.
        if self._config.exists() and self._config.read_text() == self._text():
            return
        mirrors = machine_mirrors()
        for folder in (self.root / "lists/partial", self.archives / "partial", self.root / "state"):
            folder.mkdir(parents=True, exist_ok=True)
        (self.root / "state/status").touch()
        lines = [f"deb [arch={self.architecture}] {mirrors.main} {suite} main" for suite in dict.fromkeys((self.suite, self.base))]
        secured = [*lines, f"deb [arch={self.architecture}] {mirrors.security} {self.base}-security main"]
        self._config.write_text(self._text())
        # The lists of an archive may not fit each other while its mirror is brought up to date: the other one will do.
        choices = [secured, lines] if self.base in SECURED and mirrors.security else [lines]
        for choice in choices:
            (self.root / "sources.list").write_text("\n".join(choice) + "\n")
            try:
                self._run("apt-get", "update", "-qq")
                return
            except PackageError:
                if choice is choices[-1]:
                    self._config.unlink()
                    raise

    def _text(self) -> str:
        # A suite past its release date has an expired Release file; the signature still counts.
        preferred = f'APT::Default-Release "{self.suite}";\n' if self.suite != self.base else ""
        return f"""\
Dir::State "{self.root}/state";
Dir::State::status "{self.root}/state/status";
Dir::State::Lists "{self.root}/lists";
Dir::Cache "{self.root}";
Dir::Cache::Archives "{self.archives}";
Dir::Etc::SourceList "{self.root}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
APT::Architecture "{self.architecture}";
APT::Architectures {{ "{self.architecture}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Debug::NoLocking "true";
{preferred}"""

    def _run(self, *argv: str, cwd: Path | None = None) -> str:
        done = subprocess.run(argv, capture_output=True, text=True, cwd=cwd, check=False,
                              env={**os.environ, "APT_CONFIG": str(self._config), "LC_ALL": "C"})
        if done.returncode:
            raise PackageError(f"{shlex.join(argv)} ({self.suite}): {done.stderr.strip()}")
        return done.stdout

    def update(self) -> None:
        """Ask the mirror again which versions exist."""
        self._prepare()
        self._run("apt-get", "update", "-qq")

    def field(self, package: str, name: str) -> str:
        """One control field of the newest version of ``package`` ('' when the field is absent)."""
        self._prepare()
        for line in self._run("apt-cache", "show", "--no-all-versions", package).splitlines():
            if line.startswith(name + ": "):
                return line[len(name) + 2:]
        return ""

    def names(self, prefix: str) -> list[str]:
        """Names of the packages that begin with ``prefix``."""
        self._prepare()
        return self._run("apt-cache", "pkgnames", prefix).split()

    def download(self, *packages: str) -> list[Path]:
        """The .deb files of ``packages`` alone, without what they depend on."""
        self._prepare()
        folder = self.archives
        out = self._run("apt-get", "download", "--print-uris", *packages, cwd=folder)
        names = [line.split()[1] for line in out.splitlines()]
        missing = [p for p, n in zip(packages, names, strict=True) if not (folder / n).exists()]
        if missing:
            self._run("apt-get", "download", "-q", *missing, cwd=folder)
        return [folder / name for name in names]

    def tree(self, where: Path, *packages: str) -> Path:
        """Unpack ``packages`` and all they depend on into ``where``, once."""
        stamp = where / ".packages"
        if stamp.exists() and stamp.read_text().split() == list(packages):
            return where
        self._prepare()
        # apt does not name what it has downloaded before, so it is shown an empty folder.
        empty = self.root / "empty"
        (empty / "partial").mkdir(parents=True, exist_ok=True)
        out = self._run("apt-get", "install", "-y", "--print-uris", "-qq", "-o", f"Dir::Cache::Archives={empty}", *packages)
        names = [line.split()[1] for line in out.splitlines() if line.startswith("'")]
        self._run("apt-get", "install", "-y", "--download-only", "-qq", *packages)
        merge_usr(where)
        for name in names:
            unpack(self.archives / name, where)
        stamp.write_text(" ".join(packages))
        return where


def merge_usr(where: Path) -> None:
    """Lay out /bin, /lib … as links into /usr, as every Debian since 12 expects."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (where / "usr" / name).mkdir(parents=True, exist_ok=True)
        if not (where / name).is_symlink():
            (where / name).symlink_to(f"usr/{name}")


def unpack(deb: Path, where: Path) -> None:
    """Unpack one .deb over ``where``, keeping links such as /lib -> usr/lib."""
    where.mkdir(parents=True, exist_ok=True)
    tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE)
    done = subprocess.run(
        ["tar", "-x", "-C", str(where), "--keep-directory-symlink", "--no-same-owner"],
        stdin=tar.stdout, capture_output=True, text=True, check=False)
    if tar.wait() or done.returncode:
        raise PackageError(f"cannot unpack {deb}: {done.stderr.strip()}")


def command(tree: Path, program: str, architecture: str = "amd64") -> list[str]:
    """How to run ``program`` of an unpacked tree on this host, with the tree's own libraries."""
    for folder in ("usr/bin", "usr/sbin"):
        path = tree / folder / program
        if path.exists():
            return ARCHITECTURES[architecture].command(tree, path)
    raise PackageError(f"{program} is not in {tree}")
