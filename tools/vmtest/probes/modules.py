# SPDX-License-Identifier: GPL-2.0-or-later
"""Loaded modules as /proc/modules shows them."""

from members import entries

import pykd

STATES = ("Live", "Loading", "Unloading", "Unformed")


def ask(dump: pykd.Dump) -> dict:
    """[size, references, users, state, base] by name."""
    found = {}
    for module in dump.modules():
        struct = dump.object("struct module", module.address)
        users = [str(use.source.name) for use in
                 entries(dump, struct.source_list, "struct module_use", "source_list")]
        # One reference is the module's own.
        found[module.name] = [module.size, int(struct.refcnt.counter) - 1, sorted(users), STATES[int(struct.state)], module.memory["text"][0]]
    return found
