"""Suggestions without I/O: which ones are shown, what a new look at the data changes, what a person may decide."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from backend.crm.matching.rules import VERSION, WEIGHTS, Match, Part, Subject
from backend.kit.clock import BRUSSELS
from backend.kit.text import fold

ENGINE = f"{VERSION}.{WEIGHTS.version}"
"""Which rules and weights compute scores."""

SUGGEST = "crm.suggest"
"""Topic of the outbox: look for customers that may be the same as this one; ids: `customer`."""
WALK = "crm.matchRun"
"""Topic of the outbox: one step of a walk over the customers; ids: `run`."""
COMPARED = frozenset({"names", "organisation_name", "birth_date", "identifiers", "addresses", "contact_points"})
"""Fields of a customer by which it is recognised."""
PURPOSE = "duplicateCheck"
"""Why suggested customers are looked at, in the audit log."""

State = Literal["open", "same", "different", "later", "obsolete"]
QueueState = Literal["open", "later", "different", "same"]
"""What can be listed: what no longer holds is kept, and never shown in a list."""
Decision = Literal["same", "different", "later", "open"]
Cause = Literal["person", "dataChanged", "expired", "notProposed", "merged", "carried", "split"]
Strength = Literal["strong", "likely", "possible"]
Scope = Literal["all", "outdated"]
RunState = Literal["running", "done"]

FLOORS: dict[Strength, float] = {"strong": 0.95, "likely": 0.5, "possible": 0.1}
"""From which probability a suggestion is called so.

.95 is where the goals of design 9 are measured (199 of 200 are the same customer); from .5 on the two are rather the
same than not; below .1 nine in ten are somebody else, and reading those costs more than the tenth is worth.
"""
LISTED = FLOORS["possible"]
MOST = 10
"""Suggestions of one customer at a time: more would not be read."""

NOTICEABLE = 0.01
"""By so much more a pair must be likely to be written again while the data are the same.

The engine sees a pair a little differently from its two sides, and as the base grows: the best view stays.
"""

REST = timedelta(days=7)
"""How long `later` is, unless it is said."""
LONGEST_REST = timedelta(days=366)

STALLED = timedelta(minutes=2)
"""After so long without progress, and nobody on the way to it, a run is taken up again."""
WALK_EVERY = timedelta(days=7)
"""How often everybody is looked at: changes are looked at as they come, so this finds what the base as a whole tells
anew (a rare name that is not rare any more)."""
REWRITE_EVERY = timedelta(hours=1)
"""How often keys of an older version are looked for when some were found before: one that cannot be written (its
customer cannot be read) must not be tried without end."""
NIGHT = range(1, 5)
"""Hours, in Brussels, in which such a walk begins."""
SHARE = 1.0
"""Seconds of rest per second of work, so that a walk takes at most half of a core."""

UNDONE = "undone"
"""Reason of the decision `different` that follows when a merge is undone."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine says now of a pair that may be shown; the parts, in hundredths, add up to the score exactly."""

    score: float
    probability: float
    parts: list[Part]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a pair; `current` = computed by this engine, of the data as they are now."""

    state: State
    probability: float
    current: bool
    same_data: bool
    until: datetime | None = None


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a stored pair: its state, why that changes (None = it does not), what it shows from now on."""

    state: State
    cause: Cause | None = None
    proposal: Proposal | None = None


def due_walk(last: datetime | None, now: datetime) -> bool:
    """Whether a walk over everybody begins now.

    Args:
        last: when the last one began.
        now: this moment.
    """
    rested = last is None or now - last > WALK_EVERY
    return rested and now.astimezone(BRUSSELS).hour in NIGHT


def ordered(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """The pair as it is stored, whoever of the two was looked at."""
    return (one, other) if one < other else (other, one)


def strength(probability: float) -> Strength:
    """The word for a probability."""
    return next((name for name, floor in FLOORS.items() if probability >= floor), "possible")


def bounds(wanted: Strength | None) -> tuple[float, float]:
    """From (included) and to (excluded) which probability suggestions of this strength go."""
    if wanted is None:
        return LISTED, 2.0
    above = [floor for floor in FLOORS.values() if floor > FLOORS[wanted]]
    return FLOORS[wanted], min(above, default=2.0)


def proposal(match: Match) -> Proposal | None:
    """What is shown of a match; None when it is not: ruled out, or too unlikely."""
    if match.ruled_out is not None or match.probability < LISTED:
        return None
    parts = [msgspec.structs.replace(part, weight=round(part.weight, 2)) for part in match.parts]
    return Proposal(score=total(parts), probability=round(match.probability, 3), parts=parts)


def total(parts: Iterable[Part]) -> float:
    """The score that parts add up to, in hundredths."""
    return round(sum(part.weight for part in parts), 2)


def revised(held: Held, found: Proposal | None, now: datetime) -> Revision | None:
    """What a new look at the data makes of a stored pair; None when all stays as it is.

    A decision of a person holds until the data of one of the two change; `same` and a rest that is not over always.

    Args:
        held: what is stored.
        found: what the engine says now; None when it does not propose the pair (any more).
        now: this moment.
    """
    if held.state == "same" or (held.state == "later" and held.until is not None and held.until > now):
        return None
    if held.state == "different":
        again = found is not None and not held.same_data
        return Revision(state="open", cause="dataChanged", proposal=found) if again else None
    if found is None and not held.current:
        return None if held.state == "obsolete" else Revision(state="obsolete", cause="notProposed")
    return _undecided(held, found)


def _undecided(held: Held, found: Proposal | None) -> Revision | None:
    """The same, of a pair that is to be decided, or was; not found = seen from the other side, of the same data."""
    if held.state == "later":
        return Revision(state="open", cause="expired", proposal=found)
    if found is None:
        return None
    if held.state == "obsolete":
        return Revision(state="open", cause="dataChanged", proposal=found)
    better = found.probability - held.probability >= NOTICEABLE
    return Revision(state="open", proposal=found) if better or not held.current else None


def fingerprint(subject: Subject) -> str:
    """What counts for matching of a customer, in one form: order, case and accents make no difference.

    It is personal data; only a keyed hash of it is stored.
    """
    facts: dict[str, Iterable[str]] = {
        "kind": [str(subject.kind)],
        "names": [f"{name.given}|{name.family}" for name in subject.names],
        "organisations": subject.organisations,
        "birthDate": [str(subject.birth_date)],
        "emails": subject.emails,
        "phones": subject.phones,
        "places": [
            f"{place.street}|{place.number}|{place.box}|{place.postcode}|{place.municipality}"
            for place in subject.places
        ],
        "identifiers": [f"{kind}|{value}" for kind, value in subject.identifiers],
    }
    canonical = {name: sorted({fold(value) for value in values}) for name, values in facts.items()}
    return msgspec.json.encode(canonical, order="deterministic").decode()
