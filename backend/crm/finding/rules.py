"""What somebody typed into the query box can mean: official numbers, phone, e-mail, address, reference, name. Pure."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from backend.crm.rules import SHORTEST_NAME, ContactPointType, IdentifierType, house_number_key, name_key
from backend.kit.identifiers import (
    IdentifierInvalid,
    normalise_email,
    normalise_enterprise_number,
    normalise_establishment_number,
    normalise_phone,
    normalise_ssin,
    normalise_v_code,
)
from backend.kit.reference import ReferenceInvalid, parse_reference

FoundBy = Literal[
    "ssin",
    "enterpriseNumber",
    "establishmentUnitNumber",
    "vCode",
    "phone",
    "email",
    "reference",
    "address",
    "name",
    "namePart",
    "similarName",
    "birthDate",
    "postcode",
]

_IDENTIFIERS: dict[IdentifierType, Callable[[str], str]] = {
    "ssin": normalise_ssin,
    "enterpriseNumber": normalise_enterprise_number,
    "establishmentUnitNumber": normalise_establishment_number,
    "vCode": normalise_v_code,
}
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})[-/. ](\d{1,2})[-/. ]((?:19|20)\d{2})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d{2})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_WORD = re.compile(r"[^\s,;]+")
_POSTCODE = re.compile(r"(?:B-?)?([1-9]\d{3})", re.IGNORECASE)
_HOUSE = re.compile(r"(\d{1,4} ?[a-z]?)(?:[ /-]?(?:bus|bte|b) ?\w{1,5}|/\w{1,5})?", re.IGNORECASE)
_BOX = re.compile(r"(?<=[\da-z]) +(?:bus|bte|box) *\w{1,5}\b", re.IGNORECASE)


_AROUND = " .,;:<>()[]\"'“”"
"""What stands around a number or an address that was pasted."""
_SAYS_WHAT = re.compile(
    r"^(?:mailto:|tel(?:efoon)?[.:]? |gsm[.:]? |ref(?:erentie)?[.:]? |rrn?[.:]? |rijksregisternummer[.:]? |kbo[.:]? |"
    r"ondernemingsnummer[.:]? |nr[.:]? )\s*",
    re.IGNORECASE,
)
"""Words in front that say what follows; what follows says so itself."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A postcode and a house number, in normal form; `words` are the other words (street, town, name), folded."""

    postcode: str
    number: str
    words: tuple[str, ...] = ()


class Understanding(msgspec.Struct, frozen=True, kw_only=True):
    """What a text can mean; several at once, for `0470 12 34 56` may be two kinds of number.

    Attributes:
        identifiers: (type, number in normal form).
        contact_points: (type, value in normal form).
        reference: of a question, in normal form.
        asker: the customer whose question that is, once it was looked up.
        place: postcode and house number.
        name: the words that can be a name, as typed.
        birth_date: beside a name.
        postcode: beside a name.
    """

    identifiers: tuple[tuple[IdentifierType, str], ...] = ()
    contact_points: tuple[tuple[ContactPointType, str], ...] = ()
    reference: str | None = None
    asker: UUID | None = None
    place: Place | None = None
    name: str | None = None
    birth_date: date | None = None
    postcode: str | None = None

    @property
    def exact(self) -> bool:
        """Whether there is a key that finds exactly."""
        return bool(self.identifiers or self.contact_points or self.reference or self.place)

    @property
    def kinds(self) -> list[FoundBy]:
        """What the text was taken for, for the screen."""
        found: list[FoundBy] = [kind for kind, _ in self.identifiers]
        found += [kind for kind, _ in self.contact_points]
        found += ["reference"] if self.reference else []
        found += ["address"] if self.place else []
        found += ["name"] if self.name else []
        found += ["birthDate"] if self.birth_date else []
        return [*found, "postcode"] if self.postcode else found


