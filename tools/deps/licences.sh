#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# licences.sh: collect the licence texts of everything that is linked into the executable, from the pinned archives, in
# build/ARCH/licences, one file a component. pykd --licenses prints them.
. "$(dirname "$0")/env.sh"

here=$TOP/tools/deps
out=$BUILD/licences

# Where the texts are in the archive. zstd is used under its BSD licence; small parts of others in CPython are in license.rst,
# the larger ones in vendored.conf.
texts()
{
	case $1 in
	musl) echo COPYRIGHT ;;
	libkdumpfile) echo COPYING COPYING.GPLv2 COPYING.GPLv3 COPYING.LGPLv3 ;;
	capstone) echo LICENSE.TXT LICENSE_LLVM.TXT ;;
	elfutils) echo COPYING-GPLV2 COPYING-LGPLV3 COPYING ;;
	python) echo LICENSE Doc/license.rst ;;
	lzo | libdeflate) echo COPYING ;;
	*) echo LICENSE ;;
	esac
}

# parts NAME: the lines of vendored.conf that are in NAME
parts()
{
	awk -v within="$1" '/^[a-z]/ && $4 == within' "$here/vendored.conf"
}

key=$(cat "$here"/{pins,vendored}.conf "$here/licences.sh" "$here/gcc-exception.txt" "$TOP/LICENSE" | sha256sum)
if [ "$(cat "$out/.key" 2>/dev/null)" = "$key" ]; then
	exit 0
fi
rm -rf "$out" "$out.new"
mkdir -p "$out.new"
tree=$out.new/tree
grep -oE '^[a-z][a-z0-9]*' "$here/pins.conf" | while read -r name; do
	archive=$("$here/fetch.sh" "$name")
	mapfile -t members < <(
		texts "$name" | tr ' ' '\n'
		parts "$name" | awk '!seen[$5]++ { print $5 } !seen[$6]++ { print $6 }'
	)
	mkdir "$tree"
	tar -xf "$archive" -C "$tree" --strip-components=1 --wildcards "${members[@]/#/*/}"
	for text in $(texts "$name"); do
		printf -- '-- %s\n\n' "$text"
		cat "$tree/$text"
		echo
	done >"$out.new/$name.txt"
	# The text is a file, or the comment at the head of a source. The version is there as it is, or as the numbers of macros.
	parts "$name" | while read -r part version _licence within text where _url; do
		{
			printf -- '-- %s of %s\n\n' "$text" "$within"
			case $text in
			*.[ch]) sed -n '1,/\*\//p' "$tree/$text" ;;
			*) cat "$tree/$text" ;;
			esac
		} >"$out.new/$part.txt"
		said=$(grep -iE 'version|rev=' "$tree/$where")
		case "$said $(printf '%s' "$said" | grep -oE '\b[0-9]+\b' | tr '\n' .)" in
		*"$version"*) ;;
		*) die "$part: $where of $within does not say $version; see tools/deps/vendored.conf" ;;
		esac
	done
	rm -rf "$tree"
done
cp "$here/gcc-exception.txt" "$out.new/libgcc.txt"
cp "$TOP/LICENSE" "$out.new/pykd.txt"
mv "$out.new" "$out"
printf '%s\n' "$key" >"$out/.key"
