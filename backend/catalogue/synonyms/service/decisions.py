"""Writing the city's decisions about synonyms: one at a time, checked, audited, told to every process."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from backend.catalogue.index.service import changed
from backend.catalogue.rules.synonyms import Group, Meanings, Others, faults, tidy, wider
from backend.catalogue.vocabulary.service import synonym_groups
from backend.kit.db import UnitOfWork, encode_json
from backend.kit.problems import BELGIF, Issue, ProblemError, conflict
from backend.kit.work import Work

MOST_DECISIONS = 5_000
"""Groups that a city decides about: far more than anybody keeps up, few enough to build an index with."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('synonym_group'))"
_COUNT = "SELECT count(*) FROM synonym_group"
_DELETE = "DELETE FROM synonym_group WHERE id = $1"
_SAVE = """
INSERT INTO synonym_group (id, phrases, removed, note, changed_at)
SELECT one.id, ARRAY(SELECT jsonb_array_elements_text(one.phrases)), one.removed, one.note, $2
  FROM jsonb_to_recordset($1::jsonb) AS one(id uuid, phrases jsonb, removed boolean, note text)
    ON CONFLICT (id) DO UPDATE
   SET phrases = excluded.phrases, removed = excluded.removed, note = excluded.note, changed_at = excluded.changed_at,
       version = synonym_group.version + 1
"""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be stored about a group; no phrases = those of the shipped list."""

    id: UUID
    phrases: tuple[str, ...]
    removed: bool
    note: str | None


async def locked(uow: UnitOfWork) -> dict[UUID, Group]:
    """Every group, while nobody else changes any until the end of the transaction: groups are checked together."""
    await uow.execute(_LOCK)
    return await synonym_groups(uow)


async def others_of(groups: Mapping[UUID, Group], own: UUID | None) -> Others:
    """Looks up a phrase in all groups but this one; in a thread, since the first time takes a tenth of a second."""
    return (await asyncio.to_thread(Meanings, groups.values())).others(own)


async def save(work: Work, changes: Sequence[Change], fields: Sequence[str]) -> None:
    """Store decisions; 409 when the city has too many."""
    await work.uow.execute(_SAVE, encode_json(changes), work.now)
    if await work.uow.fetchval(_COUNT) > MOST_DECISIONS:
        raise conflict("tooManyGroups", f"A city can decide about {MOST_DECISIONS} groups at most.")
    work.trail.record("synonymGroup", [change.id for change in changes], fields=fields)
    await changed(work)


async def withdraw(work: Work, group_id: UUID) -> None:
    """Delete a group of the city."""
    await work.uow.execute(_DELETE, group_id)
    work.trail.record("synonymGroup", [group_id], fields=["removed"])
    await changed(work)


def checked(phrases: Sequence[str], others: Others, held: Group | None = None) -> tuple[str, ...]:
    """The phrases as they are kept; 400 with everything that is wrong, 409 when another group has them all.

    Args:
        phrases: as somebody typed them.
        others: looks up a phrase in the other groups.
        held: the group that gets them.
    """
    tidied = tuple(tidy(phrase) for phrase in phrases)
    if found := faults(tidied, others, held.kept if held else ()):
        raise ProblemError(400, "The input is not valid.", issues=[issue(one.place, one.detail) for one in found])
    if group := wider(tidied, others):
        raise conflict("synonymGroupContained", contained(group))
    return tidied


def contained(group: Group) -> str:
    """Why a group next to this one adds nothing."""
    return f"All of it is already in group {group.id} ({', '.join(group.phrases[:5])}): change that one."


def issue(place: str, detail: str) -> Issue:
    """One fault of the body."""
    return Issue(type=f"{BELGIF}input-validation:invalidInput", where="body", name=place, detail=detail)
