"""What a register says, in our own words, whatever the register; and how a look-up can fail."""

from datetime import date
from typing import Literal

import msgspec

from backend.crm.rules import ContactPointType, IdentifierType, NameType, Source

Register = Literal["nationalRegister", "enterpriseRegister", "associationsRegister"]
Outcome = Literal["asked", "found", "unknown", "refused", "unreadable", "away"]
"""Under way, or never answered; answered; the register does not know the number; it refuses the question; its answer
cannot be read; it does not answer."""

LONGEST = 200
"""Characters of a text of a register; a longer one is not taken over."""


class RegisterName(msgspec.Struct, frozen=True, kw_only=True):
    """A name that holds now: of a person in two parts, any other in `label`."""

    type: NameType
    given: str | None = None
    family: str | None = None
    label: str | None = None


class RegisterAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address that holds now.

    Attributes:
        register_id: address in the address register (URI).
        nis: code of the municipality at the statistical office; told, not kept.
        undisclosed: its owner has the right that nobody is told.
    """

    street: str
    postcode: str
    municipality: str
    number: str | None = None
    box: str | None = None
    country: str = "BE"
    register_id: str | None = None
    nis: str | None = None
    valid_from: date | None = None
    undisclosed: bool = False


class RegisterContactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail address or phone number, as the register writes it."""

    type: ContactPointType
    value: str


class RegisterIdentifier(msgspec.Struct, frozen=True, kw_only=True):
    """Another number under which the same customer is known."""

    type: IdentifierType
    value: str


class RegisterRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a register says about one customer that we can use; what it does not say is left out.

    Attributes:
        source: which register.
        birth_date: only when it is complete.
        died_on: day of death, when it is known; `deceased` tells whether.
        stopped: an organisation that does not exist any more.
        legal_form: in words.
    """

    source: Source
    names: tuple[RegisterName, ...] = ()
    birth_date: date | None = None
    deceased: bool = False
    died_on: date | None = None
    addresses: tuple[RegisterAddress, ...] = ()
    contact_points: tuple[RegisterContactPoint, ...] = ()
    identifiers: tuple[RegisterIdentifier, ...] = ()
    stopped: bool = False
    legal_form: str | None = None


class RegisterFailed(Exception):
    """A look-up without a record; the text holds codes only, nothing that the register said.

    Attributes:
        outcome: what is recorded of it.
        code: the register's own code of the reason, or ours.
        retry_after: seconds after which asking again makes sense.
    """

    outcome: Outcome = "refused"

    def __init__(self, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


class RegisterUnknown(RegisterFailed):
    """The register does not know the number, or not any more."""

    outcome = "unknown"


class RegisterRefused(RegisterFailed):
    """The register refuses the question: a fault of ours, or no authorisation."""

    outcome = "refused"


class RegisterUnreadable(RegisterFailed):
    """What the register sends cannot be read."""

    outcome = "unreadable"


class RegisterAway(RegisterFailed):
    """The register does not answer, or asks to come back later."""

    outcome = "away"
