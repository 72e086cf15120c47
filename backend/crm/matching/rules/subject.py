"""What is compared and what comes out: subjects, matches, the parts of a score."""

from datetime import date
from uuid import UUID

import msgspec

from backend.crm.rules import Kind


class PersonName(msgspec.Struct, frozen=True):
    """A name of a person; which half is which may be wrong."""

    given: str = ""
    family: str = ""


class Place(msgspec.Struct, frozen=True):
    """An address as typed; `number` may hold the box (`50C bus 809`)."""

    street: str = ""
    number: str = ""
    box: str = ""
    postcode: str = ""
    municipality: str = ""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to look for or to remember; everything may be missing.

    Undisclosed addresses are never part of it.

    Attributes:
        kind: person or organisation; None when it is not known, then both are looked for.
        names: of a person.
        organisations: names of an organisation.
        birth_date: of a person.
        emails: as typed or in normal form.
        phones: the same.
        places: addresses.
        identifiers: (type, number).
    """

    kind: Kind | None = None
    names: tuple[PersonName, ...] = ()
    organisations: tuple[str, ...] = ()
    birth_date: date | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()


class Part(msgspec.Struct, frozen=True):
    """What one comparison adds to a score.

    Attributes:
        feature: what was compared (`phone`).
        level: how well it agrees (`exact`).
        weight: what it adds; below zero speaks against.
        text: the same in Dutch, for the agent.
    """

    feature: str
    level: str
    weight: float
    text: str


class Match(msgspec.Struct, frozen=True):
    """A customer that may be the subject.

    Attributes:
        customer_id: the live customer.
        score: sum of the weights of all parts: log odds against "nobody in the base".
        probability: that it is this one, given all other candidates and nobody.
        parts: the explanation.
        ruled_out: why it cannot be the same (Dutch), else None; then the probability is 0.
    """

    customer_id: UUID
    score: float
    probability: float
    parts: tuple[Part, ...]
    ruled_out: str | None = None
