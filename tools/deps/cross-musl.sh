# SPDX-License-Identifier: GPL-2.0-or-later
# After musl.sh, for another machine: that machine's kernel headers (linux-libc-dev-ARCH-cross).

for dir in linux asm-generic asm; do
	[ -d "/usr/$CROSS/include/$dir" ]
	ln -sfn "/usr/$CROSS/include/$dir" "$SYSROOT/include/$dir"
done
