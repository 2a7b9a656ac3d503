# SPDX-License-Identifier: GPL-2.0-or-later
"""BPF instructions as text: an encoding of each kind, as linux/bpf.h defines it."""

import struct
import unittest

from pykd.values import ebpf

CASES = [
    # code, to, from, offset, value: text
    ((0x07, 2, 0, 0, -4), "r2 += -4"),
    ((0x0F, 0, 1, 0, 0), "r0 += r1"),
    ((0xB7, 3, 0, 0, 8), "r3 = 8"),
    ((0xBF, 1, 6, 0, 0), "r1 = r6"),
    ((0xBF, 1, 6, 8, 0), "r1 = (s8)r6"),
    ((0xBF, 0, 0, -1, 0), "r0 = &(void __percpu *)(r0)"),
    ((0xBF, 1, 2, 1, 1 << 16), "r1 = addr_space_cast(r2, 1, 0)"),
    ((0xB4, 2, 0, 0, 16), "(u32) r2 = (u32) 16"),
    ((0xAC, 0, 0, 0, 0), "(u32) r0 ^= (u32) r0"),
    ((0x84, 4, 0, 0, 0), "r4 = (u32) -r4"),
    ((0x87, 4, 0, 0, 0), "r4 = -r4"),
    ((0xC7, 1, 0, 0, 3), "r1 s>>= 3"),
    ((0x37, 1, 0, 0, 3), "r1 /= 3"),
    ((0x37, 1, 0, 1, 3), "r1 s/= 3"),
    ((0x9F, 1, 2, 1, 0), "r1 s%= r2"),
    ((0xDC, 1, 0, 0, 16), "r1 = be16 r1"),
    ((0xD4, 1, 0, 0, 64), "r1 = le64 r1"),
    ((0xD7, 1, 0, 0, 32), "r1 = bswap32 r1"),
    ((0x61, 8, 6, 112, 0), "r8 = *(u32 *)(r6 +112)"),
    ((0x79, 8, 10, -8, 0), "r8 = *(u64 *)(r10 -8)"),
    ((0x39, 8, 1, 0, 0), "r8 = *(u64 *)(r1 +0)"),
    ((0x91, 8, 1, 2, 0), "r8 = *(s8 *)(r1 +2)"),
    ((0x6B, 10, 0, -2, 0), "*(u16 *)(r10 -2) = r0"),
    ((0x72, 10, 0, -1, 5), "*(u8 *)(r10 -1) = 5"),
    ((0x30, 0, 0, 0, 9), "r0 = *(u8 *)skb[9]"),
    ((0x48, 0, 7, 0, 12), "r0 = *(u16 *)skb[r7 + 12]"),
    ((0xDB, 0, 1, 0, 0), "lock *(u64 *)(r0 +0) += r1"),
    ((0xC3, 0, 1, 4, 0x40), "lock *(u32 *)(r0 +4) |= r1"),
    ((0xDB, 2, 1, -8, 0x01), "r1 = atomic64_fetch_add((u64 *)(r2 -8), r1)"),
    ((0xC3, 2, 1, 0, 0xE1), "r1 = atomic_xchg((u32 *)(r2 +0), r1)"),
    ((0xDB, 2, 1, 0, 0xF1), "r0 = atomic64_cmpxchg((u64 *)(r2 +0), r0, r1)"),
    ((0xDB, 2, 1, 0, 0x100), "r2 = load_acquire((u64 *)(r1 +0))"),
    ((0xDB, 2, 1, 0, 0x110), "store_release((u64 *)(r2 +0), r1)"),
    ((0xDB, 2, 1, 0, 0x77), "(unknown)"),
    ((0x05, 0, 0, 8, 0), "goto pc+8"),
    ((0x06, 0, 0, 0, -70000), "gotol pc-70000"),
    ((0xE5, 0, 0, 3, 0), "may_goto pc+3"),
    ((0x15, 0, 0, 3, 0), "if r0 == 0x0 goto pc+3"),
    ((0x3D, 1, 8, -1, 0), "if r1 >= r8 goto pc-1"),
    ((0x66, 1, 0, 1, -5), "if w1 s> 0xfffffffb goto pc+1"),
    ((0x85, 0, 1, 0, 7), "call pc+7"),
    ((0x85, 0, 0, 0, 4711), "call helper_4711#4711"),
    ((0x85, 0, 2, 0, 99), "call kernel-function#99"),
    ((0x8D, 3, 0, 0, 0), "callx r3"),
    ((0x95, 0, 0, 0, 0), "exit"),
    ((0xFF, 0, 0, 0, 0), "(unknown)"),
    ((0x00, 0, 0, 0, 0), "(unknown)"),
]


def slot(code, to, source, offset, value):
    return struct.pack("<BBhi", code, to | source << 4, offset, value)


class Instructions(unittest.TestCase):
    def decoded(self, code):
        return list(ebpf.decode(code, "little", lambda value: f"<{value:x}>", lambda value: f"helper_{value}"))

    def test_each(self):
        for fields, text in CASES:
            code = slot(*fields)
            self.assertEqual(self.decoded(code), [(0, code, f"({fields[0]:02x}) {text}")])

    def test_every_code_says_something(self):
        for code in range(256):
            for value in (0, -1, 1 << 30):
                ((_, _, text),) = self.decoded(slot(code, 15, 15, -32768, value))
                self.assertTrue(text.startswith(f"({code:02x}) "))

    def test_constants_take_two_slots(self):
        low, high = slot(0x18, 1, 0, 0, -2), slot(0, 0, 0, 0, 5)
        found = self.decoded(low + high + slot(0x95, 0, 0, 0, 0))
        self.assertEqual([(number, text) for number, _, text in found], [(0, "(18) r1 = <5fffffffe>"), (2, "(95) exit")])
        # one that is cut off is no constant, and what is no slot is nothing
        self.assertEqual([text for _, _, text in self.decoded(low + b"\1\2\3")], ["(18) (unknown)"])


if __name__ == "__main__":
    unittest.main()
