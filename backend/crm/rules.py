"""Codes of customers, normal forms of what was typed, search keys, masks, precedence of sources. Pure."""

import re
from collections.abc import Iterable
from typing import Literal, Protocol, TypeVar

from backend.kit.identifiers import (
    IdentifierInvalid,
    normalise_email,
    normalise_enterprise_number,
    normalise_establishment_number,
    normalise_phone,
    normalise_postcode,
    normalise_ssin,
    normalise_v_code,
)
from backend.kit.problems import ProblemError, invalid_input
from backend.kit.text import fold

Kind = Literal["person", "association", "enterprise"]
Channel = Literal["phone", "email", "letter", "none"]
Status = Literal["active", "restricted", "deceased", "merged"]
Language = Literal["nl", "fr", "de", "en"]
Source = Literal["selfDeclared", "agent", "nationalRegister", "enterpriseRegister", "associationsRegister", "import"]
IdentifierType = Literal["ssin", "enterpriseNumber", "establishmentUnitNumber", "vCode"]
NameType = Literal["person", "organisation", "alias"]
ContactPointType = Literal["email", "phone"]
RevealField = Literal["ssin", "birthDate", "undisclosedAddress"]
LookPurpose = Literal["questionHandling", "identityCheck", "profileUpkeep", "legalObligation"]
"""Why somebody looks for a customer."""
RevealPurpose = Literal["identityCheck", "registerLookup", "legalObligation"]


class Sourced(Protocol):
    """Anything that says who said it."""

    @property
    def source(self) -> Source:
        """Who said it."""
        ...


S = TypeVar("S", bound=Sourced)

PRECEDENCE: dict[Source, int] = {
    "nationalRegister": 0,
    "enterpriseRegister": 0,
    "associationsRegister": 0,
    "agent": 1,
    "selfDeclared": 2,
    "import": 3,
}
"""Whose word counts first when sources differ (design 3: a lower source stands beside a higher one)."""

SEVERITY: tuple[Status, ...] = ("active", "restricted", "deceased", "merged")
"""Statuses, the mildest first."""

OURS: frozenset[Source] = frozenset({"agent", "selfDeclared"})
"""Sources whose facts a change at the desk replaces; what a register says stays."""

HOLDERS: dict[IdentifierType, frozenset[Kind]] = {
    "ssin": frozenset({"person"}),
    "enterpriseNumber": frozenset({"person", "association", "enterprise"}),
    "establishmentUnitNumber": frozenset({"association", "enterprise"}),
    "vCode": frozenset({"association"}),
}
SEVERAL: frozenset[IdentifierType] = frozenset({"establishmentUnitNumber"})
"""Types of which one customer has several."""

_NORMAL = {
    "ssin": normalise_ssin,
    "enterpriseNumber": normalise_enterprise_number,
    "establishmentUnitNumber": normalise_establishment_number,
    "vCode": normalise_v_code,
}
_FAULTS = {
    "length": "Too short or too long.",
    "characters": "Holds characters that do not belong there.",
    "prefix": "Starts with a digit that does not occur.",
    "checkDigits": "The check digits do not fit: a typing error.",
    "syntax": "Does not have the right form.",
}
SHORTEST_NAME = 2
_BREAKS = re.compile(r"[\s\-.,/&+()'’]+")
"""What stands between the words of a name."""
_PARTICLES = frozenset(
    "da de del den der des di du el en la le les ten ter van von vande vanden vander".split()  # noqa: SIM905 as a sentence
)
"""Words that so many names hold that they find nobody."""
LONGEST_KEY = 300
"""Characters of a search key: some characters fold into eighteen, and an index takes 2 700 bytes."""


def _refused(error: IdentifierInvalid, name: str) -> ProblemError:
    return invalid_input(_FAULTS[error.code], name=name)


def identifier(kind: IdentifierType, typed: str, *, name: str) -> str:
    """Normal form of an official number; 400 on field `name`."""
    try:
        return _NORMAL[kind](typed)
    except IdentifierInvalid as error:
        raise _refused(error, name) from None


def contact_value(kind: ContactPointType, typed: str, *, name: str) -> str:
    """E-mail address in lower case, phone in E.164, short phone number as its digits; 400 on field `name`."""
    try:
        if kind == "email":
            return normalise_email(typed)
        phone = normalise_phone(typed)
    except IdentifierInvalid as error:
        raise _refused(error, name) from None
    return phone.e164 or "".join(char for char in phone.typed if char.isdigit())


def tidy(typed: str, *, name: str) -> str:
    """One line with single spaces; 400 on field `name` when nothing is left."""
    line = " ".join(typed.split())
    if not line:
        raise invalid_input("Only white space.", name=name)
    return line


def postcode(typed: str, country: str | None, *, name: str) -> str:
    """Normal form of a postcode, of Belgium if it can be when no country is given; 400 on field `name`."""
    for one in [country] if country else ["BE", ""]:
        try:
            return normalise_postcode(typed, one)
        except IdentifierInvalid as error:
            fault = error
    raise _refused(fault, name)


def name_key(*parts: str | None) -> str:
    """Search key of a name: letters and digits only, so `Van den Broeck` = `Vandenbroeck`, `D'Hondt` = `Dhondt`."""
    return "".join(char for char in fold(" ".join(filter(None, parts))) if char.isalnum())[:LONGEST_KEY]


def name_parts(*parts: str | None) -> tuple[str, ...]:
    """The words by which a name is found, folded, each once: `Jan`, `Van den Broeck` gives `jan`, `broeck`."""
    return tuple(dict.fromkeys(word for part in filter(None, parts) for word in name_words(part)))


def name_words(text: str) -> tuple[str, ...]:
    """The words of a name by which it can be found, folded: not the particles, nor single letters."""
    keys = (name_key(word) for word in _BREAKS.split(text))
    return tuple(key for key in keys if len(key) >= SHORTEST_NAME and key not in _PARTICLES)


def house_number_key(typed: str) -> str:
    """Search key of a house number: `12 A` and `12a` are one."""
    return "".join(fold(typed).split())


def prefix_range(key: str) -> tuple[str, str]:
    """Bounds (from, below) of all keys that start with `key`, in byte order."""
    return key, key + "\U0010ffff"


def mask_ssin(ssin: str) -> str:
    """A national number with only its last two digits: the first six would tell the birth date."""
    return f"***.***-**.{ssin[-2:]}"


def best_first(facts: Iterable[S]) -> list[S]:
    """Facts by precedence of their source, in their own order within it."""
    return sorted(facts, key=lambda fact: PRECEDENCE[fact.source])


def full_name(given: str | None, family: str | None) -> str:
    """Given name, family name."""
    return " ".join(filter(None, (given, family)))


def address_line(street: str, number: str | None, box: str | None, place: tuple[str, str]) -> str:
    """One line as on an envelope: `Kerkstraat 12 bus 3, 9080 Lochristi`."""
    at = " ".join(filter(None, (street, number, box and f"bus {box}")))
    return f"{at}, {place[0]} {place[1]}"
