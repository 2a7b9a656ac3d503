# SPDX-License-Identifier: GPL-2.0-or-later
"""Expressions of nftables: what each does, in the words of ``nft --debug=netlink list ruleset``.

Numbers of keys and operations are the kernel's interface to programs (include/uapi/linux/netfilter/nf_tables.h) and stay.
"""

from __future__ import annotations

from pykd.kernel import timekeeping
from pykd.values.named import name_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _pykd import Dump

META = (
    "len", "protocol", "priority", "mark", "iif", "oif", "iifname", "oifname", "iiftype", "oiftype", "skuid", "skgid", "nftrace", "rtclassid",
    "secmark", "nfproto", "l4proto", "bri_iifname", "bri_oifname", "pkttype", "cpu", "iifgroup", "oifgroup", "cgroup", "prandom", "secpath",
    "iifkind", "oifkind", "bri_iifpvid", "bri_iifvproto", "time", "day", "hour", "sdif", "sdifname", "broute",
)  # fmt: skip
"""NFT_META_*"""
CT = (
    "state", "direction", "status", "mark", "secmark", "expiration", "helper", "l3protocol", "src", "dst", "protocol", "proto_src", "proto_dst",
    "label", "packets", "bytes", "avgpkt", "zone", "event", "src_ip", "dst_ip", "src_ip6", "dst_ip6", "id",
)  # fmt: skip
"""NFT_CT_*"""
BASES = ("link", "network", "transport", "inner", "tunnel")
"""NFT_PAYLOAD_*"""
COMPARED = ("eq", "neq", "lt", "lte", "gt", "gte")
"""NFT_CMP_*"""
SHIFTS = {1: "<<", 2: ">>", 3: "&", 4: "|", 5: "^"}
"""NFT_BITWISE_* but for NFT_BITWISE_MASK_XOR, which is 0"""
UNITS = {1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}
EXTENSIONS = ("ipv6", "tcpopt", "ipv4", "sctp chunk", "dccpopt")
"""NFT_EXTHDR_OP_*"""
ROUTING = ("classid", "nexthop4", "nexthop6", "tcpmss", "ipsec")
"""NFT_RT_*"""
SOCKET = ("transparent", "mark", "wildcard", "cgroupv2")
"""NFT_SOCKET_*"""
LOOKED_UP = ("", "oif", "oifname", "type")
"""NFT_FIB_RESULT_*"""
BY = ("saddr", "daddr", "mark", "iif", "oif")
"""NFTA_FIB_F_* by bit"""
PRESENT = 1 << 5
"""NFTA_FIB_F_PRESENT"""
MAP = 1 << 3
"""NFT_SET_MAP"""
NSEC = 1_000_000_000
WORD = 4
"""Bytes of a part of a register"""
MAX_DATA = 64
"""Bytes of the data of an expression at most, NFT_DATA_VALUE_MAXLEN"""


def _register(number: int) -> int:
    """The kernel counts in words; a register of 16 bytes has a name of its own (``nft_dump_register``)."""
    return number // WORD if number % WORD == 0 else number + WORD


def _words(dump: Dump, place: int, size: int) -> str:
    """Data in words of the machine, of which the last may be filled up with zeros."""
    data = dump.read(place, min(size, MAX_DATA)) if size else b""
    data += bytes(-len(data) % WORD)
    return " ".join(f"0x{int.from_bytes(data[i : i + WORD], dump.byteorder):08x}" for i in range(0, len(data), WORD))


def _at(one: Any, member: str) -> int:
    return int(one) + int(one.fieldOffset(member))


class Expression:
    """A ``struct nft_expr`` with the names that say which variant it is."""

    def __init__(self, dump: Dump, expression: Any) -> None:
        self.dump = dump
        self.ops = expression.ops
        self.name = str(self.ops.type.name)
        self.data = int(expression) + int(expression.fieldOffset("data"))
        symbol = dump.symbol_at(int(self.ops))
        self.variant = symbol.name if symbol is not None and symbol.address == int(self.ops) else ""

    def private(self, struct: str) -> Any:
        """Its own data. :raises NotFoundError: the dump has no such type."""
        return self.dump.object(f"struct {struct}", self.data)


