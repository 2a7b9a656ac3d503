# SPDX-License-Identifier: GPL-2.0-or-later
"""Targets of device mapper, by kind: the parameters that ``dmsetup table`` shows, and the devices below them."""

from __future__ import annotations

from _pykd import NotFoundError
from pykd.kernel.block.disks import bdev_name
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump

MAX_LEGS = 4096
"""Devices of one target"""
MAX_WORDS = 256
"""Parameters kept as text, and bytes of a digest"""

QUEUE_IF_NO_PATH, RETAIN_HANDLER = 1 << 1, 1 << 3
"""``multipath.flags`` (MPATHF_*)"""
STRUCTS = {
    "linear": "linear_c", "striped": "stripe_c", "multipath": "multipath", "thin-pool": "pool_c", "thin": "thin_c", "snapshot": "dm_snapshot",
    "snapshot-merge": "dm_snapshot", "snapshot-origin": "dm_origin", "cache": "cache", "raid": "raid_set", "mirror": "mirror_set",
    "crypt": "crypt_config", "delay": "delay_c", "switch": "switch_ctx", "flakey": "flakey_c", "era": "era", "verity": "dm_verity",
}  # fmt: skip
"""By kind of target the struct that ``dm_target.private`` points to"""
MODULES = {"multipath": "dm_multipath", "thin-pool": "dm_thin_pool", "thin": "dm_thin_pool", "raid": "dm_raid", "cache": "dm_cache", "era": "dm_era"}
"""Whose struct has a name that others have too"""


def context(dump: Dump, target: Any) -> Any:
    """What a ``struct dm_target`` keeps (:data:`STRUCTS`); None: its kind keeps nothing that is known here.

    :raises NotFoundError: the dump has no such type. :raises FaultError:
    """
    kind = str(target.type.name)
    name = STRUCTS.get(kind)
    if name is None:
        return None
    found = dump.find_type("struct", f"{MODULES[kind]}!{name}") if kind in MODULES else None
    found = found or dump.find_type("struct", name)
    if found is None:
        raise NotFoundError(f"struct {name} does not exist")
    return dump.object(found, int(target.private))


def parameters(dump: Dump, target: Any) -> list[str] | None:
    """Words of a ``struct dm_target`` as ``dmsetup table`` has them, and behind each device its name in brackets; keys of crypt are zeros, as
    there. None: of this kind they are not known.

    :raises NotFoundError: the dump lacks a type. :raises FaultError:
    """
    kind = str(target.type.name)
    if kind in ("error", "zero"):
        return []
    make = _PARAMETERS.get(kind)
    return [str(word) for word in make(dump, target, context(dump, target))] if make else None


def legs(dump: Dump, target: Any) -> Iterator[Any]:
    """The ``struct block_device`` of each device that holds the data of a ``struct dm_target``; not its metadata.

    :raises NotFoundError: the dump lacks a type. :raises FaultError:
    """
    kind, one = str(target.type.name), context(dump, target)
    if kind in ("linear", "crypt", "flakey", "snapshot-origin"):
        yield one.dev.bdev
    elif kind == "striped":
        yield from (one.stripe[i].dev.bdev for i in range(min(int(one.stripes), MAX_LEGS)))
    elif kind == "mirror":
        yield from (one.mirror[i].dev.bdev for i in range(min(int(one.nr_mirrors), MAX_LEGS)))
    elif kind == "raid":
        yield from (one.dev[i].rdev.bdev for i in range(_raid_disks(one)))
    elif kind == "multipath":
        yield from (path.path.dev.bdev for group in priority_groups(dump, one) for path in paths(dump, group))
    elif kind in ("thin-pool", "thin", "cache", "snapshot", "snapshot-merge", "era", "verity"):
        member = {"thin-pool": "data_dev", "thin": "pool_dev", "cache": "origin_dev", "era": "origin_dev", "verity": "data_dev"}.get(kind, "origin")
        yield getattr(one, member).bdev


def _dev(device: Any) -> tuple[str, str]:
    """Of a ``struct dm_dev``: numbers, and the name in brackets."""
    return str(device.name), f"[{bdev_name(device.bdev)}]"


