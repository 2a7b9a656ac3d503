#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh NAME: build one dependency into the sysroot with the recipe NAME.sh (or FLAVOUR-NAME.sh), unless its stamp says it is there.
#
# The stamp holds the hash of everything that decides the result: pins, recipe, environment, compiler, and the stamps of
# the dependencies it is built on.
. "$(dirname "$0")/env.sh"

name=$1
shift # the rest: names of the dependencies it is built on
here=$TOP/tools/deps
recipe=$here/$name.sh
[ ! -e "$here/${FLAVOUR:-none}-$name.sh" ] || recipe=$here/$FLAVOUR-$name.sh
stamp=$BUILD/stamps/$name
mkdir -p "$BUILD/stamps" "$BUILD/work" "$BUILD/logs"

key()
{
	local dep
	{
		grep -A1 "^$name " "$here/pins.conf"
		cat "$recipe" "$here/env.sh"
		[ -z "${CROSS:-}" ] || cat "$here/cross.sh" "$here"/cross-"$name".* 2>/dev/null || true
		find "$here" -name "$name-*.patch" | sort | xargs -r cat
		gcc -dumpfullversion
		for dep in "$@"; do
			cat "$BUILD/stamps/$dep"
		done
	} | sha256sum
}

wanted=$(key "$@")
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
	exit 0
fi

start=$SECONDS
work=$BUILD/work/$name
rm -rf "$work" "$stamp"
mkdir -p "$work"
if grep -q "^$name " "$here/pins.conf"; then
	archive=$("$here/fetch.sh" "$name")
	tar -xf "$archive" -C "$work" --strip-components=1 --no-same-owner
fi
cd "$work" || exit
for patch in "$here/$name"-*.patch; do
	[ ! -e "$patch" ] || patch -p1 -s <"$patch"
done
there=$(find "$BUILD/stamps" -type f | wc -l)
case $name in
python) long=", which takes some minutes, most of the time of a first build" ;;
*) long= ;;
esac
say "building $name$long; $there of 10 parts are there"
# The folder of the sources must not show in the result.
export CFLAGS="$DEP_CFLAGS -ffile-prefix-map=$work=/$name -ffile-prefix-map=$SYSROOT=/sysroot"
recipe=". '$recipe'"
if [ -n "${CROSS:-}" ] && [ -e "$here/cross-$name.sh" ]; then
	recipe="$recipe; . '$here/cross-$name.sh'"
fi
if ! bash -euo pipefail -c "$recipe" >"$BUILD/logs/$name.log" 2>&1; then
	tail -n 30 "$BUILD/logs/$name.log" >&2
	die "building $name failed; the whole log is in build/$ARCH/logs/$name.log"
fi
cd /
rm -rf "$work"
printf '%s\n' "$wanted" >"$stamp"
say "built $name in $((SECONDS - start)) s"
