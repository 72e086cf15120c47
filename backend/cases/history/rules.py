"""What a history holds, and how its sources become one list. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Protocol, TypeVar
from uuid import UUID

import msgspec

from backend.contacts.rules import State
from backend.crm.history.rules import FileEvent

EntryKind = Literal["contact", "question", "message", "contribution", "case", "change", "representation", "link"]
KINDS: tuple[EntryKind, ...] = EntryKind.__args__  # type: ignore[attr-defined] # Literal

OF_FILE: frozenset[FileEvent] = frozenset({"change", "representation", "link"})
ABOUT_QUESTIONS: frozenset[EntryKind] = frozenset({"contact", "question", "message", "contribution"})


class Entry(Protocol):
    """Anything that has a place in a history."""

    @property
    def at(self) -> datetime:
        """When."""
        ...

    @property
    def id(self) -> UUID:
        """Of what; decides among entries of the same moment."""
        ...


E = TypeVar("E", bound=Entry)


class HistoryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; what is None does not count.

    `product`, `department`, `state` and `open` are about a question: its contacts, messages and contributions follow
    it. A case has a product, and is open until it is closed; changes, representations and merges have nothing of it.
    """

    kind: EntryKind | None = None
    since: datetime | None = None
    until: datetime | None = None
    product_id: UUID | None = None
    department_id: UUID | None = None
    state: State | None = None
    open: bool = False

    @property
    def kinds(self) -> frozenset[EntryKind]:
        """The kinds of entries that can fit."""
        kinds = frozenset(KINDS)
        if self.department_id is not None or self.state is not None:
            kinds = ABOUT_QUESTIONS
        elif self.product_id is not None or self.open:
            kinds = ABOUT_QUESTIONS | {"case"}
        return kinds if self.kind is None else kinds & {self.kind}

    def scope(self, live: UUID) -> str:
        """What a cursor is valid for: this file with this filter."""
        return f"customerHistory:{live}:{msgspec.json.encode(self).decode()}"


def newest_first(sources: Iterable[Iterable[E]], most: int) -> list[E]:
    """The newest entries of all sources together, each of which gives its own newest."""
    return sorted((one for source in sources for one in source), key=lambda one: (one.at, one.id), reverse=True)[:most]