def _flags(dump: Dump, value: int, names: dict[str, str]) -> list[str]:
    """Words for the bits, whose numbers are enumerators, that are set."""
    found = []
    for name, word in names.items():
        try:
            if value >> dump.enumerator(name) & 1:
                found.append(word)
        except NotFoundError:
            continue
    return found


def _linear(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield from _dev(one.dev)
    yield one.start


def _striped(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield one.stripes
    yield one.chunk_size
    for i in range(min(int(one.stripes), MAX_LEGS)):
        yield from _dev(one.stripe[i].dev)
        yield one.stripe[i].physical_start


# -- multipath


def priority_groups(dump: Dump, multipath: Any) -> Iterator[Any]:
    """Each ``struct priority_group`` of a ``struct multipath``. :raises FaultError, LimitError:"""
    head = int(multipath) + multipath.fieldOffset("priority_groups")
    yield from list_for_each_entry(dump, head, "struct priority_group", "list", limit=MAX_LEGS)


def paths(dump: Dump, group: Any) -> Iterator[Any]:
    """Each ``struct pgpath`` of a ``struct priority_group``. :raises FaultError, LimitError:"""
    yield from list_for_each_entry(dump, int(group) + group.fieldOffset("pgpaths"), "struct pgpath", "list", limit=MAX_LEGS)


def queues_if_no_path(multipath: Any) -> bool:
    """Whether I/O waits while a ``struct multipath`` has no path. :raises FaultError:"""
    return bool(int(multipath.flags) & QUEUE_IF_NO_PATH)


def path_words(dump: Dump, group: Any, path: Any) -> list[str]:
    """What the path selector of a ``struct priority_group`` is told of a ``struct pgpath``: each selector has a ``struct path_info`` of its own.

    :raises FaultError:
    """
    selector = str(group.ps.type.name)
    info = dump.find_type("struct", f"dm_{selector.replace('-', '_')}!path_info")
    address = int(path.path.pscontext)
    if info is None or not address:
        return []
    one: Any = dump.object(info, address)
    return [str(getattr(one, name)) for name in ("repeat_count", "relative_throughput") if info.member(name) is not None]


def _multipath(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    features = ["queue_if_no_path"] if queues_if_no_path(one) else []
    if one.hasField("pg_init_retries") and one.pg_init_retries:
        features += ["pg_init_retries", str(one.pg_init_retries)]
    if int(one.flags) & RETAIN_HANDLER:
        features.append("retain_attached_hw_handler")
    handler = []
    if one.hw_handler_name:
        handler = [str(one.hw_handler_name), *(str(one.hw_handler_params).split() if one.hw_handler_params else ())]
    yield from (len(features), *features, len(handler), *handler, one.nr_priority_groups)
    groups = list(priority_groups(dump, one))
    ahead = one.next_pg or one.current_pg
    yield ahead.pg_num if ahead else 1 if groups else 0
    for group in groups:
        yield from (group.ps.type.name, 0, group.nr_pgpaths, group.ps.type.table_args)
        for path in paths(dump, group):
            yield from _dev(path.path.dev)
            yield from path_words(dump, group, path)


# -- thin, snapshots, cache


def _thin_pool(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield from _dev(one.metadata_dev)
    yield from _dev(one.data_dev)
    yield one.pool.sectors_per_block
    yield one.low_water_blocks if one.hasField("low_water_blocks") else one.pool.low_water_blocks
    asked = one.requested_pf if one.hasField("requested_pf") else one.pf
    words = [] if asked.zero_new_blocks else ["skip_block_zeroing"]
    words += [] if asked.discard_enabled else ["ignore_discard"]
    words += [] if asked.discard_passdown else ["no_discard_passdown"]
    words += ["read_only"] if str(asked.mode) == "PM_READ_ONLY" else []
    words += ["error_if_no_space"] if asked.error_if_no_space else []
    yield from (len(words), *words)


def _thin(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield from _dev(one.pool_dev)
    yield one.dev_id
    if one.hasField("origin_dev") and one.origin_dev:
        yield from _dev(one.origin_dev)


def _origin(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield from _dev(one.dev)


def _snapshot(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield from _dev(one.origin)
    yield from _dev(one.cow)
    store = one.store
    name = str(store.type.name)
    yield "PO" if name == "P" and store.userspace_supports_overflow else name
    yield store.chunk_size


def _texts(dump: Dump, table: int, count: int) -> Iterator[str]:
    """Texts that an array of pointers holds."""
    kind: Any = dump.struct_class("char *")
    for number in range(min(count, MAX_WORDS)):
        yield str(kind(dump.read_unsigned(table + 8 * number)).text)


def _cache(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    for device in (one.metadata_dev, one.cache_dev, one.origin_dev):
        yield from _dev(device)
    yield from _texts(dump, int(one.ctr_args), int(one.nr_ctr_args))


# -- mirror and raid


def _log(dump: Dump, log: Any) -> Iterator[Any]:
    """Of a ``struct dm_dirty_log`` of the kinds core and disk."""
    kind = str(log.type.name)
    one: Any = dump.object("struct log_c", int(log.context))
    words = [*(_dev(one.log_dev) if kind == "disk" else ()), str(one.region_size)]
    words += {"NOSYNC": ["nosync"], "FORCESYNC": ["sync"]}.get(str(one.sync), [])
    yield from (kind, len(words) - (kind == "disk"), *words)


def _mirror(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    log = dump.object("struct dm_region_hash", int(one.rh)).log
    yield from _log(dump, log)
    yield one.nr_mirrors
    for i in range(min(int(one.nr_mirrors), MAX_LEGS)):
        yield from _dev(one.mirror[i].dev)
        yield one.mirror[i].offset
    words = [word for bit, word in ((1, "handle_errors"), (2, "keep_log")) if int(one.features) & bit]
    if words:
        yield from (len(words), *words)


def _raid_disks(one: Any) -> int:
    return min(int(one.raid_disks if one.hasField("raid_disks") else one.md.raid_disks), MAX_LEGS)


def _raid(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    flags = int(one.ctr_flags)
    words: list[Any] = []
    given = [name for bit, name in enumerate(_RAID_FLAGS) if flags >> bit & 1]
    # in the order of raid_status()
    words += [name for name in ("sync", "nosync") if name in given]
    if "rebuild" in given:
        rebuild = [int(one.rebuild_disks[i // 64]) >> i % 64 & 1 for i in range(_raid_disks(one))]
        words += [word for i, wanted in enumerate(rebuild) if wanted for word in ("rebuild", one.dev[i].rdev.raid_disk)]
    values: dict[str, Callable[[], Any]] = {
        "daemon_sleep": lambda: one.md.bitmap_info.daemon_sleep,
        "min_recovery_rate": lambda: one.md.sync_speed_min,
        "max_recovery_rate": lambda: one.md.sync_speed_max,
        "max_write_behind": lambda: one.md.bitmap_info.max_write_behind,
        "stripe_cache": lambda: dump.object("struct r5conf", int(one.md.private)).max_nr_stripes if one.md.private else 0,
        "region_size": lambda: int(one.md.bitmap_info.chunksize) >> 9,
        "raid10_copies": lambda: max(int(one.md.layout) & 0xFF, int(one.md.layout) >> 8 & 0xFF),
        "raid10_format": lambda: _raid10_format(int(one.md.layout)),
        "delta_disks": lambda: max(int(one.delta_disks), int(one.md.delta_disks)),
        "data_offset": lambda: one.data_offset,
        "journal_dev": lambda: one.journal_dev.dev.name if one.journal_dev.dev else "-",
        "journal_mode": lambda: "writeback" if int(one.journal_dev.mode) else "writethrough",
    }
    for name, value in values.items():
        if name in given:
            words += [name, value()]
        if name == "max_recovery_rate" and "write_mostly" in given:
            bit = dump.enumerator("WriteMostly")
            words += [word for i in range(_raid_disks(one)) if int(one.dev[i].rdev.flags) >> bit & 1 for word in ("write_mostly", i)]
    yield from (one.raid_type.name, len(words) + 1, one.md.new_chunk_sectors, *words, _raid_disks(one))
    for i in range(_raid_disks(one)):
        for device in (one.dev[i].meta_dev, one.dev[i].data_dev):
            yield from _dev(device) if device else "-"


_RAID_FLAGS = (
    "sync", "nosync", "rebuild", "daemon_sleep", "min_recovery_rate", "max_recovery_rate", "max_write_behind", "write_mostly", "stripe_cache",
    "region_size", "raid10_copies", "raid10_format", "delta_disks", "data_offset", "raid10_use_near_sets", "journal_dev", "journal_mode",
)  # fmt: skip
"""Bits of ``raid_set.ctr_flags`` (__CTR_FLAG_*)"""


def _raid10_format(layout: int) -> str:
    if layout & 1 << 16:
        return "offset"
    return "near" if layout & 0xFF > 1 else "far"


# -- the rest


def _crypt(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield one.cipher_string
    size = min(int(one.key_size), MAX_WORDS)
    if one.hasField("key_string") and one.key_string:
        yield f":{size}:{one.key_string}"
    else:
        yield "00" * size or "-"
    yield one.iv_offset
    yield from _dev(one.dev)
    yield one.start
    words = ["allow_discards"] if int(target.num_discard_bios) else []
    words += _flags(dump, int(one.flags), {
        "DM_CRYPT_SAME_CPU": "same_cpu_crypt", "DM_CRYPT_HIGH_PRIORITY": "high_priority", "DM_CRYPT_NO_OFFLOAD": "submit_from_crypt_cpus",
        "DM_CRYPT_NO_READ_WORKQUEUE": "no_read_workqueue", "DM_CRYPT_NO_WRITE_WORKQUEUE": "no_write_workqueue",
    })  # fmt: skip
    if one.hasField("sector_size") and int(one.sector_size) != 512:
        words.append(f"sector_size:{one.sector_size}")
    if words:
        yield from (len(words), *words)


def _delay(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    # 3876ac76edde ("dm delay: refactor repetitive code") (in v4.18): a struct for each way
    for name in ("read", "write", "flush"):
        way = getattr(one, name)
        if name == "read" or int(one.argc) >= {"write": 6, "flush": 9}[name]:
            yield from _dev(way.dev)
            yield from (way.start, way.delay)


def _switch(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield from (one.nr_paths, one.region_size, 0)
    for i in range(min(int(one.nr_paths), MAX_LEGS)):
        yield from _dev(one.path_list[i].dmdev)
        yield one.path_list[i].start


def _flakey(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield from _dev(one.dev)
    yield from (one.start, one.up_interval, one.down_interval)
    words: list[Any] = _flags(dump, int(one.flags), {"ERROR_READS": "error_reads", "DROP_WRITES": "drop_writes", "ERROR_WRITES": "error_writes"})
    if int(one.corrupt_bio_byte):
        way = "w" if int(one.corrupt_bio_rw) else "r"
        words += ["corrupt_bio_byte", one.corrupt_bio_byte, way, one.corrupt_bio_value, int(one.corrupt_bio_flags)]
    yield from (len(words), *words)


def _era(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield from _dev(one.metadata_dev)
    yield from _dev(one.origin_dev)
    yield one.sectors_per_block


def _verity(dump: Dump, target: Any, one: Any) -> Iterator[Any]:
    yield one.version
    yield from _dev(one.data_dev)
    yield from _dev(one.hash_dev)
    yield from (1 << int(one.data_dev_block_bits), 1 << int(one.hash_dev_block_bits), one.data_blocks, one.hash_start, one.alg_name)
    yield dump.read(int(one.root_digest), min(int(one.digest_size), MAX_WORDS)).hex()
    yield dump.read(int(one.salt), min(int(one.salt_size), MAX_WORDS)).hex() if int(one.salt_size) else "-"
    mode = {"DM_VERITY_MODE_LOGGING": "ignore_corruption", "DM_VERITY_MODE_RESTART": "restart_on_corruption"}.get(str(one.mode))
    if mode:
        yield from (1, mode)


_PARAMETERS = {
    "linear": _linear, "striped": _striped, "multipath": _multipath, "thin-pool": _thin_pool, "thin": _thin, "snapshot-origin": _origin,
    "snapshot": _snapshot, "snapshot-merge": _snapshot, "cache": _cache, "raid": _raid, "mirror": _mirror, "crypt": _crypt, "delay": _delay,
    "switch": _switch, "flakey": _flakey, "era": _era, "verity": _verity,
}  # fmt: skip
