"""What a new look at the data makes of a stored suggestion, without a database."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from backend.crm.matching.rules import Match, Part, PersonName, Place, Subject
from backend.crm.suggestions.rules import (
    FLOORS,
    LISTED,
    Held,
    Proposal,
    State,
    bounds,
    due_walk,
    fingerprint,
    ordered,
    proposal,
    revised,
    strength,
    total,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LOW, HIGH = UUID(int=1), UUID(int=2)


def seen(probability: float = 0.9) -> Proposal:
    return Proposal(score=4.2, probability=probability, parts=[Part("phone", "exact", 4.2, "zelfde telefoonnummer")])


def held(state: State, *, same_data: bool = True, current: bool = True, until: datetime | None = None) -> Held:
    return Held(state=state, probability=0.9, same_data=same_data, current=current and same_data, until=until)


def outcome(stored: Held, found: Proposal | None) -> tuple[str, str | None] | None:
    made = revised(stored, found, NOW)
    return (made.state, made.cause) if made else None


def test_the_pair_is_the_same_from_both_sides() -> None:
    assert ordered(LOW, HIGH) == ordered(HIGH, LOW) == (LOW, HIGH)


def test_every_probability_that_is_shown_has_one_word() -> None:
    assert [strength(one) for one in (1.0, 0.95, 0.949, 0.5, 0.499, 0.1)] == [
        "strong",
        "strong",
        "likely",
        "likely",
        "possible",
        "possible",
    ]
    for word in FLOORS:
        low, high = bounds(word)
        assert strength(low) == word
        assert strength(min(high - 1e-9, 1.0)) == word
    assert bounds(None)[0] == LISTED
    assert bounds(None)[1] > 1.0


def test_what_is_ruled_out_or_unlikely_is_not_shown() -> None:
    match = Match(LOW, 5.0, 0.9, (Part("phone", "exact", 5.0, "zelfde telefoonnummer"),))
    assert proposal(match) is not None
    assert proposal(msgspec.structs.replace(match, ruled_out="ander rijksregisternummer")) is None
    assert proposal(msgspec.structs.replace(match, probability=0.0999)) is None


def test_the_parts_shown_add_up_to_the_score_shown() -> None:
    parts = tuple(Part(name, "exact", weight, name) for name, weight in (("a", 1.0049), ("b", -2.3351), ("c", 7.1249)))
    made = proposal(Match(LOW, sum(part.weight for part in parts), 0.99, parts))
    assert made is not None
    assert made.score == total(made.parts) == round(sum(part.weight for part in made.parts), 2)
    assert [part.weight for part in made.parts] == [1.0, -2.34, 7.12]


@pytest.mark.parametrize(
    ("stored", "found", "expected"),
    [
        (held("open"), seen(), None),
        (held("open"), seen(0.905), None),
        (held("open"), seen(0.5), None),
        (held("open"), seen(0.95), ("open", None)),
        (held("open", current=False), seen(0.5), ("open", None)),
        (held("open", same_data=False), seen(0.5), ("open", None)),
        (held("open"), None, None),
        (held("open", current=False), None, ("obsolete", "notProposed")),
        (held("obsolete"), seen(), ("open", "dataChanged")),
        (held("obsolete"), None, None),
        (held("obsolete", same_data=False), None, None),
        (held("different"), seen(), None),
        (held("different", current=False), seen(), None),
        (held("different", same_data=False), seen(), ("open", "dataChanged")),
        (held("different", same_data=False), None, None),
        (held("same", same_data=False), seen(), None),
        (held("later", until=NOW + timedelta(seconds=1), same_data=False), seen(), None),
        (held("later", until=NOW), seen(), ("open", "expired")),
        (held("later", until=NOW), None, ("open", "expired")),
        (held("later", until=NOW, same_data=False), None, ("obsolete", "notProposed")),
    ],
)
def test_a_new_look(stored: Held, found: Proposal | None, expected: tuple[str, str | None] | None) -> None:
    assert outcome(stored, found) == expected


SUBJECT = Subject(
    kind="person",
    names=(PersonName("Jan", "Peeters"), PersonName("Jef", "Peeters")),
    birth_date=date(1980, 1, 2),
    phones=("+32470123456", "+3293210000"),
    places=(Place("Kerkstraat", "12", "", "9080", "Lochristi"),),
    identifiers=(("ssin", "80010200163"),),
)


def test_a_fingerprint_does_not_tell_order_case_or_accents() -> None:
    other = msgspec.structs.replace(
        SUBJECT, names=(PersonName("jef", "PEETERS"), PersonName("Ján", "Peeters")), phones=SUBJECT.phones[::-1]
    )
    assert fingerprint(other) == fingerprint(SUBJECT)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "enterprise"},
        {"names": (PersonName("Jan", "Peeters"),)},
        {"organisations": ("Fanfare",)},
        {"birth_date": date(1980, 1, 3)},
        {"emails": ("jan@voorbeeld.be",)},
        {"phones": ("+32470123456",)},
        {"places": (Place("Kerkstraat", "12", "1", "9080", "Lochristi"),)},
        {"identifiers": ()},
    ],
)
def test_a_fingerprint_tells_every_other_change(change: dict[str, object]) -> None:
    assert fingerprint(msgspec.structs.replace(SUBJECT, **change)) != fingerprint(SUBJECT)


def test_everybody_is_looked_at_once_a_week_at_night() -> None:
    night = datetime(2026, 5, 2, 0, 30, tzinfo=UTC)  # half past two in Brussels
    assert due_walk(None, night)
    assert not due_walk(None, NOW)
    assert not due_walk(night - timedelta(days=6), night)
    assert due_walk(night - timedelta(days=8), night)
