#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Gather a release in dist/: the executable, its debug file, man page, completions, licences, bill of materials, SHA256SUMS.
# The same executable gives the same files. Those of several machines may lie there together.
. "$(dirname "$0")/deps/env.sh"
cd "$TOP" || exit

emulator=()
if [ "$ARCH" != "$HOST_ARCH" ]; then
	. tools/deps/cross.sh
	emulator=("$(command -v "qemu-$ARCH-static" || command -v "qemu-$ARCH")")
fi

pykd()
{
	"${emulator[@]}" "./$BINARY" "$@"
}

version=$(cat tools/VERSION)
name=pykd-$version-$ARCH
out=dist
mkdir -p "$out"
find "$out" -mindepth 1 \( ! -name "pykd-$version-*" -o -name "$name*" \) -delete
mkdir -p "$out/completions"
cp "$BINARY" "$out/$name"
# gdb -s FILE loads it; by the build-id it is found as .build-id/XX/YYYY.debug below a debug-file-directory.
objcopy --only-keep-debug "$BUILD/pykd.debug" "$out/$name.debug"
chmod a-x "$out/$name.debug"

pykd --man >"$out/pykd.1"
pykd --licenses >"$out/LICENSES.txt"
pykd --completion bash >"$out/completions/pykd.bash"
pykd --completion zsh >"$out/completions/_pykd"
pykd --completion fish >"$out/completions/pykd.fish"
# With the hash of the executable itself, which it cannot know.
pykd --sbom | "$PYTHON" tools/sbom_of.py "$out/$name" >"$out/$name.spdx.json"
"$PYTHON" tools/spdx.py "$out/$name.spdx.json"
pykd --self-test >&2

(
	cd "$out" || exit
	find . -type f -printf '%P\n' | sort | xargs sha256sum
) >"$BUILD/SHA256SUMS"
mv "$BUILD/SHA256SUMS" "$out/"
find "$out" -type f -printf '%10s %P\n' | sort -k 2
