"""A stretch of a history: which rows of each source can be on a page. Pure."""

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec

What = Literal["added", "ended", "setAside", "verified"]
"""`setAside`: a fact of another member of the file that the file no longer holds for true."""
Field = Literal["names", "identifiers", "addresses", "contactPoints", "birthDate", "status"]
Linked = Literal["merged", "undone"]
Represented = Literal["begun", "ended"]
FileEvent = Literal["change", "representation", "link"]

ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
LAST = UUID(int=2**128 - 1)
FIRST = UUID(int=0)

WITHHELD: dict[Field, str] = {
    "names": "names",
    "identifiers": "identifiers",
    "addresses": "addresses",
    "contactPoints": "contact_points",
    "birthDate": "birth_date_known",
}
"""Field of a change -> the field of a customer that whoever may not see it may not see."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Rows (at, id) below `before` and not older than `since`, newest first.

    Attributes:
        members: every customer of the file.
        before: sort values that the rows come after on the way back in time.
        since: the oldest moment.
        most: rows at most.
        text: characters of a long text at most.
    """

    members: list[UUID]
    before: tuple[datetime, UUID] = (NEVER, LAST)
    since: datetime = ALWAYS
    most: int
    text: int

    @property
    def args(self) -> tuple[object, ...]:
        """The first five parameters of every statement of a source: members, before (2), since, most."""
        return (self.members, *self.before, self.since, self.most)


def earliest(cursor: tuple[datetime, UUID] | None, until: datetime | None) -> tuple[datetime, UUID]:
    """Where a page starts: after the cursor, and before the moment `until`."""
    ends = [one for one in (cursor, (until, FIRST) if until else None) if one is not None]
    return min(ends, default=(NEVER, LAST))
