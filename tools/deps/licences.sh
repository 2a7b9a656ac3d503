#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# licences.sh: collect the licence texts of everything that is linked into the executable, from the pinned archives, in
# build/ARCH/licences, one file a component. pykd --licenses prints them.
. "$(dirname "$0")/env.sh"

here=$TOP/tools/deps
out=$BUILD/licences

# Where the texts are in the archive. zstd is used under its BSD licence; the parts of others in CPython are in license.rst.
texts()
{
	case $1 in
	musl) echo COPYRIGHT ;;
	libkdumpfile) echo COPYING COPYING.GPLv2 COPYING.GPLv3 COPYING.LGPLv3 ;;
	capstone) echo LICENSE.TXT LICENSE_LLVM.TXT ;;
	python) echo LICENSE Doc/license.rst Modules/expat/COPYING ;;
	lzo | libdeflate) echo COPYING ;;
	*) echo LICENSE ;;
	esac
}

key=$(cat "$here/pins.conf" "$here/licences.sh" "$here/gcc-exception.txt" "$TOP/LICENSE" | sha256sum)
if [ "$(cat "$out/.key" 2>/dev/null)" = "$key" ]; then
	exit 0
fi
rm -rf "$out" "$out.new"
mkdir -p "$out.new"
grep -oE '^[a-z][a-z0-9]*' "$here/pins.conf" | while read -r name; do
	archive=$("$here/fetch.sh" "$name")
	top=$(tar -tf "$archive" | sed -n '1s,/.*,,p')
	for text in $(texts "$name"); do
		printf -- '-- %s\n\n' "$text"
		tar -xOf "$archive" "$top/$text" || die "$name: no $text in its archive"
		echo
	done >"$out.new/$name.txt"
done
cp "$here/gcc-exception.txt" "$out.new/libgcc.txt"
cp "$TOP/LICENSE" "$out.new/pykd.txt"
mv "$out.new" "$out"
printf '%s\n' "$key" >"$out/.key"
