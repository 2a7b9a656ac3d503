# SPDX-License-Identifier: GPL-2.0-or-later
"""What the end of a request wakes: the things by which threads wait for it."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.mm.pages import head_of, head_offset

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_BIOS = 4096
"""Of one request"""
MAX_PAGES = 4096
"""Of one bio"""


def bios(request: Any) -> Iterator[Any]:
    """Each ``struct bio`` that is left of a ``struct request``. :raises FaultError:"""
    bio = request.bio
    for _ in range(MAX_BIOS):
        if not bio:
            return
        yield bio
        bio = bio.bi_next


def pages(dump: Dump, bio: Any) -> Iterator[int]:
    """Address of the ``struct page`` of each part that is left of a ``struct bio``, of a compound page that of the first. :raises FaultError:"""
    table = int(bio.bi_io_vec)
    iterator = bio.bi_iter
    left, index = int(iterator.bi_size), int(iterator.bi_idx)
    if not table or not left:
        return
    kind: Any = dump.struct_class("struct bio_vec")
    left += int(iterator.bi_bvec_done)
    info = head_offset(dump)
    for _ in range(MAX_PAGES):
        part = kind(table + index * kind.PYT_type.size)
        page = int(part.bv_page)
        if page:
            yield head_of(page, dump.read_unsigned(page + info))
        left -= int(part.bv_len)
        index += 1
        if left <= 0 or not int(part.bv_len):
            return


def wakes(dump: Dump, request: Any) -> set[int]:
    """Addresses of what the end of a ``struct request`` ends a wait for: its ``end_io_data`` (the completion of blk_execute_rq(), at its
    start), ``bi_private`` of its bios (the completion of submit_bio_wait(), a ``struct buffer_head``), the ``struct page`` of these.

    What cannot be read is left out.
    """
    found: set[int] = set()
    try:
        found.add(int(request.end_io_data))
        for bio in bios(request):
            found.add(int(bio.bi_private))
            found.update(pages(dump, bio))
    except Error:
        pass
    return found - {0}
