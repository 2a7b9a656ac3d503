#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# After kdump has saved a dump, in the capture kernel (64 MB are enough) or after the next boot: the report, beside the dump, with nothing in it
# that may not leave the site. Only the report need be sent.
#
#   kdump-utils (Fedora, RHEL):  kdump_post /usr/local/sbin/kdump-post.sh and extra_bins /usr/local/bin/pykd in /etc/kdump.conf
#   systemd (Debian and others): pykd-report.path and pykd-report.service, which run it for each new dump
#   by hand:                     kdump-post.sh STATUS FOLDER...
#
# STATUS is what kdump says of the copy, 0 if it is whole. Without FOLDER it is the newest one of /var/crash. It never fails: kdump goes on.
[ "${1:-0}" = 0 ] || exit 0
[ $# = 0 ] || shift
pykd=${PYKD:-pykd}
crash=${CRASH:-/var/crash}
[ $# -gt 0 ] || set -- "$(find "$crash" -mindepth 1 -maxdepth 1 -type d | sort | tail -n 1)"

for folder; do
	dump=
	for name in vmcore dump.* vmcore.flat; do
		for path in "$folder"/$name; do
			[ ! -f "$path" ] || dump=$path
		done
	done
	# In the capture kernel the dump may still be /proc/vmcore.
	[ -n "$dump" ] || [ ! -e /proc/vmcore ] || dump=/proc/vmcore
	[ -n "$dump" ] || continue
	[ ! -e "$folder/report.txt" ] || continue
	"$pykd" report "$dump" --redact --time-limit "${LIMIT:-60}" --text "$folder/report.txt.new" --json "$folder/report.json.new" \
		--html "$folder/report.html.new" || continue
	for form in html json txt; do
		mv "$folder/report.$form.new" "$folder/report.$form"
	done
	sync
done
exit 0
