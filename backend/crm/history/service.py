"""What this module knows of a customer's history, in one statement."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec

from backend.crm.history.rules import WITHHELD, Field, Linked, Represented, Span, What
from backend.crm.history.schemas import ChangeEntry, Dated, FactChange, LinkEntry, RepresentationEntry
from backend.crm.representation.rules import Role
from backend.crm.rules import Source, address_line, full_name, mask_ssin
from backend.kit.crypto import KeyRing
from backend.kit.db import Row
from backend.kit.work import Work

_FACTS = """
 SELECT 'names' AS field, customer_id, id, source, recorded_at, ended_at, NULL::timestamptz AS verified_at, type,
        ARRAY[label, given, family] AS words, NULL::bytea AS sealed
   FROM customer_name WHERE customer_id = ANY($1::uuid[])
 UNION ALL
 SELECT 'identifiers', customer_id, id, source, recorded_at, ended_at, NULL, type, ARRAY[number], value
   FROM customer_identifier WHERE customer_id = ANY($1::uuid[])
 UNION ALL
 SELECT 'addresses', customer_id, id, source, recorded_at, ended_at, NULL, NULL,
        CASE WHEN NOT EXISTS (
          SELECT FROM customer_address h WHERE h.customer_id = ANY($1::uuid[]) AND h.undisclosed
             AND h.postcode = a.postcode AND h.folded_number IS NOT DISTINCT FROM a.folded_number)
        THEN ARRAY[street, number, box, postcode, municipality] END, NULL
   FROM customer_address a WHERE customer_id = ANY($1::uuid[])
 UNION ALL
 SELECT 'contactPoints', customer_id, id, source, recorded_at, ended_at,
        CASE WHEN verified_at > recorded_at THEN verified_at END, type, ARRAY[typed], NULL
   FROM customer_contact_point WHERE customer_id = ANY($1::uuid[])
"""
_NEWEST = "(at, id) < ($2, $3) AND at >= $4 ORDER BY at DESC, id DESC LIMIT $5"
# of representations and merges both halves at once: a row is in the file on one side only, see `_OF` of representations
_EVENTS = f"""
WITH fact AS ({_FACTS}),
told AS (
 SELECT recorded_at AS at, 'added' AS what, fact.* FROM fact
 UNION ALL SELECT ended_at, 'ended', fact.* FROM fact WHERE ended_at IS NOT NULL
 UNION ALL SELECT verified_at, 'verified', fact.* FROM fact WHERE verified_at IS NOT NULL
 UNION ALL SELECT s.at, 'setAside', fact.* FROM fact JOIN customer_superseded s ON s.fact_id = fact.id
    WHERE s.field = 'fact' AND s.customer_id = ANY($1::uuid[])
 UNION ALL SELECT s.at, 'setAside', s.field, o.id, o.id, o.source, o.created_at, NULL, NULL, NULL, NULL, NULL
    FROM customer_superseded s JOIN customer o ON o.id = s.fact_id
    WHERE s.field <> 'fact' AND s.customer_id = ANY($1::uuid[])),
together AS (
 SELECT at, (array_agg(id ORDER BY id))[1] AS id, json_build_object('customer_id', customer_id, 'facts',
        json_agg(json_build_object('what', what, 'field', field, 'type', type, 'source', source, 'words', words,
          'id', id, 'sealed', encode(sealed, 'base64')) ORDER BY what, id)) AS content
   FROM told WHERE at <= $2 AND at >= $4 AND field <> ALL($6::text[]) GROUP BY at, customer_id),
acting AS (
 SELECT * FROM representation WHERE representative_id = ANY($1::uuid[])
 UNION SELECT * FROM representation WHERE represented_id = ANY($1::uuid[])),
stood AS (
 SELECT recorded_at AS at, 'begun' AS what, acting.* FROM acting
 UNION ALL SELECT ended_at, 'ended', acting.* FROM acting WHERE ended_at IS NOT NULL),
joined AS (
 SELECT * FROM customer_merge WHERE survivor_id = ANY($1::uuid[])
 UNION SELECT * FROM customer_merge WHERE merged_id = ANY($1::uuid[])),
