#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Build everything twice, dependencies included, in ways that must not matter, and compare what a release consists of: other
# folders, another time, another user (where root runs this), other locales, time zones, umasks and numbers of jobs.
#
# usage: reproduce.sh [FOLDER]      FOLDER is for both trees (2 GB); else build/reproduce
. "$(dirname "$0")/deps/env.sh"
cd "$TOP" || exit

folder=${1:-$TOP/build/reproduce}
sources=$folder/sources
rm -rf "$folder"
mkdir -p "$sources"
"$TOP/build.sh" fetch "$sources"

# What git knows, or where there is no git all but what was built.
tree()
{
	mkdir -p "$1"
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files -z | tar -c --null -T - | tar -x -C "$1"
	else
		tar -c --exclude=./build --exclude=./dist --exclude='./pykd*' . | tar -x -C "$1"
	fi
}

first=$folder/first
second=$folder/of-another/second-tree
tree "$first"
tree "$second"
as=()
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	chown -R 65534:65534 "$folder/of-another"
	chmod 755 "$folder" "$sources"
	chmod 644 "$sources"/*
fi

say "first build: umask 022, LC_ALL=C, $JOBS jobs"
(
	umask 022
	cd "$first" || exit
	env -i PATH="$PATH" HOME=/nonexistent PYKD_SOURCES="$sources" PYKD_OFFLINE=1 LC_ALL=C TZ=UTC JOBS="$JOBS" ./build.sh --arch "$ARCH" dist
)
say "second build: ${as[*]:-the same user}, umask 077, LC_ALL=C.UTF-8, LANG=tr_TR.UTF-8, TZ=Asia/Kathmandu, 1 job"
(
	umask 077
	cd "$second" || exit
	env -i PATH="$PATH" HOME=/ USER=other PYKD_SOURCES="$sources" PYKD_OFFLINE=1 LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8 \
		TZ=Asia/Kathmandu JOBS=1 PYTHONHASHSEED=7 "${as[@]}" ./build.sh --arch "$ARCH" dist
)
cat "$first/dist/SHA256SUMS"
if ! diff "$first/dist/SHA256SUMS" "$second/dist/SHA256SUMS"; then
	die "the two builds differ; both trees are left in $folder"
fi
[ "$ARCH" = "$HOST_ARCH" ] || compiler=$ARCH-linux-gnu-gcc
say "both builds gave the same bytes; $("${compiler:-gcc}" --version | head -n 1)"
if [ -e "$TOP/$BINARY" ]; then
	if cmp -s "$TOP/$BINARY" "$first/$BINARY"; then
		say "so did the one in this folder"
	else
		say "the one in this folder is another: ./build.sh, if its sources have changed since"
	fi
fi
rm -rf "$folder"
