"""A subject made ready: every value in the form in which it is compared. This is what is stored, encrypted."""

from collections.abc import Callable, Iterable
from datetime import date

import msgspec

from backend.crm.matching.rules import places as addresses
from backend.crm.matching.rules.reach import email, name_words, phone
from backend.crm.matching.rules.spelling import MOST_LETTERS, code, given_class, letters, parts_of, words
from backend.crm.matching.rules.subject import PersonName, Place, Subject

MOST_VALUES = 6
"""Of one kind in a profile; the first ones count."""
BIS_MONTHS = range(21, 53)
SSIN_DIGITS = 11
NOT_GIVEN = frozenset({"familie", "fam", "info", "contact", "mail"})
SEALED = "#"
"""First character of a national number that is hashed already."""

Hasher = Callable[[str], list[str]]
"""National number -> its hashes, one per version of the keys, newest first, as `version:hash`."""


class Name(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A name of a person, folded.

    Attributes:
        given: words with a space between.
        family: the same.
        joined: `family` without spaces.
        sound: spelling class of `joined`.
        called: class of the first given name.
        halves: the names in a double family name, else empty.
    """

    given: str
    family: str
    joined: str
    sound: str
    called: str
    halves: tuple[str, ...] = ()


class House(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An address: street without its type, its last word, its type; number, box, postcode, town."""

    street: str
    last: str
    kind: str
    number: str
    box: str
    postcode: str
    town: str


class Prepared(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Everything about a subject that is compared.

    Attributes:
        group: `p` a person, `o` an organisation, empty when unknown.
        kind: as it was given.
        names: of a person.
        organisations: words of the names of an organisation, without legal forms.
        born: `YYYYMMDD`.
        emails: lower case.
        phones: digits without country code and trunk 0.
        houses: addresses.
        numbers: official numbers that are public, `type:number`.
        ssins: hashes of national numbers, `version:bis:hash`.
    """

    group: str
    kind: str
    names: tuple[Name, ...] = ()
    organisations: tuple[str, ...] = ()
    born: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    houses: tuple[House, ...] = ()
    numbers: tuple[str, ...] = ()
    ssins: tuple[str, ...] = ()


def prepare(subject: Subject, hashes: Hasher) -> Prepared:
    """Make a subject ready to be compared and stored."""
    people = subject.kind in {None, "person"}
    made = (name(one) for one in subject.names[:MOST_VALUES] if people)
    titles = subject.organisations[:MOST_VALUES] if subject.kind != "person" else ()
    emails = _some(email(one) for one in subject.emails)
    sealed = [value for kind, value in subject.identifiers if kind == "ssin"]
    return Prepared(
        group="" if subject.kind is None else "p" if people else "o",
        kind=subject.kind or "",
        names=_with_given(tuple(dict.fromkeys(one for one in made if one.given or one.family)), emails),
        organisations=_some(" ".join(addresses.organisation(one)) for one in titles),
        born=subject.birth_date.strftime("%Y%m%d").zfill(8) if subject.birth_date else "",
        emails=emails,
        phones=_some(phone(one) for one in subject.phones),
        houses=tuple(dict.fromkeys(filter(_says, (house(one) for one in subject.places[:MOST_VALUES])))),
        numbers=_some(f"{kind}:{_bare(value)}" for kind, value in subject.identifiers if kind != "ssin"),
        ssins=tuple(hashed for value in sealed[:MOST_VALUES] for hashed in _sealed(value, hashes)),
    )


def name(typed: PersonName) -> Name:
    """A name in the form in which it is compared."""
    given, family = words(typed.given), words(typed.family)
    joined = "".join(family)[:MOST_LETTERS]
    halves = parts_of(family)
    return Name(
        given=" ".join(given)[:MOST_LETTERS],
        family=" ".join(family)[:MOST_LETTERS],
        joined=joined,
        sound=code(joined),
        called=given_class(given[0][:MOST_LETTERS]) if given else "",
        halves=tuple(halves) if len(halves) > 1 else (),
    )


def _with_given(names: tuple[Name, ...], emails: tuple[str, ...]) -> tuple[Name, ...]:
    """The names, and those whose given name only an e-mail address tells: `p` Maes with `pieter.maes@`."""
    found = list(names)
    for one in names:
        if len(one.given) > 1 or not one.sound:
            continue
        for address in emails:
            told = name_words(address)
            if len(told) == 2 and one.sound in map(code, told):  # noqa: PLR2004 given and family name
                given = told[code(told[0]) == one.sound]
                if len(given) > 1 and given not in NOT_GIVEN and given.startswith(one.given):
                    found.append(msgspec.structs.replace(one, given=given, called=given_class(given)))
    return tuple(dict.fromkeys(found))


def house(typed: Place) -> House:
    """An address in the form in which it is compared."""
    street, last, kind = addresses.street(typed.street)
    number, box = addresses.house(typed.number, typed.box)
    return House(
        street, last, kind, number, box, addresses.postcode(typed.postcode), addresses.town(typed.municipality)
    )


def named(text: str) -> Subject:
    """A subject known by a text alone: every way to take it for a given and a family name, or for an organisation."""
    found = words(text)[:MOST_VALUES]
    ways = [PersonName(family=" ".join(found))]
    ways += [
        PersonName(given=" ".join(found[:place]), family=" ".join(found[place:])) for place in range(1, len(found))
    ]
    return Subject(names=tuple(ways), organisations=(text,)) if found else Subject()


def restored(prepared: Prepared) -> Subject:
    """A subject that prepares into the same again; values are in normal form, national numbers stay hashed."""
    born = prepared.born
    return Subject(
        kind=prepared.kind or None,  # type: ignore[arg-type]
        names=tuple(PersonName(given=one.given, family=one.family) for one in prepared.names),
        organisations=prepared.organisations,
        birth_date=date(int(born[:4]), int(born[4:6]), int(born[6:])) if born else None,
        emails=prepared.emails,
        phones=prepared.phones,
        places=tuple(_place(one) for one in prepared.houses),
        identifiers=(
            *((kind, number) for kind, _, number in (one.partition(":") for one in prepared.numbers)),
            *(("ssin", SEALED + one) for one in prepared.ssins),
        ),
    )


def _place(held: House) -> Place:
    street = held.street + held.kind if held.street != held.kind else held.kind
    if held.last and held.last != held.street:
        street = f"{held.street.removesuffix(held.last)} {held.last}{held.kind}"
    return Place(street=street, number=held.number, box=held.box, postcode=held.postcode, municipality=held.town)


def email_sounds(address: str) -> tuple[str, str]:
    """Letters of the name in an e-mail address with given names by class, and as they are spelled."""
    found = name_words(address)
    if len(found) == 1:
        return (letters(code(found[0])),) * 2
    return letters(*map(given_class, found)), letters(*map(code, found))


def _says(one: House) -> bool:
    return bool(one.street or one.postcode)


def _some(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))[:MOST_VALUES]


def _bare(value: str) -> str:
    return "".join(char for char in value if char.isalnum()).upper()[:20]


def _sealed(value: str, hashes: Hasher) -> list[str]:
    if value.startswith(SEALED):
        return [value.removeprefix(SEALED)]
    digits = _bare(value)
    if not (digits.isascii() and digits.isdigit() and len(digits) == SSIN_DIGITS):
        return []
    bis = "b" if int(digits[2:4]) in BIS_MONTHS else ""
    return [f"{version}:{bis}:{hashed}" for version, hashed in (one.split(":") for one in hashes(digits))]
