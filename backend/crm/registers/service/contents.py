"""Differences as rows: what they hold is encrypted, as it is what registers say about people."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.crm.registers.rules import Decision, Difference, Field, Verdict
from backend.crm.registers.schemas import DifferenceView
from backend.crm.registers.service.told import Taken
from backend.kit.crypto import KeyRing
from backend.kit.db import Row

_PLACE = {"table": "register_difference", "column": "content"}


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is in a difference until it is decided; `theirs` only when it may be shown."""

    taken: Taken
    ours: tuple[str, ...] = ()
    theirs: str | None = None
    hidden: bool = False
    ends: tuple[UUID, ...] = ()


_CONTENT = msgspec.json.Decoder(Content)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A difference as it is in the table; `content` is None once it was decided."""

    id: UUID
    lookup_id: UUID
    field: Field
    kind: str
    verdict: Verdict
    decision: Decision
    content: Content | None

    @property
    def view(self) -> DifferenceView:
        """As people see it."""
        content = self.content
        return DifferenceView(
            id=self.id,
            field=self.field,
            type=self.kind or None,
            verdict=self.verdict,
            decision=self.decision,
            ours=content.ours if content else (),
            theirs=content.theirs if content else None,
            shielded=bool(content and content.hidden),
        )


def to_rows(differences: Sequence[Difference], taken: Sequence[Taken | None], keys: KeyRing) -> list[dict[str, Any]]:
    """New rows, for a JSON parameter; `taken` belongs to the differences in order."""
    rows = []
    for one, kept in zip(differences, taken, strict=True):
        row = uuid7()
        content = Content(taken=kept or Taken(), ours=one.ours, theirs=one.shown, hidden=one.hidden, ends=one.ends)
        rows.append(
            {
                "id": row,
                "field": one.field,
                "kind": one.kind,
                "verdict": one.verdict,
                "decision": "open" if one.acceptable else "none",
                "content": keys.encrypt(msgspec.json.encode(content).decode(), **_PLACE, row=row),
            }
        )
    return rows


def from_rows(rows: Sequence[Row], keys: KeyRing) -> list[Stored]:
    """Rows as they were stored, opened."""
    found = []
    for row in rows:
        sealed = row["content"]
        content = None if sealed is None else _CONTENT.decode(keys.decrypt(sealed, **_PLACE, row=row["id"]))
        found.append(Stored(**{**dict(row), "content": content}))
    return found
