# SPDX-License-Identifier: GPL-2.0-or-later
"""The report: what stopped the system, why, and what else is wrong; as text, as JSON, as a page.

:mod:`~pykd.report.verdict` says how the system stopped, :mod:`~pykd.report.findings` has a rule for each thing that can be wrong,
:mod:`~pykd.report.ranking` says which of them is the cause, :mod:`~pykd.report.sections` show the rest, :mod:`~pykd.report.build` joins
them into one document of plain data, of which :mod:`~pykd.report.text` and :mod:`~pykd.report.html` are views.

Uses: boot, core, values, kernel.
"""
