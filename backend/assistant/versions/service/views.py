"""Versions as they are shown."""

from typing import Any
from uuid import UUID

from backend.assistant.rules import DUTCH, say
from backend.assistant.versions.schemas import FlowPerson, FlowVersionSummary
from backend.kit.db import Row

_SHOWN = frozenset(FlowVersionSummary.__struct_fields__)


def summary_fields(row: Row) -> dict[str, Any]:
    """The fields of a version without its document."""
    fields = {name: value for name, value in row.items() if name in _SHOWN}
    return fields | {
        "flow": row["slug"],
        "title": say(row["title"], DUTCH),
        "department_id": row["owner_department_id"],
        "author": person(row["author_id"], row["author"]),
        "submitter": person(row["submitted_by"], row["submitter"]),
        "reviewer": person(row["reviewer_id"], row["reviewer"]),
    }


def summary_of(row: Row) -> FlowVersionSummary:
    """A version without its document."""
    return FlowVersionSummary(**summary_fields(row))


def person(user_id: UUID | None, name: str | None) -> FlowPerson | None:
    """Who did something; None for the platform itself."""
    return FlowPerson(id=user_id, name=name or "") if user_id else None
