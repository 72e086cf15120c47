"""What can be done with matching."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

import msgspec
import structlog

from backend.crm.matching.rules import (
    FACTORS,
    SMALL_BASE,
    VERSION,
    Match,
    Prepared,
    Subject,
    asked,
    base_levels,
    compare,
    explained,
    kind_of,
    named,
    prepare,
    probabilities,
    restored,
    ruled_out,
    stored,
    total,
)
from backend.crm.matching.service.frequencies import LEAST, TOPIC, frequencies, is_big
from backend.crm.matching.service.names import Names
from backend.crm.matching.service.sealing import hashed, hashed_all, opened, sealed, ssin_hashes
from backend.crm.matching.service.statements import (
    ABSENT,
    ADD_KEYS,
    ADD_PROFILES,
    COUNT,
    FIND,
    OLD,
    READ,
    REMOVE,
    WRITE,
)
from backend.kit.crypto import DecryptionFailed
from backend.kit.db import Statement
from backend.kit.work import Work

CAP = 100
"""Customers per key; a key that more of them share says too little."""
CANDIDATES = 60
CANDIDATES_BIG = 120
"""In a base above `SMALL_BASE`, where many people share every part of a name."""
SLICES = 32

log = structlog.get_logger("matching")


class _Row(msgspec.Struct, frozen=True):
    """What is stored of a customer, but for the versions."""

    customer_id: UUID
    profile: bytes
    keys: list[int]


class MatchService:
    """Customers that may be the same as somebody.

    Args:
        work: the unit of work and its surroundings.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._new: list[_Row] = []

    async def find(self, subject: Subject, *, without: Collection[UUID] = (), most: int = 10) -> list[Match]:
        """The customers that are most likely the subject, best first; who is ruled out comes last.

        Args:
            subject: whom to look for.
            without: customers to leave out.
            most: how many to give at most.
        """
        return await self._find(self._prepared(subject), without, most, CAP)

    async def find_by_name(self, text: str, most: int = 20) -> list[Match]:
        """The customers whose name is most like a text, best first: a person in whatever order, or an organisation.

        Args:
            text: as typed; spelling mistakes are fine.
            most: how many to give at most.
        """
        return await self._find(self._prepared(named(text)), (), most, CAP + 1)

    async def _find(self, one: Prepared, without: Collection[UUID], most: int, cap: int) -> list[Match]:
        """Find candidates and judge them; with a `cap` above `CAP` too common keys count too: better some than none."""
        known = await frequencies(self._work)
        small = known.everybody <= SMALL_BASE
        texts = asked(one, small=small)
        if not texts:
            return []
        keys = hashed_all(texts, self._work.keys)
        rows = await self._work.uow.fetch(
            FIND,
            [key for versions in keys for key in versions],
            [FACTORS[kind_of(text)] for text, versions in zip(texts, keys, strict=True) for _ in versions],
            2.0 * max(known.everybody, 1000),
            CAP + 1,
            CANDIDATES if small else CANDIDATES_BIG,
            list(without),
            cap,
        )
        names = Names(known, self._work.keys)
        names.learn([(row["key"], row["held"]) for row in rows if row["key"] is not None], CAP)
        held = [(row["customer_id"], row["profile"]) for row in rows if row["key"] is None]
        return self._judged(one, held, names, most)

    def _judged(self, one: Prepared, held: list[tuple[UUID, bytes]], names: Names, most: int) -> list[Match]:
        """Score candidates; only the best are explained."""
        base = base_levels(names.everybody)
        offset = total(base)
        found = []
        for customer_id, blob in held:
            try:
                other = opened(blob, customer_id, self._work.keys)
            except DecryptionFailed:
                log.warning("match_profile_unreadable", customer_id=str(customer_id))
                continue
            levels = compare(one, other, names.rarity)
            found.append((total(levels) + offset, customer_id, levels, ruled_out(one, other, levels)))
        free = [entry for entry in found if entry[3] is None]
        chances = probabilities([score for score, *_ in free])
        ranked = sorted(zip(chances, free, strict=True), key=lambda pair: (-pair[1][0], pair[1][1]))
        last = sorted((entry for entry in found if entry[3] is not None), key=lambda entry: (-entry[0], entry[1]))
        matches = []
        for chance, (_, customer_id, levels, why) in [*ranked, *((0.0, entry) for entry in last)][:most]:
            parts = explained([*levels, *base])
            matches.append(
                Match(
                    customer_id=customer_id,
                    score=sum(part.weight for part in parts),
                    probability=chance,
                    parts=parts,
                    ruled_out=why,
                )
            )
        return matches

    def write_new(self, customer_id: UUID, subject: Subject) -> None:
        """Store keys and profile of a customer that is new in this transaction, just before its commit."""
        if not self._new:
            self._work.uow.last(self._new_keys)
            self._work.uow.last(self._new_profiles)
        self._new.append(self._row(customer_id, subject))

    def _new_keys(self) -> Statement:
        return ADD_KEYS, (
            [key for row in self._new for key in row.keys],
            [row.customer_id for row in self._new for _ in row.keys],
        )

    def _new_profiles(self) -> Statement:
        ids, profiles = [row.customer_id for row in self._new], [row.profile for row in self._new]
        return ADD_PROFILES, (ids, profiles, *self._new_keys()[1], self._work.keys.writes, VERSION)

    async def write(self, customer_id: UUID, subject: Subject) -> None:
        """Store keys and profile of a live customer, in place of those before."""
        row, ring = self._row(customer_id, subject), self._work.keys
        await self._work.uow.execute(WRITE, customer_id, row.profile, row.keys, ring.writes, VERSION)

    async def remove(self, customer_id: UUID) -> None:
        """Forget a customer, who is then found no more."""
        await self._work.uow.execute(REMOVE, customer_id)

    async def subject(self, customer_id: UUID) -> Subject | None:
        """A customer as it is compared, values in normal form; None when it has no profile."""
        blob = await self._work.uow.fetchval(READ, customer_id)
        return None if blob is None else restored(opened(blob, customer_id, self._work.keys))

    async def outdated(self, most: int) -> list[UUID]:
        """Customers whose profile is missing, or was written with other rules or an older key."""
        rows = await self._work.uow.fetch(OLD, self._work.keys.writes, VERSION, most)
        if len(rows) < most:
            rows += await self._work.uow.fetch(ABSENT, most - len(rows))
        return [row[0] for row in rows]

    async def count_names(self) -> None:
        """Count anew how many customers share each frequent name; for a background run, minutes apart."""
        step = 2**63 // SLICES
        for place in range(SLICES):
            last = place == SLICES - 1
            await self._work.uow.execute(COUNT, place * step, 2**63 - 1 if last else (place + 1) * step, LEAST)
        await self._work.feed.announce(self._work.uow, TOPIC)

    def _row(self, customer_id: UUID, subject: Subject) -> "_Row":
        one, ring = self._prepared(subject), self._work.keys
        keys = list(dict.fromkeys(hashed(stored(one, small=not is_big(self._work, SMALL_BASE)), ring)))
        return _Row(customer_id, sealed(one, customer_id, ring), keys)

    def _prepared(self, subject: Subject) -> Prepared:
        return prepare(subject, partial(ssin_hashes, ring=self._work.keys))
