"""Reads the groups of synonyms that are in force: the list of this release with the city's decisions over it."""

from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec

from backend.catalogue.rules.synonyms import Decision, Group, Shipped, overlay, shipped
from backend.kit.db import UnitOfWork, rows_to

_FILE = Path(__file__).parents[1] / "data" / "synonyms.json"
_DECISIONS = "SELECT id, phrases, removed, note, changed_at, version FROM synonym_group ORDER BY id"


@cache
def shipped_synonyms() -> dict[UUID, Shipped]:
    """The synonyms of this release, by id."""
    return shipped(msgspec.json.decode(_FILE.read_bytes(), type=dict[str, list[str]]))


async def synonym_groups(uow: UnitOfWork) -> dict[UUID, Group]:
    """Every group of synonyms by id, also those that the city removed."""
    return overlay(shipped_synonyms(), rows_to(Decision, await uow.fetch(_DECISIONS)))
