#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Say which pinned sources have newer releases, by what the Debian archives of this machine's apt configuration hold in stable,
# testing and unstable. Changes nothing. Exit status: 0 all pins are the newest known, 1 some are not, 2 nobody could be asked.
#
# usage: outdated.sh
. "$(dirname "$0")/deps/env.sh"

SUITES="trixie testing unstable"

# versions PACKAGE: what the source package has in each suite, as "suite upstream-version", the archive's additions cut off
versions()
{
	APT_CONFIG=$state/conf apt-cache showsrc --only-source "$1" 2>/dev/null | sed -n 's/^Version: //p' |
		sed -E 's/^[0-9]+://; s/-[^-]*$//; s/.*really//; s/[+~.](dfsg|ds|repack).*//' | sort -Vu
}

# newer A B: whether version A is above B
newer()
{
	[ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]
}

command -v apt-cache >/dev/null || {
	say "no apt here: nobody to ask"
	exit 2
}
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/parts"
# The machine's own main archive, asked for the sources of three suites (as in tools/deps/fetch.sh).
{
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -e "$file" ] || sed -nE 's/^deb(-src)?[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+)[[:space:]].*/\2 \3/p' "$file"
	done
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$file" ] || awk 'BEGIN { RS = ""; FS = "\n" } {
			uri = signed = ""
			for (i = 1; i <= NF; i++) {
				if (sub(/^URIs: */, "", $i)) uri = $i
				else if (sub(/^Signed-By: */, "", $i)) signed = "[signed-by=" $i "] "
			}
			if (uri != "") print signed uri
		}' "$file"
	done
} | grep -E '/debian/?$' | sort -u | while read -r archive; do
	for suite in $SUITES; do
		printf 'deb-src %s %s main\n' "$archive" "$suite"
	done
done >"$state/parts/pykd.list"
cat >"$state/conf" <<EOF2
Dir::State::Lists "$state/lists";
Dir::Cache "$state/cache";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$state/parts";
EOF2
if [ "${PYKD_OFFLINE:-0}" != 0 ]; then
	say "PYKD_OFFLINE is set: nobody was asked"
	exit 2
fi
APT_CONFIG=$state/conf apt-get update -qq >/dev/null 2>&1 || true
if [ -z "$(find "$state/lists" -name '*Sources*' -print -quit)" ]; then
	say "no archive could be reached (offline, or apt knows no Debian archive): nobody was asked"
	exit 2
fi

status=0
printf '%-14s %-10s %-16s %s\n' source pinned newest verdict
while read -r name version _licence _hash _url package _rest; do
	newest=$(versions "$package" | tail -n 1)
	if [ -z "$newest" ]; then
		verdict="not in the archives; see upstream"
	elif newer "$newest" "$version"; then
		verdict="newer: look at its changes, then change tools/deps/pins.conf"
		status=1
	else
		verdict="up to date"
	fi
	printf '%-14s %-10s %-16s %s\n' "$name" "$version" "${newest:--}" "$verdict"
done < <(sed -e 's/#.*//' "$TOP/tools/deps/pins.conf" | sed -e ':a' -e '/^[^\t]/{$!N;s/\n\t/ /;ta' -e 'P;D}' | grep -E '^[a-z]')
exit $status
