"""News between modules: published by a lower module, heard by a higher one, in the same transaction, synchronously."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, dataclass_transform

import msgspec

from backend.kit.schema import Shape


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Event(msgspec.Struct, metaclass=Shape, frozen=True):
    """Base of every event; carries ids and codes, never personal data."""


E = TypeVar("E", bound=Event)


class EventBus:
    """Who listens to what; wired once in `app.py`."""

    def __init__(self) -> None:
        self._listeners: dict[type[Event], list[Callable[[Any, Any], Awaitable[None]]]] = defaultdict(list)

    def subscribe(self, kind: type[E], listener: Callable[[Any, E], Awaitable[None]]) -> None:
        """Call `listener(work, event)` for every event of this very type."""
        self._listeners[kind].append(listener)

    async def publish(self, work: Any, event: Event) -> None:
        """Tell every listener; an exception of one undoes the transaction."""
        for listener in self._listeners[type(event)]:
            await listener(work, event)
