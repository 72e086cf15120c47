"""How often names occur: counted from the base itself, kept per process."""

import time
from functools import partial
from weakref import WeakKeyDictionary

import msgspec

from backend.crm.matching.service.statements import FREQUENCIES, SIZE
from backend.kit.changes import ChangeFeed
from backend.kit.work import Work

TOPIC = "matchFrequency"
KEPT_SECONDS = 600.0
LEAST = 50
"""A name that fewer customers have is in no table: who has it could be told from it."""


class Frequencies(msgspec.Struct, frozen=True):
    """The size of the base and the customers per frequent name.

    Attributes:
        everybody: customers that can be found.
        customers: by key.
        until: when they are read again (monotonic).
    """

    everybody: int
    customers: dict[int, int]
    until: float


_HELD: "WeakKeyDictionary[ChangeFeed, Frequencies]" = WeakKeyDictionary()
"""Per change feed, so per process (and per platform in tests). Statistics: ten minutes old is as good as new."""


def _forget(feed: ChangeFeed) -> None:
    _HELD.pop(feed, None)


async def frequencies(work: Work) -> Frequencies:
    """The frequencies, from memory when they were read in the last ten minutes."""
    held = _HELD.get(work.feed)
    if held is not None and held.until > time.monotonic():
        return held
    if held is None:
        work.feed.on(TOPIC, partial(_forget, work.feed))
    rows = await work.uow.fetch(FREQUENCIES)
    everybody = int(await work.uow.fetchval(SIZE) or 0)
    read = Frequencies(everybody, {row["key"]: row["customers"] for row in rows}, time.monotonic() + KEPT_SECONDS)
    _HELD[work.feed] = read
    return read


def is_big(work: Work, most: int) -> bool:
    """Whether the base had more than `most` customers when it was last counted; False when that is not known here."""
    held = _HELD.get(work.feed)
    return held is not None and held.everybody > most
