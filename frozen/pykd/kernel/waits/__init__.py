# SPDX-License-Identifier: GPL-2.0-or-later
"""Who waits for whom: what a sleeping thread waits for, who can end that, and the graph that all of it makes.

:mod:`~pykd.kernel.waits.sites` names functions in which threads wait, :mod:`~pykd.kernel.waits.scan` finds a thread's own elements of lists
on its stack, :mod:`~pykd.kernel.waits.things` says what the lists belong to and who holds it, :mod:`~pykd.kernel.waits.graph` joins them.

Every answer has a proof: ``exact`` (a back pointer agrees: the list of what is waited for leads to the thread), ``found`` (a pointer that the
thread or its stack has, which nothing contradicts), ``guess`` (the names of the functions on its stack).
"""
