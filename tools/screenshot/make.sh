#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make.sh DUMP: the picture of a session in the README, of what pykd really shows; needs tmux and python3.
set -e
here=$(cd "$(dirname "$0")" && pwd)
dump=$1
[ -f "$dump" ] || { echo "usage: make.sh DUMP" >&2; exit 2; }
socket=pykd-screenshot-$$
work=$(mktemp -d)
trap 'tmux -L "$socket" kill-server 2>/dev/null || true; rm -rf "$work"' EXIT
ln -s "$(realpath "$dump")" "$work/vmcore"
ln -s "$(realpath "$here/../../pykd")" "$work/pykd"

tmux -L "$socket" -f /dev/null new-session -d -x 100 -y 54 -s shot -c "$work" \
	"env -i HOME=$work TERM=screen-256color PATH=$PATH ./pykd vmcore"
shows() { tmux -L "$socket" capture-pane -p -t shot | grep -q "$1"; }
wait_for() {
	for _ in $(seq 200); do
		if shows "$1"; then return; fi
		sleep 0.1
	done
	echo "the screen never showed: $1" >&2
	exit 1
}
type_line() { tmux -L "$socket" send-keys -t shot -l "$1"; }
enter() { tmux -L "$socket" send-keys -t shot Enter; }

wait_for '^pykd>'
type_line 'bt'; enter; wait_for 'entry_SYSCALL_64'
type_line 'ps | grep UN'; enter; wait_for 'UN '
type_line 'py [t.comm for t in pykd.tasks.threads() if not t.mm][:3]'; enter; wait_for "kthreadd'"
type_line 'struct task_struct.pid,comm init_task'; enter; wait_for 'swapper'
type_line 'dis schedule_timeout_'; tmux -L "$socket" send-keys -t shot Tab
sleep 1
tmux -L "$socket" send-keys -t shot Tab
wait_for 'schedule_timeout_killable'
tmux -L "$socket" capture-pane -e -p -t shot | python3 "$here/render.py" 100 'pykd vmcore' > "$here/session.svg"
tmux -L "$socket" send-keys -t shot C-c C-d
