# SPDX-License-Identifier: GPL-2.0-or-later
# The disassemblers of all machines whose dumps are read; x86 with AT&T and Intel syntax. "diet" is off because operands
# are wanted.

# The tables of instructions without the lists of registers that they use without naming them, which nothing here asks
# for: two megabytes.
sed -i -e 's/regs_use\[[^]]*\]/regs_use[1]/' -e 's/regs_mod\[[^]]*\]/regs_mod[1]/' Mapping.h arch/X86/X86Mapping.h
sed -i -E 's/^\t\{[^}]*\}, \{[^}]*\}, \{/\t{ 0 }, { 0 }, {/' arch/*/*MappingInsn.inc
have=
for arch in X86 ARM64 RISCV SYSZ POWERPC; do
	have+=" -DCAPSTONE_HAS_$arch"
done
make -j"$JOBS" CC="$CC" CFLAGS="$CFLAGS -Os -Iinclude -DCAPSTONE_USE_SYS_DYN_MEM$have" CAPSTONE_ARCHS="x86 aarch64 riscv systemz powerpc" \
	CAPSTONE_STATIC=yes CAPSTONE_SHARED=no CAPSTONE_BUILD_CORE_ONLY=yes AR=ar RANLIB=ranlib libcapstone.a
cp libcapstone.a "$SYSROOT/lib/"
mkdir -p "$SYSROOT/include/capstone"
cp include/capstone/*.h "$SYSROOT/include/capstone/"
