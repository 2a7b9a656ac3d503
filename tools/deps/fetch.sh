#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fetch.sh NAME: print the path of NAME's source archive, fetched and checked against pins.conf.
#
# Looks in the folder PYKD_SOURCES, then upstream, then in Debian's source archive through the apt configuration of this
# machine. An archive with a wrong hash is an error, wherever it came from.
. "$(dirname "$0")/env.sh"

SUITE=trixie # the Debian release whose source packages hold exactly the pinned versions
SOURCES=$TOP/build/sources

read_pin()
{
	local line
	line=$(sed -e 's/#.*//' "$TOP/tools/deps/pins.conf" | sed -e ':a' -e '/^[^\t]/{$!N;s/\n\t/ /;ta' -e 'P;D}' |
		grep "^$1 ") || die "$1: not in tools/deps/pins.conf"
	read -r NAME VERSION _licence SHA256 URL DEB_PACKAGE DEB_SHA256 <<<"$line"
	[ "$DEB_SHA256" != = ] || DEB_SHA256=$SHA256
}

# check FILE: whether FILE has one of the pinned hashes
check()
{
	local sum
	sum=$(sha256sum <"$1")
	sum=${sum%% *}
	[ "$sum" = "$SHA256" ] || [ "$sum" = "$DEB_SHA256" ] ||
		die "$NAME: $1 has sha256 $sum, pinned is $SHA256 (Debian's archive: $DEB_SHA256)"
}

from_folder()
{
	local sum file sums
	[ -n "${PYKD_SOURCES:-}" ] || return 1
	[ -d "$PYKD_SOURCES" ] || die "PYKD_SOURCES=$PYKD_SOURCES is not a folder"
	# By hash, not by name: upstream and Debian name the same bytes differently.
	sums=$(find -L "$PYKD_SOURCES" -maxdepth 1 -type f -name '*.tar*' -exec sha256sum {} +)
	while read -r sum file; do
		if [ "$sum" = "$SHA256" ] || [ "$sum" = "$DEB_SHA256" ]; then
			cp "$file" "$1"
			return 0
		fi
	done <<<"$sums"
	return 1
}

from_upstream()
{
	[ "${PYKD_OFFLINE:-0}" = 0 ] || return 1
	curl --silent --fail --location --connect-timeout 10 --max-time 300 --output "$1" "$URL"
}

# A private apt state, so that neither root nor a change to this machine's configuration is needed: the mirrors of the
# machine's own main archive, asked for the sources of SUITE.
apt_state()
{
	local apt=$BUILD/apt file
	[ ! -e "$apt/ready" ] || return 0
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -e "$file" ] || continue
		sed -nE 's/^deb(-src)?[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+)[[:space:]].*/\2 \3/p' "$file"
	done | grep -v security | sort -u |
		sed -E "s/^(\[[^]]*\])? *(.*)/deb-src \1 \2 $SUITE main/" >"$apt/parts/pykd.list"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -e "$file" ] || continue
		awk -v suite="$SUITE" 'BEGIN { RS = ""; FS = OFS = "\n" } !/security/ {
			for (i = 1; i <= NF; i++) {
				sub(/^Types:.*/, "Types: deb-src", $i)
				sub(/^Suites:.*/, "Suites: " suite, $i)
				sub(/^Components:.*/, "Components: main", $i)
			}
			print $0 "\n"
		}' "$file"
	done >"$apt/parts/pykd.sources"
	cat >"$apt/conf" <<-EOF
		Dir::State::Lists "$apt/lists";
		Dir::Cache "$apt/cache";
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$apt/parts";
	EOF
	# One archive of several may lack the suite: what counts is whether the package is found afterwards.
	APT_CONFIG=$apt/conf apt-get update -qq >/dev/null 2>&1 || true
	touch "$apt/ready"
}

from_debian()
{
	local uri
	[ "${PYKD_OFFLINE:-0}" = 0 ] || return 1
	command -v apt-get >/dev/null || return 1
	(
		flock 9
		apt_state
	) 9>"$BUILD/apt.lock"
	uri=$(APT_CONFIG=$BUILD/apt/conf apt-get source --print-uris -qq --only-source "$DEB_PACKAGE/$SUITE" 2>/dev/null |
		sed -nE "s/^'([^']*\.orig\.tar\.[a-z0-9]+)' .*/\1/p" | head -n 1)
	if [ -z "$uri" ]; then
		rm -f "$BUILD/apt/ready"
		return 1
	fi
	curl --silent --fail --location --connect-timeout 10 --max-time 300 --output "$1" "$uri"
}

read_pin "$1"
mkdir -p "$SOURCES" "$BUILD"
archive=$SOURCES/$NAME-$VERSION.tar
if [ ! -e "$archive" ]; then
	partial=$archive.$$
	trap 'rm -f "$partial"' EXIT
	from_folder "$partial" || from_upstream "$partial" || from_debian "$partial" ||
		die "cannot fetch $NAME $VERSION: not in PYKD_SOURCES=${PYKD_SOURCES:-(unset)}, not at $URL," \
			"not in the Debian sources ($DEB_PACKAGE in $SUITE) of this machine's apt mirrors"
	check "$partial"
	mv "$partial" "$archive"
fi
check "$archive"
echo "$archive"
