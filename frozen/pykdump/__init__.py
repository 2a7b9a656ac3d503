# SPDX-License-Identifier: GPL-2.0-or-later
"""PyKdump's names on top of pykd. Programs import :mod:`pykdump.API`; nothing here reads the dump when it is imported."""

__version__ = "3.5.3"
"""The version of PyKdump's API that this package speaks."""

minimal_cmod_version = "3.2.1"

__pykd__ = True
"""pykd's own: its programs can use a copy of this in a user's folder."""


def require_cmod_version(required: str) -> None:
    """Programs call this to insist on a version of the C module.

    :raises ImportError: when the ``crash`` module is older than *required*.
    """
    import crash

    def numbers(version: str) -> list[int]:
        return [int(part) for part in version.split(".")]

    if numbers(crash.version) < numbers(required):
        raise ImportError(f"the program needs version {required} of the crash module, this is {crash.version}")