def understand(text: str) -> Understanding:
    """What a text typed into the box can mean; never refuses: what means nothing finds nobody."""
    line = _SAYS_WHAT.sub("", " ".join(text.split()).strip(_AROUND))
    if "@" in line:
        told = next(word for word in _WORD.findall(line) if "@" in word).removeprefix("mailto:").strip(_AROUND)
        email = _attempt(normalise_email, told)
        return Understanding(contact_points=(("email", email),) if email else ())
    numbers = tuple((kind, number) for kind, read in _IDENTIFIERS.items() if (number := _attempt(read, line)))
    rest, born = _birth_date(line)
    phone = None if born else _phone(line)
    place = None if born or numbers else _place(line)
    reference = None if born else _reference(line)
    name, postcode = (None, None) if numbers or place else _name(rest)
    return Understanding(
        identifiers=numbers,
        contact_points=(("phone", phone),) if phone else (),
        reference=reference,
        place=place,
        name=name,
        birth_date=born,
        postcode=postcode,
    )


def _attempt(read: Callable[[str], str], text: str) -> str | None:
    try:
        return read(text)
    except IdentifierInvalid:
        return None


def _phone(text: str) -> str | None:
    try:
        phone = normalise_phone(text)
    except IdentifierInvalid:
        return None
    return phone.e164 or "".join(char for char in phone.typed if char.isdigit())


def _reference(text: str) -> str | None:
    try:
        return parse_reference(text)
    except ReferenceInvalid:
        return None


def _birth_date(text: str) -> tuple[str, date | None]:
    """The text without its date, and that date (day first, or year first); the text itself when it has none."""
    for pattern, order in ((_YEAR_FIRST, (1, 2, 3)), (_DAY_FIRST, (3, 2, 1))):
        if found := pattern.search(text):
            try:
                day = date(*(int(found[group]) for group in order))
            except ValueError:
                continue
            return f"{text[: found.start()]} {text[found.end() :]}", day
    return text, None


def _place(text: str) -> Place | None:
    """`9080 12A`, `Kerkstraat 12 bus 3, 9080 Lochristi`: a postcode and a house number among other words."""
    words = [word.strip(".") for word in _WORD.findall(_BOX.sub("", text))]
    codes = [at for at, word in enumerate(words) if _POSTCODE.fullmatch(word)]
    for at in reversed(codes):
        for other in _numbers(words, at):
            code, house = _POSTCODE.fullmatch(words[at]), _HOUSE.fullmatch(words[other])
            if code and house:
                rest = (name_key(word) for place, word in enumerate(words) if place not in {at, other})
                return Place(
                    postcode=code[1],
                    number=house_number_key(house[1]),
                    words=tuple(word for word in rest if len(word) >= SHORTEST_NAME),
                )
    return None


def _numbers(words: list[str], postcode: int) -> Iterator[int]:
    """Places of words that can be a house number."""
    return (at for at, word in enumerate(words) if at != postcode and _HOUSE.fullmatch(word))


def _name(text: str) -> tuple[str | None, str | None]:
    """The words with letters in them, and a postcode beside them."""
    words = [word for word in _WORD.findall(text) if any(char.isalpha() for char in word)]
    codes = [found[1] for word in _WORD.findall(text) if (found := _POSTCODE.fullmatch(word))]
    name = " ".join(words)
    return (name, codes[0] if codes else None) if len(name_key(name)) >= SHORTEST_NAME else (None, None)


class KnownName(msgspec.Struct, frozen=True, kw_only=True):
    """A stored name with its search keys."""

    folded: str
    folded_given: str | None = None
    parts: tuple[str, ...] = ()


def begins(key: str, words: tuple[str, ...], name: KnownName, *, several: bool) -> bool:
    """Whether a name was found by its beginning, or by the beginning of its words, so that it is not shown again.

    Args:
        key: the whole text as a search key.
        words: its words as search keys.
        name: the stored name.
        several: whether the text has more than one word; the given name first counts only then.
    """
    whole = [name.folded, *([name.folded_given] if name.folded_given else [])]
    if name.folded.startswith(key) or (several and (name.folded_given or "").startswith(key)):
        return True
    starts = [*whole, *name.parts]
    return bool(words) and all(any(one.startswith(word) for one in starts) for word in words)
