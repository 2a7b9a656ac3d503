# SPDX-License-Identifier: GPL-2.0-or-later
"""Every fact about the kernel, once: the public helper library. Nothing here prints.

Uses: boot, core, values.

Names are the kernel's where it has one (``for_each_netdev``, ``d_path``). A walk is a generator of typed objects of the C core, and all
walks have one rule for what cannot be read: an item that cannot be read is yielded as the :class:`_pykd.Error` in its place, and the walk
goes on where it can; a walk that cannot go on raises at its end, after all that was found. :func:`pykd.core.walk.caught` makes that the
last item, for those who show rows. Every walk is bounded and notices circles. The trees of :mod:`pykd.kernel.lists`, which yield plain
numbers, tell such errors to a function *problem* instead.
"""