linked AS (
 SELECT merged_at AS at, 'merged' AS what, id, survivor_id, merged_id, reason FROM joined
 UNION ALL SELECT undone_at, 'undone', id, survivor_id, merged_id, undo_reason FROM joined WHERE undone_at IS NOT NULL)
(SELECT 'change' AS kind, at, id, content::text FROM together WHERE 'change' = ANY($7::text[]) AND {_NEWEST})
UNION ALL
(SELECT 'representation', at, id, json_build_object('what', what, 'representation_id', id, 'role', role, 'reason',
        CASE WHEN what = 'ended' THEN end_reason END, 'sides', ARRAY[representative_id, represented_id])::text
   FROM stood WHERE 'representation' = ANY($7::text[]) AND {_NEWEST})
UNION ALL
(SELECT 'link', at, id, json_build_object('what', what, 'merge_id', id, 'survivor_id', survivor_id, 'merged_id',
        merged_id, 'reason', reason)::text
   FROM linked WHERE 'link' = ANY($7::text[]) AND {_NEWEST})
"""


class _Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as the statement gives it."""

    what: What
    field: Field
    type: str | None
    source: Source
    words: list[str | None] | None
    id: UUID
    sealed: bytes | None


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of one moment."""

    customer_id: UUID
    facts: list[_Fact]


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A representation that began or ended."""

    what: Represented
    representation_id: UUID
    role: Role
    reason: str | None
    sides: tuple[UUID, UUID]


class _Link(msgspec.Struct, frozen=True, kw_only=True):
    """A merge, or its undoing."""

    what: Linked
    merge_id: UUID
    survivor_id: UUID
    merged_id: UUID
    reason: str | None


class FileHistoryService:
    """What became of a file."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def events(self, span: Span, live: UUID, kinds: Collection[str]) -> list[Dated]:
        """What became of the file, of each kind the newest, in one statement.

        `change`: facts that came and went, together per moment, without the fields that the person may not see.
        `representation`: began or ended; not named yet, the caller names those that are shown.
        `link`: merges and their undoing, also with customers that left the file again.

        Args:
            span: which rows.
            live: the live customer of the file, by which a link is known.
            kinds: of `FileEvent`.
        """
        if not kinds:
            return []
        rows = await self._work.uow.fetch(_EVENTS, *span.args, await self._hidden(live), list(kinds))
        return [self._dated(row) for row in rows]

    def _dated(self, row: Row) -> Dated:
        at, entry, content = row["at"], row["id"], row["content"]
        if row["kind"] == "change":
            change = msgspec.json.decode(content, type=_Change)
            facts = [_change(fact, self._work.keys) for fact in change.facts]
            return Dated(at=at, id=entry, change=ChangeEntry(customer_id=change.customer_id, facts=facts))
        if row["kind"] == "representation":
            stood = msgspec.structs.asdict(msgspec.json.decode(content, type=_Standing))
            sides = stood.pop("sides")
            return Dated(at=at, id=entry, representation=RepresentationEntry(**stood), sides=sides)
        link = msgspec.structs.asdict(msgspec.json.decode(content, type=_Link))
        return Dated(at=at, id=entry, link=LinkEntry(**link))

    async def _hidden(self, live: UUID) -> list[str]:
        """Fields of a change that the person may not see of this customer."""
        access = self._work.access
        linked = access.link_matters("customer") and bool(await access.linked([live]))
        withheld = access.policy.withheld("customer", self._work.who, linked=linked)
        return [field for field, name in WITHHELD.items() if withheld is None or name in withheld]


def _change(fact: _Fact, keys: KeyRing) -> FactChange:
    return FactChange(what=fact.what, field=fact.field, type=fact.type, value=_value(fact, keys), source=fact.source)


def _value(fact: _Fact, keys: KeyRing) -> str | None:
    """The value as the profile shows it: a national number masked, an undisclosed address not at all."""
    if fact.sealed is not None:
        return mask_ssin(keys.decrypt(fact.sealed, table="customer_identifier", column="value", row=fact.id))
    if fact.words is None:
        return None
    words: list[Any] = fact.words
    if fact.field == "names":
        label, given, family = words
        return label or full_name(given, family)
    if fact.field == "addresses":
        street, number, box, postcode, municipality = words
        return address_line(street, number, box, (postcode, municipality))
    return str(words[0])
