# SPDX-License-Identifier: GPL-2.0-or-later
# The x86 disassembler with AT&T and Intel syntax; "diet" is off because operands are wanted.

# The table of instructions without the lists of registers that they use without naming them, which nothing here asks for:
# nine tenths of a megabyte.
sed -i -e 's/regs_use\[12\]/regs_use[1]/' -e 's/regs_mod\[20\]/regs_mod[1]/' arch/X86/X86Mapping.h
sed -i -E 's/^\t\{[^}]*\}, \{[^}]*\}, \{/\t{ 0 }, { 0 }, {/' arch/X86/X86MappingInsn.inc
make -j"$JOBS" CC="$CC" CFLAGS="$CFLAGS -Iinclude -DCAPSTONE_USE_SYS_DYN_MEM -DCAPSTONE_HAS_X86" CAPSTONE_ARCHS=x86 \
	CAPSTONE_STATIC=yes CAPSTONE_SHARED=no CAPSTONE_BUILD_CORE_ONLY=yes AR=ar RANLIB=ranlib libcapstone.a
cp libcapstone.a "$SYSROOT/lib/"
mkdir -p "$SYSROOT/include/capstone"
cp include/capstone/*.h "$SYSROOT/include/capstone/"
