# SPDX-License-Identifier: GPL-2.0-or-later
"""Writers of images of memory, each from its format's own documentation: what pykd reads is made by nothing that pykd has."""

import json
import struct

PAGE = 4096


def ranges_of(dump):
    """The memory of a dump that is in its file: (address, bytes) of each run of pages, in ascending order."""
    found, start = [], None
    for pfn in range(dump.max_pfn + 1):
        present = pfn < dump.max_pfn and dump.page_status(pfn) == "present"
        if present and start is None:
            start = pfn
        elif not present and start is not None:
            found.append((start * PAGE, dump.read_physical(start * PAGE, (pfn - start) * PAGE)))
            start = None
    return found


def padded(ranges):
    """Raw memory from address 0 on, zeros in its holes, as ``insmod lime.ko format=padded`` writes it."""
    out = bytearray(max(start + len(data) for start, data in ranges))
    for start, data in ranges:
        out[start : start + len(data)] = data
    return bytes(out)


def lime(ranges):
    """LiME's own format, version 1."""
    return b"".join(struct.pack("<4sIQQ8x", b"EMiL", 1, start, start + len(data) - 1) + data for start, data in ranges)


def crc32c(pages):
    """CRC-32C of each of many pages: all of them a byte at a time, since Python does that for all at once."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    parts = [bytes(value >> shift & 0xFF for value in table) for shift in (0, 8, 16, 24)]
    number = len(pages) // PAGE

    def xor(a, b):
        return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(number, "little")

    state = [b"\xff" * number] * 4
    for place in range(PAGE):
        index = xor(state[0], pages[place::PAGE])
        above = [*state[1:], bytes(number)]
        state = [xor(index.translate(part), byte) for part, byte in zip(parts, above, strict=True)]
    return [value ^ 0xFFFFFFFF for (value,) in struct.iter_unpack("<I", b"".join(map(bytes, zip(*state, strict=True))))]


def snappy(data):
    """A raw stream of snappy's: a page that is one byte over and over as a literal and copies of it, others as literals."""
    length = struct.pack("BB", len(data) & 0x7F | 0x80, len(data) >> 7) if len(data) < 1 << 14 else b""
    if data == data[:1] * len(data):
        rest, tail = divmod(len(data) - 1, 64)
        return length + b"\0" + data[:1] + b"\xfe\1\0" * rest + (bytes([(tail - 1) << 2 | 2]) + b"\1\0" if tail else b"")
    return length + b"\xf4" + struct.pack("<H", len(data) - 1) + data


def avml(ranges):
    """AVML's compressed format, version 2: snappy's framing format in each range, here with a page in each chunk."""
    out = []
    sums = iter(crc32c(b"".join(data for _, data in ranges)))
    for start, data in ranges:
        chunks = [b"\xff\6\0\0sNaPpY"]
        for at in range(0, len(data), PAGE):
            page, crc = data[at : at + PAGE], next(sums)
            packed = snappy(page)
            kind, body = (0, packed) if len(packed) < PAGE else (1, page)
            masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
            chunks.append(struct.pack("<I", kind | (len(body) + 4) << 8) + struct.pack("<I", masked) + body)
        stream = b"".join(chunks)
        out += [struct.pack("<4sIQQ8x", b"AVML", 2, start, start + len(data) - 1), stream, struct.pack("<Q", len(stream))]
    return b"".join(out)


def _qemu_name(name):
    return bytes([len(name)]) + name.encode()


def qemu_registers(cpus):
    """Sections of x86's CPUs, and their descriptions for the end of the stream. *cpus* are registers by name."""
    order = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
    sections, devices = [], []
    for number, registers in enumerate(cpus):
        body = struct.pack(">18Q", *(registers.get(name, 0) for name in (*order, "rip", "rflags"))) + struct.pack(">I", 3)
        for name in ("es", "cs", "ss", "ds", "fs", "gs"):
            body += struct.pack(">IQII", registers.get(name, 0), registers.get(f"{name}_base", 0), 0xFFFFFFFF, 0)
        body += struct.pack(">4Q", 1, 2, registers.get("cr3", 0), registers.get("cr4", 0))
        # What looks like such a section and is none comes before it.
        sections.append(b"\4\0\0\0\1\3cpu" + struct.pack(">II", number, 12) + b"no" + b"\x7e\0\0\0\1")
        sections.append(b"\4" + struct.pack(">I", 7 + number) + _qemu_name("cpu") + struct.pack(">II", number, 12) + body + b"\x7e" + struct.pack(">I", 7 + number))
        fields = [
            {"name": "env.regs", "array_len": 16, "type": "uint64", "size": 8},
            *({"name": f"env.{name}", "type": "uint64", "size": 8} for name in ("eip", "eflags")),
            {"name": "env.hflags", "type": "uint32", "size": 4},
            {"name": "env.segs", "array_len": 6, "type": "struct", "size": 20,
             "struct": {"vmsd_name": "segment", "version": 1, "fields": [{"name": "selector", "type": "uint32", "size": 4}]}},
            *({"name": f"env.cr[{which}]", "type": "uint64", "size": 8} for which in (0, 2, 3, 4)),
        ]  # fmt: skip
        devices.append({"name": "cpu_common", "instance_id": number, "vmsd_name": "cpu_common", "version": 1, "fields": []})
        devices.append({"name": "cpu", "instance_id": number, "vmsd_name": "cpu", "version": 12, "fields": fields})
    return b"".join(sections), {"configuration": {"vmsd_name": "configuration", "fields": []}, "page_size": PAGE, "devices": devices}


