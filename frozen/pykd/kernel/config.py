# SPDX-License-Identifier: GPL-2.0-or-later
"""How the kernel was built: its configuration, where it keeps it (CONFIG_IKCONFIG)."""

from __future__ import annotations

from _pykd import Error, NotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump

MAX_PACKED, MAX_TEXT = 1 << 20, 1 << 24
_START = b"IKCFG_ST"


def configuration(dump: Dump) -> str:
    """The ``.config`` of the kernel: a gzip file between the marks ``IKCFG_ST`` and ``IKCFG_ED`` in kernel/configs.c.

    :raises NotFoundError: the kernel does not have it.
    :raises FaultError: it cannot be read.
    :raises Error: it is damaged.
    """
    import zlib

    address = dump.address_of("kernel_config_data", "", default=0)
    if not address:
        raise NotFoundError("kernel_config_data does not exist in this kernel")
    end = dump.address_of("kernel_config_data_end", "", default=0)
    size = end - address if end > address else dump.symbol("kernel_config_data", "").size
    # 13610aa908dc ("kernel/configs: use .incbin directive to embed config_data.gz") (in v5.1): the symbol is behind the mark
    data = dump.read(address, min(size, MAX_PACKED)).removeprefix(_START)
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, MAX_TEXT).decode("utf-8", "replace")
    except zlib.error as error:
        raise Error(f"kernel_config_data cannot be decompressed: {error}") from None