def text(dump: Dump, expression: Any) -> str | None:
    """What a ``struct nft_expr`` does, its name first; None: not known here. Counters and verdicts have rows of their own.

    :raises NotFoundError: the dump lacks its type. :raises FaultError:
    """
    one = Expression(dump, expression)
    maker = _MAKERS.get(one.name)
    said = maker(one) if maker else None
    return None if said is None else f"{one.name} {said}".rstrip()


def constant(dump: Dump, immediate: Any) -> str:
    """What a ``struct nft_immediate_expr`` that is no verdict does."""
    return f"immediate reg {_register(int(immediate.dreg))} {_words(dump, _at(immediate, 'data'), int(immediate.dlen))}"


def _loaded(words: tuple[str, ...], struct: str) -> Callable[[Expression], str]:
    """Of those that load what a key names into a register, or set it from one."""

    def make(one: Expression) -> str:
        private = one.private(struct)
        key = name_at(words, int(private.key))
        if "_set_" in one.variant:
            return f"set {key} with reg {_register(int(private.sreg))}"
        return f"load {key} => reg {_register(int(private.dreg))}"

    return make


def _ct(one: Expression) -> str:
    said = _loaded(CT, "nft_ct")(one)
    # IP_CT_DIR_MAX: of neither direction.
    way = int(one.private("nft_ct").dir) if "_set_" not in one.variant else 2
    return said + (f" , dir {('original', 'reply')[way]}" if way < 2 else "")


def _socket(one: Expression) -> str:
    said = _loaded(SOCKET, "nft_socket")(one)
    private = one.private("nft_socket")
    return said + (f" level {int(private.level)}" if name_at(SOCKET, int(private.key)) == "cgroupv2" else "")


def _payload(one: Expression) -> str:
    private = one.private("nft_payload_set" if "_set_" in one.variant else "nft_payload")
    place = f"{int(private.len)}b @ {name_at(BASES, int(private.base))} header + {int(private.offset)}"
    if "_set_" not in one.variant:
        return f"load {place} => reg {_register(int(private.dreg))}"
    checksum = f"csum_type {int(private.csum_type)} csum_off {int(private.csum_offset)} csum_flags 0x{int(private.csum_flags):x}"
    return f"write reg {_register(int(private.sreg))} => {place} {checksum}"


def _cmp(one: Expression) -> str:
    if one.variant in ("nft_cmp_fast_ops", "nft_cmp16_fast_ops"):
        private = one.private(one.variant.removesuffix("ops") + "expr")
        # The fast form for one word counts in bits.
        size = int(private.len) // 8 if one.variant == "nft_cmp_fast_ops" else int(private.len)
        operation = COMPARED[bool(private.inv)] if private.hasField("inv") else COMPARED[0]
    else:
        private = one.private("nft_cmp_expr")
        size, operation = int(private.len), name_at(COMPARED, int(private.op))
    return f"{operation} reg {_register(int(private.sreg))} {_words(one.dump, _at(private, 'data'), size)}"


def _range(one: Expression) -> str:
    private = one.private("nft_range_expr")
    ends = [_words(one.dump, _at(private, name), int(private.len)) for name in ("data_from", "data_to")]
    return f"{name_at(COMPARED, int(private.op))} reg {_register(int(private.sreg))} {' '.join(ends)}"


def _bitwise(one: Expression) -> str:
    fast = one.variant == "nft_bitwise_fast_ops"
    private = one.private("nft_bitwise_fast_expr" if fast else "nft_bitwise")
    size = WORD if fast else int(private.len)
    target, source = _register(int(private.dreg)), _register(int(private.sreg))
    operation = 0 if fast else int(private.op)
    if operation:
        shift = SHIFTS.get(operation, str(operation))
        second = private.hasField("sreg2") and int(private.sreg2)
        operand = f"reg {_register(second)}" if second else _words(one.dump, _at(private, "data"), WORD)
        return f"reg {target} = ( reg {source} {shift} {operand} )"
    mask, flipped = (_words(one.dump, _at(private, name), size) for name in ("mask", "xor"))
    return f"reg {target} = ( reg {source} & {mask} ) ^ {flipped}"