def qemu(ranges, machine="pc-i440fx-7.2", ram="pc.ram", base=0, devices=(b"", None)):
    """A migration stream, as ``migrate exec:cat`` writes it: each page once, and some once more with other bytes before."""
    blocks = [(ram, max(start + len(data) for start, data in ranges) - base + 3 * PAGE), ("vga.vram", 4 * PAGE)]
    blocks[0] = (ram, blocks[0][1] // PAGE * PAGE)
    out = [b"QEVM\0\0\0\3\7", struct.pack(">I", len(machine)), machine.encode(), b"\5", _qemu_name("configuration/uuid"), struct.pack(">I16x", 1)]
    total = sum(size for _, size in blocks)
    out += [b"\1", struct.pack(">I", 2), _qemu_name("ram"), struct.pack(">IIQ", 0, 4, total | 4)]
    out += [_qemu_name(name) + struct.pack(">Q", size) for name, size in blocks]
    out += [struct.pack(">Q", 0x10), b"\x7e", struct.pack(">I", 2)]
    # Another section that begins and has no length.
    out += [b"\1", struct.pack(">I", 3), _qemu_name("dirty-bitmap"), struct.pack(">II", 0, 1), b"\1\2\x7e\3", b"\x7e", struct.pack(">I", 3)]
    out += [b"\2", struct.pack(">I", 2)]
    stale = struct.pack(">Q", ranges[0][0] - base | 0x08) + _qemu_name(ram) + b"\xa5" * PAGE
    out += [stale, struct.pack(">Q", 8), _qemu_name("vga.vram"), b"\x11" * PAGE, struct.pack(">Q", 0x10), b"\x7e", struct.pack(">I", 2)]
    out += [b"\3", struct.pack(">I", 2)]
    named = b"\0" + _qemu_name(ram)
    for start, data in ranges:
        for at in range(0, len(data), PAGE):
            page = data[at : at + PAGE]
            filled = page == page[:1] * PAGE
            flags = (0x02 if filled else 0x08) | (0 if named else 0x20)
            out += [struct.pack(">Q", start - base + at | flags), named[1:], page[:1] if filled else page]
            named = b""
    out += [struct.pack(">Q", 0x10), b"\x7e", struct.pack(">I", 2)]
    sections, description = devices
    out += [b"\4", struct.pack(">I", 4), _qemu_name("timer"), struct.pack(">II", 0, 2), bytes(24), b"\x7e", struct.pack(">I", 4), sections, b"\0"]
    if description is not None:
        text = json.dumps(description).encode()
        out += [b"\6", struct.pack(">I", len(text)), text]
    return b"".join(out)


def libvirt(stream, form=0):
    """The header of ``virsh save`` before it; *form* of its compression."""
    xml = b"<domain type='kvm'></domain>\0"
    return struct.pack("<16s5I56x", b"LibvirtQemudSave", 2, len(xml), 1, form, 0) + xml + stream


def _tag(name, value, *indexes):
    """A value of VMware's; a tuple is a block, with padding before it."""
    block = isinstance(value, tuple)
    size = 63 if block else len(value)
    head = struct.pack("<H", len(name) << 8 | len(indexes) << 6 | size) + name.encode() + struct.pack(f"<{len(indexes)}I", *indexes)
    return head + (struct.pack("<QQH", len(value[0]), len(value[0]), 5) + b"\xee" * 5 + value[0] if block else value)


def vmss(regions, cpus=(), memory=None):
    """A suspend file of VMware's. *regions* are (page in the file, page of the machine, number of pages); *memory* is inside, or None."""
    inside = struct.pack("<I", len(regions))
    body = _tag("align_mask", b"\xff\xff\0\0") + _tag("regionsCount", inside)
    for number, region in enumerate(regions):
        for name, value in zip(("regionPageNum", "regionPPN", "regionSize"), region, strict=True):
            body += _tag(name, struct.pack("<I", value), number)
    if memory is not None:
        body += _tag("Memory", (memory,), 0, 0)
    state = _tag("cpu:numVCPUs", struct.pack("<I", len(cpus))) + _tag("gpregs", (b"12345",), 0)
    for number, registers in enumerate(cpus):
        for name, value in registers.items():
            if name in ("cr3", "cr4"):
                state += _tag("CR64", struct.pack("<Q", value), number, int(name[2]))
            elif name == "rflags":
                state += _tag("eflags", struct.pack("<I", value), number)
            elif name[0] == "r" and name != "rflags":
                state += _tag(name, struct.pack("<Q", value), number)
    groups = [("snapshot", b"\0\0"), ("cpu", state + b"\0\0"), ("memory", body + b"\0\0")]
    start = 12 + 80 * len(groups)
    head = struct.pack("<4sII", b"\xd2\xbe\xd2\xbe", 8, len(groups))
    for name, data in groups:
        head += struct.pack("<64sQQ", name.encode(), start, len(data))
        start += len(data)
    return head + b"".join(data for _, data in groups)
