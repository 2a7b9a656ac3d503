# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's log with the date of each message."""

__version__ = "1.0.1"

import datetime

from LinuxDump.Time import get_seconds, get_uptime_fromcrash
from pykdump.API import *


def main():
    stamp = re.compile(r"\s*\[\s*(\d+)\.\d+\]")
    lines = exec_crash_command("log").splitlines()
    last = stamp.search(lines[-1])
    if not last:
        print("No timestamps")
        return
    print(last.group(1))

    # The log is stamped by the scheduler's clock, which NTP does not correct, so it drifts against the uptime. Scaled to
    # the uptime it is right at both ends.
    uptime = get_uptime_fromcrash()
    boot = get_seconds() - int(uptime)
    ratio = uptime / float(last.group(1)) if int(last.group(1)) else 1.0
    for line in lines:
        match = stamp.search(line)
        if match:
            when = datetime.datetime.fromtimestamp(boot + int(float(match.group(1)) * ratio))
            print(when, line)
        else:
            print(line)


if __name__ == "__main__":
    main()