def _byteorder(one: Expression) -> str:
    private = one.private("nft_byteorder")
    how = ("ntoh", "hton")[int(private.op) & 1]
    # Since v6.8 or so one value at a time: its size is all there is.
    size = int(private.size)
    length = int(private.len) if private.hasField("len") else size
    return f"reg {_register(int(private.dreg))} = {how}(reg {_register(int(private.sreg))}, {size}, {length})"


def _lookup(one: Expression) -> str:
    private = one.private("nft_lookup")
    maps = bool(private.dreg_set) if private.hasField("dreg_set") else bool(int(private.set.flags) & MAP)
    said = f"reg {_register(int(private.sreg))} set {private.set.name}"
    return said + (f" dreg {_register(int(private.dreg))}" if maps else "") + f" 0x{bool(private.invert):x}"


def _dynset(one: Expression) -> str:
    private = one.private("nft_dynset")
    said = f"{name_at(('add', 'update', 'delete'), int(private.op))} reg_key {_register(int(private.sreg_key))} set {private.set.name}"
    if int(private.set.flags) & MAP:
        said += f" sreg_data {_register(int(private.sreg_data))}"
    if int(private.timeout):
        said += f" timeout {int(private.timeout) * 1000 // timekeeping.hz(one.dump)}ms"
    return said


def _log(one: Expression) -> str:
    private = one.private("nft_log")
    how = private.loginfo
    # The module keeps an empty text of its own where a rule names none.
    prefix = str(private.prefix) if private.prefix else ""
    said = f"prefix {prefix} " if prefix else ""
    # NF_LOG_TYPE_ULOG: for a program, by a group of netlink.
    if int(how.type) == 1:
        return said + f"group {int(how.u.ulog.group)} snaplen {int(how.u.ulog.copy_len)} qthreshold {int(how.u.ulog.qthreshold)}"
    return said + f"level {int(how.u.log.level)}" + (f" flags {int(how.u.log.logflags)}" if int(how.u.log.logflags) else "")


def _limit(one: Expression) -> str:
    dump = one.dump
    private = one.private("nft_limit_priv" if dump.find_type("struct", "nft_limit_priv") else "nft_limit")
    unit = int(private.nsecs) // NSEC
    kind = "bytes" if "bytes" in one.variant else "packets"
    return f"rate {int(private.rate)}/{UNITS.get(unit, unit)} burst {int(private.burst)} type {kind} flags 0x{int(private.invert):x}"


def _quota(one: Expression) -> str:
    private = one.private("nft_quota")
    most = int(private.quota.counter)
    return f"bytes {most} consumed {min(int(private.consumed.counter), most)} flags {int(private.flags) & 1}"


def _reject(one: Expression) -> str:
    private = one.private("nft_reject")
    return f"type {int(private.type)} code {int(private.icmp_code)}"


def _ports(private: Any, kind: str) -> str:
    if not int(private.sreg_proto_min):
        return ""
    return f" {kind}_min reg {_register(int(private.sreg_proto_min))} {kind}_max reg {_register(int(private.sreg_proto_max))}"


def _flags(private: Any) -> str:
    return f" flags 0x{int(private.flags):x}" if int(private.flags) else ""


def _nat(one: Expression) -> str:
    private = one.private("nft_nat")
    said = f"{('snat', 'dnat')[int(private.type) & 1]} {'ip6' if int(private.family) == 10 else 'ip'}"
    if int(private.sreg_addr_min):
        said += f" addr_min reg {_register(int(private.sreg_addr_min))} addr_max reg {_register(int(private.sreg_addr_max))}"
    return said + _ports(private, "proto") + _flags(private)


def _to_host(struct: str) -> Callable[[Expression], str]:
    """Of NAT to an address of the host itself."""

    def make(one: Expression) -> str:
        private = one.private(struct)
        return (_ports(private, "proto") + _flags(private)).strip()

    return make


def _fib(one: Expression) -> str:
    private = one.private("nft_fib")
    flags = int(private.flags)
    by = " . ".join(name for bit, name in enumerate(BY) if flags >> bit & 1)
    return f"{by} {name_at(LOOKED_UP, int(private.result))}{' present' if flags & PRESENT else ''} => reg {_register(int(private.dreg))}"


