#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# test-slurm.sh PYKD DUMP [COUNT]: slurm.sh on a cluster of this machine, a controller and two nodes on loopback, of which one is killed in the
# middle; COUNT copies of the dump must have a record each, and no other. As root, with Debian's slurm-wlm and munge; changes nothing of the system.
set -eu
pykd=$(realpath "$1") dump=$(realpath "$2") count=${3:-200}
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
chmod 755 "$work"
export SLURM_CONF=$work/slurm.conf

end()
{
	for name in slurmctld slurmd.n1 slurmd.n2; do
		[ ! -f "$work/$name.pid" ] || kill "$(cat "$work/$name.pid")" 2>/dev/null || true
	done
	pkill -f "munged --socket=$work/munge" || true
	[ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap end EXIT

head -c 1024 /dev/urandom >"$work/munge.key"
chmod 600 "$work/munge.key"
munged --force --socket="$work/munge" --key-file="$work/munge.key" --pid-file="$work/munged.pid" --log-file="$work/munged.log" --seed-file="$work/munged.seed"
cat >"$SLURM_CONF" <<END
ClusterName=pykd
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
AuthInfo=socket=$work/munge
CredType=cred/munge
SlurmctldPort=17000
SlurmctldPidFile=$work/slurmctld.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdPidFile=$work/slurmd.%n.pid
SlurmdLogFile=$work/slurmd.%n.log
SlurmdSpoolDir=$work/spool.%n
StateSaveLocation=$work/state
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=0
SlurmdTimeout=10
MinJobAge=3600
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=17001 CPUs=2
NodeName=n2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=17002 CPUs=2
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
mkdir "$work/state" "$work/spool.n1" "$work/spool.n2" "$work/dumps"
slurmctld
slurmd -N n1
slurmd -N n2

for ((i = 0; i < count; i++)); do
	cp --reflink=auto "$dump" "$work/dumps/$i" 2>/dev/null || ln -s "$dump" "$work/dumps/$i"
done
for _ in $(seq 60); do
	[ "$(sinfo -h -N -o %T 2>/dev/null | grep -c idle)" != 2 ] || break
	sleep 1
done
PYKD=$pykd sbatch --parsable --chdir="$work" --output="$work/%a.out" --array=0-19 "$here/slurm.sh" "$work/records" "$work/dumps" >"$work/job"
echo "job $(cat "$work/job"): $count dumps in 20 tasks on 2 nodes"

# A node goes away when a quarter is done: its daemon, and what ran there.
until [ "$(cat "$work"/records/*.ndjson 2>/dev/null | wc -l)" -ge $((count / 4)) ]; do sleep 0.2; done
kill -KILL "$(cat "$work/slurmd.n2.pid")"
for pid in $(pgrep -f "slurmstepd" || true); do
	! grep -qz SLURMD_NODENAME=n2 "/proc/$pid/environ" 2>/dev/null || kill -KILL "$pid"
done
for pid in $(pgrep -f "$pykd batch" || true); do
	! grep -qz SLURMD_NODENAME=n2 "/proc/$pid/environ" 2>/dev/null || kill -KILL "$pid"
done
rm -f "$work/slurmd.n2.pid"
echo "node n2 killed at $(cat "$work"/records/*.ndjson | wc -l) records"
scontrol update nodename=n2 state=down reason=killed

until [ -z "$(squeue -h)" ]; do sleep 1; done
records=$("$pykd" group --json - "$work"/records/*.ndjson)
echo "$records" | python3 -c '
import json, sys
groups = json.load(sys.stdin)["groups"]
print(len(groups), "groups of", sum(group["count"] for group in groups))
assert sum(group["count"] for group in groups) == int(sys.argv[1]), "records are missing"
' "$count"
