"""Groups of phrases that mean the same: the shipped list with the city's decisions over it, and what a group must be.

No I/O. Phrases are compared as the search engine compares them: without case, accents and stop words, by their stems.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from backend.kit.search.dutch import stems, typed_words
from backend.kit.search.stop_words import STOP_WORDS
from backend.kit.search.synonyms import essential

Origin = Literal["shipped", "changed", "city", "removed"]
"""Whose a group is: as shipped, shipped and changed by the city, the city's own, shipped and removed by the city."""

FEWEST, MOST = 2, 25
SHORTEST, LONGEST = 2, 60
MOST_GROUPS_OF_A_PHRASE = 5

_SPACE = UUID("5b1f7a52-2f0c-5d0e-9c53-6f6e8a2c1d47")
"""Of the ids of shipped groups; never changes, or a city's decisions would be about nothing."""
_PLAIN = str.maketrans({"\u00a0": " ", "’": "'", "‘": "'", "–": "-", "‐": "-", "‑": "-"})
_ALLOWED = re.compile(r"[^\W_]|[ '&+./()%°!?,:-]")
_SAYS = re.compile(r"[^\W\d_]|\d{3}")
"""A letter, or a short number that people know: 112, 1722."""

Meaning = tuple[str, ...]
"""What is left of a phrase when it is compared: the stems of its words."""


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """A group of the list that comes with the platform."""

    id: UUID
    key: str
    phrases: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the city decided about one group, as it is stored.

    Attributes:
        id: of a shipped group, or the city's own.
        phrases: instead of the shipped ones; empty = as shipped (a decision that was taken back keeps its row, so that
            its version never counts twice).
    """

    id: UUID
    phrases: Sequence[str]
    removed: bool
    note: str | None
    changed_at: datetime
    version: int


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group as it is now.

    Attributes:
        key: its name in the shipped list; none for a group of the city.
        phrases: what counts; of a removed group, what counted.
        shipped: the text of the release that runs.
        version: 0 as long as the city decided nothing about it.
    """

    id: UUID
    origin: Origin
    phrases: tuple[str, ...]
    key: str | None = None
    shipped: tuple[str, ...] = ()
    note: str | None = None
    changed_at: datetime | None = None
    version: int = 0

    @property
    def kept(self) -> frozenset[str]:
        """What may stay in it when it changes."""
        return frozenset((*self.phrases, *self.shipped))


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a group; `place` is `phrases`, or `phrases[3]` for the fourth one."""

    place: str
    detail: str


Others = Callable[[str], Sequence[Group]]
"""The other groups in use that a phrase is in too."""


def shipped(listed: Mapping[str, Sequence[str]]) -> dict[UUID, Shipped]:
    """The groups of a shipped list (key -> phrases) by id; an id is that of its key, release after release."""
    found = (Shipped(id=shipped_id(key), key=key, phrases=tuple(map(tidy, phrases))) for key, phrases in listed.items())
    return {one.id: one for one in found}


def shipped_id(key: str) -> UUID:
    """The id of the shipped group with this key."""
    return uuid5(_SPACE, key)


def overlay(base: Mapping[UUID, Shipped], decisions: Iterable[Decision]) -> dict[UUID, Group]:
    """Every group: the shipped ones, with what the city decided over them, and the city's own.

    A group that the city changed and a newer release no longer has, becomes the city's own.
    """
    groups = {
        one.id: Group(id=one.id, origin="shipped", key=one.key, phrases=one.phrases, shipped=one.phrases)
        for one in base.values()
    }
    for decision in decisions:
        held = groups.get(decision.id)
        if held is None and (decision.removed or not decision.phrases):
            continue  # about a group that this release does not have
        groups[decision.id] = Group(
            id=decision.id,
            origin=_origin(held, decision),
            key=held.key if held else None,
            phrases=tuple(decision.phrases) or (held.phrases if held else ()),
            shipped=held.shipped if held else (),
            note=decision.note,
            changed_at=decision.changed_at,
            version=decision.version,
        )
    return groups


def _origin(held: Group | None, decision: Decision) -> Origin:
    if held is None:
        return "city"
    if decision.removed:
        return "removed"
    return "changed" if decision.phrases else "shipped"


def effective(groups: Iterable[Group]) -> tuple[tuple[str, ...], ...]:
    """What the search engine works with."""
    return tuple(group.phrases for group in groups if group.origin != "removed")


def tidy(phrase: str) -> str:
    """A phrase as it is kept: lower case, one space between words, plain apostrophes and hyphens."""
    plain = unicodedata.normalize("NFC", phrase).translate(_PLAIN).lower()
    return " ".join(word for word in plain.split(" ") if word)


@lru_cache(maxsize=32_768)
def meaning(phrase: str) -> Meaning:
    """What the search engine compares of a phrase; empty when there is no word in it."""
    return tuple(stems(list(essential(typed_words(phrase)))))


class Meanings:
    """The groups in use, by what their phrases mean.

    Args:
        groups: removed ones do not count.
    """

    def __init__(self, groups: Iterable[Group]) -> None:
        self._groups: dict[Meaning, list[Group]] = defaultdict(list)
        for group in groups:
            if group.origin != "removed":
                for one in {meaning(phrase) for phrase in group.phrases}:
                    self._groups[one].append(group)

    def others(self, own: UUID | None) -> Others:
        """Looks up a phrase in all groups but this one."""
        return lambda phrase: [group for group in self._groups.get(meaning(phrase), ()) if group.id != own]


def faults(phrases: Sequence[str], others: Others, kept: Collection[str] = ()) -> list[Fault]:
    """Everything that is wrong with the (tidy) phrases of a group, each with its place.

    Args:
        phrases: after `tidy`.
        others: looks up a phrase in the other groups.
        kept: phrases that the group has already or shipped with; they may stay, whatever they are.
    """
    found = []
    if not FEWEST <= len(phrases) <= MOST:
        found.append(Fault(place="phrases", detail=f"A group has {FEWEST} to {MOST} phrases, not {len(phrases)}."))
    told = set[str]()
    seen = {meaning(phrase): phrase for phrase in reversed(phrases) if phrase in kept}
    for place, phrase in enumerate(phrases):
        if phrase in kept and phrase not in told:
            detail = None
        else:
            detail = _wrong(phrase) or _needless(phrase, seen, others)
            seen.setdefault(meaning(phrase), phrase)
        told.add(phrase)
        if detail is not None:
            found.append(Fault(place=f"phrases[{place}]", detail=detail))
    return found


def _needless(phrase: str, seen: Mapping[Meaning, str], others: Others) -> str | None:
    """Why this phrase does not help in this group."""
    if (same := seen.get(meaning(phrase))) is not None:
        return f"Search sees no difference with '{same}'."
    if (number := len(others(phrase))) >= MOST_GROUPS_OF_A_PHRASE:
        return f"Is in {number} other groups already; a phrase can be in {MOST_GROUPS_OF_A_PHRASE} at most."
    return None


def _wrong(phrase: str) -> str | None:
    """Why this cannot be a phrase at all."""
    if not SHORTEST <= len(phrase) <= LONGEST:
        return f"A phrase has {SHORTEST} to {LONGEST} characters, not {len(phrase)}."
    if bad := next((char for char in phrase if not _ALLOWED.match(char)), None):
        shown = f"'{bad}'" if bad.isprintable() else f"U+{ord(bad):04X}"
        return f"The character {shown} cannot be in a phrase."
    words = typed_words(phrase)
    if not any(_SAYS.search(word) for word in words):
        return "There is no letter, nor a number of three digits, in it that search can read."
    if phrase[0] != "'" and not phrase[0].isalnum():
        return "A phrase begins with a letter or a digit."
    if all(word in STOP_WORDS for word in words):
        return "Search passes over these words: they say nothing about a subject."
    return None


def wider(phrases: Iterable[str], others: Others) -> Group | None:
    """A group that has every one of these phrases already: next to it they would add nothing."""
    held: dict[UUID, Group] | None = None
    for phrase in phrases:
        groups = {group.id: group for group in others(phrase)}
        held = groups if held is None else {key: group for key, group in held.items() if key in groups}
    return next(iter(held.values()), None) if held else None