def _numgen(one: Expression) -> str:
    how = "random" if "random" in one.variant else "inc"
    private = one.private(f"nft_ng_{how}")
    said = f"reg {_register(int(private.dreg))} = {how} mod {int(private.modulus)}"
    return said + (f" offset {int(private.offset)}" if int(private.offset) else "")


def _hash(one: Expression) -> str:
    symmetric = "symhash" in one.variant
    private = one.private("nft_symhash" if symmetric else "nft_jhash")
    what = "symhash()"
    if not symmetric:
        seed = 0 if private.autogen_seed else int(private.seed)
        what = f"jhash(reg {_register(int(private.sreg))}, {int(private.len)}, 0x{seed:x})"
    said = f"reg {_register(int(private.dreg))} = {what} % mod {int(private.modulus)}"
    return said + (f" offset {int(private.offset)}" if int(private.offset) else "")


def _queue(one: Expression) -> str:
    private = one.private("nft_queue")
    first, total = int(private.queuenum), int(private.queues_total)
    said = f"sreg_qnum reg {_register(int(private.sreg_qnum))}" if "sreg" in one.variant else f"num {first}" + (f"-{first + total - 1}" if total > 1 else "")
    return said + "".join(f" {name}" for bit, name in enumerate(("bypass", "fanout")) if int(private.flags) >> bit & 1)


def _connlimit(one: Expression) -> str:
    private = one.private("nft_connlimit")
    return f"count {int(private.limit)} flags {int(private.invert):x}"


def _exthdr(one: Expression) -> str:
    private = one.private("nft_exthdr")
    kind = name_at(EXTENSIONS, int(private.op))
    place = f"{int(private.len)}b @ {int(private.type)} + {int(private.offset)}"
    if "_reset" in one.variant or "_strip" in one.variant:
        return f"reset {kind} {int(private.type)}"
    if "_set_" in one.variant:
        return f"write {kind} reg {_register(int(private.sreg))} => {place}"
    return f"load {kind} {place}{' present' if int(private.flags) & 1 else ''} => reg {_register(int(private.dreg))}"


def _objref(one: Expression) -> str:
    if "map" in one.variant:
        private = one.private("nft_objref_map")
        return f"sreg {_register(int(private.sreg))} set {private.set.name}"
    found: Any = one.dump.object("struct nft_object", one.dump.read_unsigned(one.data))
    return f"type {int(found.ops.type.type)} name {found.key.name}"


def _device(one: Expression) -> str:
    """Copies and redirections to another device or host."""
    dump = one.dump
    struct = next((name for name in (f"nft_{one.name}_neigh", f"nft_{one.name}_netdev", f"nft_{one.name}_ipv4") if _is(one, name)), None)
    if struct is None or dump.find_type("struct", struct) is None:
        return ""
    private = one.private(struct)
    return " ".join(f"{name} {_register(int(getattr(private, name)))}" for name in ("sreg_addr", "sreg_dev") if private.hasField(name))


def _is(one: Expression, struct: str) -> bool:
    return one.variant.startswith(struct)


def _compat(one: Expression) -> str:
    """A match or target of iptables (nft_compat); the operations are made for it and lead to it."""
    found: Any = one.dump.object(f"struct xt_{one.name}", int(one.ops.data))
    return f"name {found.name} rev {int(found.revision)}"


_MAKERS: dict[str, Callable[[Expression], str]] = {
    "meta": _loaded(META, "nft_meta"), "ct": _ct, "rt": _loaded(ROUTING, "nft_rt"), "socket": _socket, "payload": _payload, "cmp": _cmp,
    "range": _range, "bitwise": _bitwise, "byteorder": _byteorder, "lookup": _lookup, "dynset": _dynset, "log": _log, "limit": _limit,
    "quota": _quota, "reject": _reject, "nat": _nat, "redir": _to_host("nft_redir"), "masq": _to_host("nft_masq"), "fib": _fib, "numgen": _numgen,
    "hash": _hash, "queue": _queue, "connlimit": _connlimit, "exthdr": _exthdr, "objref": _objref, "dup": _device, "fwd": _device, "match": _compat,
    "target": _compat, "notrack": lambda one: "", "osf": lambda one: f"dreg {_register(int(one.private('nft_osf').dreg))}",
}  # fmt: skip
