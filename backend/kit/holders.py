"""Which processes hold which versions of the keys: what they tell each other, and what follows from it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.crypto import KeyRing
from backend.kit.db import Base, Entity, Row

GONE = timedelta(seconds=90)
"""Who was not heard of for so long does nothing any more: its lease (20 s) and then the time-out of a transaction in
which nothing happens (60 s) have passed."""


class KeyHolder(Entity):
    """A running process. `versions` (-> fingerprint) can be read by all it has under way, `writes` is used by any."""

    __tablename__ = "key_holder"

    process: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    versions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    writes: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))


class KeyVersion(Base):
    """A version that the commands added; from `replaced_at` on no process wrote with it any more."""

    __tablename__ = "key_version"

    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    replaced_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    retired_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


HOLDERS = """
SELECT id, process, started_at, extract(epoch FROM clock_timestamp() - seen_at)::float8 AS quiet, versions, writes
  FROM key_holder WHERE seen_at > clock_timestamp() - $1::interval ORDER BY process, id
"""
"""Rows for `holder_of`; `$1` = `GONE`."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A process that runs.

    Attributes:
        process: machine, number and role.
        quiet: seconds since it was heard of.
        versions: what it can read -> fingerprint.
        writes: with what it writes; two for a moment, while it changes over.
    """

    id: UUID
    process: str
    started_at: datetime
    quiet: float
    versions: Mapping[int, str]
    writes: Sequence[int]


class KeysRefused(Exception):
    """This process may not use its keys: it would miss, or hide, what others write. The message holds no key."""


def holder_of(row: Row) -> Holder:
    """A row of `HOLDERS`."""
    versions = {int(version): fingerprint for version, fingerprint in row["versions"].items()}
    return Holder(**{**dict(row), "versions": versions})


def agreed(file: KeyRing, held: KeyRing, wrote: int | None, others: Sequence[Holder]) -> KeyRing:
    """The ring to work with, so that nobody ever writes what another one cannot read.

    Args:
        file: what the key file says.
        held: what this process has in memory.
        wrote: the version with which it writes; None before it was let in.
        others: every other process that runs.

    Returns:
        The ring of the file; its version writes once all others hold it. What others still write with is kept.

    Raises:
        KeysRefused: others write with a version, or under it with keys, that are not in the file.
    """
    for other in others:
        for version in other.versions.keys() & file.fingerprints.keys():
            if other.versions[version] != file.fingerprints[version]:
                raise KeysRefused(f"version {version} has other keys in {other.process}: copy the same file to all")
    used = {version for other in others for version in other.writes}
    ready = {version for version in file.versions if all(version in other.versions for other in others)}
    writes = file.writes if file.writes in ready else wrote
    keep = {*file.versions, *used, *([writes] if writes is not None else [])}
    ring = file.together(held)
    if missing := sorted(used - set(ring.versions)):
        raise KeysRefused(f"the key file lacks version {missing[0]}, with which {_writer(others, missing[0])} writes")
    if writes is None:
        if not ready:
            raise KeysRefused("no version of the key file is known to all other processes")
        writes = max(ready)
    ring = ring.writing(writes)
    for version in set(ring.versions) - keep:
        ring = ring.without(version)
    return ring


def _writer(others: Sequence[Holder], version: int) -> str:
    return next(other.process for other in others if version in other.writes)
