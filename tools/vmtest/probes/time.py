# SPDX-License-Identifier: GPL-2.0-or-later
"""Times, counters and texts of the kernel."""

import pykd
from pykd.kernel import timekeeping

KINDS = ("CPUTIME_USER", "CPUTIME_NICE", "CPUTIME_SYSTEM", "CPUTIME_SOFTIRQ", "CPUTIME_IRQ", "CPUTIME_IDLE")


def ask(dump: pykd.Dump) -> dict:
    """Sums and, of softirqs and CPU times, one for each CPU."""
    cpus = [cpu for cpu in dump.cpus() if cpu.percpu]
    times, softirqs, switches, forks = {}, {}, 0, dump.read_unsigned(dump.address_of("total_forks"))
    names = dump.address_of("softirq_to_name")
    for cpu in cpus:
        stat = dump.object("struct kernel_cpustat", dump.cpu_variable(cpu.nr, "kernel_cpustat"))
        times[cpu.nr] = {kind.removeprefix("CPUTIME_").lower(): int(stat.cpustat[dump.enumerator(kind)]) for kind in KINDS}
        counts = dump.object("struct kernel_stat", dump.cpu_variable(cpu.nr, "kstat")).softirqs
        for number in range(len(counts)):
            name = dump.read_string(dump.read_unsigned(names + 8 * number)).decode()
            softirqs.setdefault(name, []).append(int(counts[number]))
        switches += int(dump.object("struct rq", dump.cpu_variable(cpu.nr, "runqueues")).nr_switches)
    uptime = timekeeping.jiffies_since_boot(dump) / timekeeping.hz(dump)
    return {"uptime": uptime, "now": timekeeping.now(dump), "switches": switches, "forks": forks, "cpus": times, "softirqs": softirqs,
            "cmdline": dump.read_string(dump.read_unsigned(dump.address_of("saved_command_line"))).decode().strip(),
            "version": dump.read_string(dump.address_of("linux_banner")).decode().strip()}
