"""Under which keys a profile is found: texts that the service hashes with a key.

A profile is stored under `stored`; who looks for somebody asks for `asked`, which is more: names in the other order
too. `None` as limit means: of any size.
"""

from collections.abc import Iterator

from backend.crm.matching.rules.prepared import Name, Prepared, email_sounds
from backend.crm.matching.rules.reach import name_words
from backend.crm.matching.rules.spelling import code, given_class, letters, without_one

COUNTED = frozenset("SGW")
"""Kinds that hold one name alone: how many customers have it is counted, also above the cap."""
ORGANISATION = "/o"
"""End of every key of an organisation: people and organisations never meet."""
OF_PEOPLE = frozenset("BADZISGFQXt")
OF_ORGANISATIONS = frozenset("OdWw")
PHONE_END = 8
HALF = 4
PREFIX = 3
SMALL_BASE = 300_000
"""Up to so many customers a family name with one letter less and an initial tell enough apart."""

FACTORS = {"E": 1.5, "L": 1.0, "T": 1.5, "t": 1.2, "B": 1.0, "A": 1.2, "D": 0.25, "Z": 1.0, "I": 0.9, "S": 1.0}
FACTORS |= {"G": 0.5, "H": 0.9, "F": 1.0, "Q": 1.0, "X": 0.35, "N": 3.0, "W": 1.0, "O": 1.5, "d": 0.3, "w": 0.9}
"""How much sharing a key of a kind counts against its rarity, when the best candidates are chosen."""


def stored(one: Prepared, *, small: bool = True) -> list[str]:
    """The keys of a profile; the first letter is the kind.

    Args:
        one: the profile.
        small: whether the base is small (`SMALL_BASE`).
    """
    end = ORGANISATION if one.group == "o" else ""
    return [key + end for key in _unique(_keys(one)) if small or key[0] != "X"]


def asked(one: Prepared, *, small: bool) -> list[str]:
    """The keys under which a subject is looked for.

    Args:
        one: the subject.
        small: whether the base is small (`SMALL_BASE`).
    """
    found = list(_keys(one))
    for name in one.names:
        if name.given and name.family:
            turned = _swapped(name)
            found += _name_keys(turned, [house.postcode for house in one.houses if house.postcode])
            whole = letters(turned.called, turned.sound)
            if whole != letters(name.called, name.sound):
                found += [f"D{less}" for less in (whole, *without_one(whole))]
    keys = [key for key in _unique(iter(found)) if small or key[0] != "X"]
    people = [key for key in keys if key[0] not in OF_ORGANISATIONS]
    others = [key + ORGANISATION for key in keys if key[0] not in OF_PEOPLE]
    return people * (one.group != "o") + others * (one.group != "p")


def kind_of(key: str) -> str:
    """The kind of a key."""
    return key[0]


def surname_key(sound: str) -> str:
    """The key under which everybody with this family name is counted."""
    return "S" + sound


def given_key(called: str) -> str:
    """The key under which everybody with this given name is counted."""
    return "G" + called


def word_key(sound: str) -> str:
    """The key under which all organisations with this word in their name are counted."""
    return "W" + sound + ORGANISATION


def _unique(keys: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(keys))


def _keys(one: Prepared) -> Iterator[str]:
    for number in (*one.numbers, *one.ssins):
        yield "N" + number
    if one.born:
        yield f"B{one.born[:4]}{min(one.born[4:6], one.born[6:])}{max(one.born[4:6], one.born[6:])}"
    postcodes = [house.postcode for house in one.houses if house.postcode]
    for name in one.names:
        yield from _name_keys(name, postcodes)
        yield from _person_keys(name, one)
    for title in one.organisations:
        yield from _organisation_keys(title.split(), postcodes)
    for address in one.emails:
        yield from _email_keys(address)
    for phone in one.phones:
        yield "T" + phone[-PHONE_END:]
    for house in one.houses:
        if house.last and house.number:
            yield f"H{code(house.last)}|{_digits(house.number)}|{house.postcode}"


def _name_keys(name: Name, postcodes: list[str]) -> Iterator[str]:
    """Keys of a name alone or with a postcode."""
    initial = name.given[:1]
    for sound in (name.sound, *map(code, name.halves)):
        if not sound:
            continue
        yield surname_key(sound)
        for postcode in postcodes:
            yield f"Z{sound}|{postcode}"
        if initial:
            yield f"I{sound}|{initial}"
            if len(name.given) > 1:
                yield "A" + letters(name.called, sound)
    if initial and name.sound:
        yield from (f"X{less}|{initial}" for less in (name.sound, *_less(name.sound)))


def _person_keys(name: Name, one: Prepared) -> Iterator[str]:
    """Keys of a name with what else is known; one letter may be wrong or missing."""
    given = name.given.split()
    if given and len(name.given) > 1:
        yield given_key(name.called)
        whole = letters(name.called, name.sound)
        spelled = {letters(code(given[0]), name.sound), letters(code("".join(given)), name.sound)}
        yield from ("A" + other for other in spelled if name.sound)
        if name.sound:
            yield from ("D" + less for less in (whole, *without_one(whole)))
    for phone in one.phones:
        end = phone[-PHONE_END:]
        if name.sound:
            yield f"ta{end[:HALF]}|{name.sound[:PREFIX]}"
            yield f"tb{end[-HALF:]}|{name.sound[:PREFIX]}"
    if len(name.given) > 1:
        for house in one.houses:
            if house.last:
                yield f"F{name.called}|{code(house.last)}"
            if house.number:
                yield f"Q{name.called}|{house.postcode}|{_digits(house.number)}"


def _organisation_keys(found: list[str], postcodes: list[str]) -> Iterator[str]:
    whole = letters(*map(code, found))
    yield "O" + whole
    yield from ("d" + less for less in (whole, *without_one(whole)))
    for place, word in enumerate(found):
        if len(word) >= PREFIX:
            yield "W" + code(word)
            yield from (f"w{code(word)}|{postcode}" for postcode in postcodes)
        if place:
            yield f"w{code(found[place - 1])}|{code(word)}"


def _email_keys(address: str) -> Iterator[str]:
    local, _, domain = address.rpartition("@")
    yield f"E{local}@{domain}"
    yield "L" + "".join(char for char in local if char.isalnum())
    by_class, spelled = email_sounds(address)
    if len(spelled) > PREFIX:
        yield "A" + by_class
        yield "A" + spelled
    found = name_words(address)
    if len(found) == 2:  # noqa: PLR2004 j.peeters, peeters.j
        for first, second in (found, found[::-1]):
            if len(first) == 1 and len(second) > 1:
                yield f"I{code(second)}|{first}"


def _less(sound: str) -> list[str]:
    return list(dict.fromkeys(sound[:place] + sound[place + 1 :] for place in range(len(sound))))


def _digits(number: str) -> str:
    return number.rstrip("abcdefghijklmnopqrstuvwxyz")


def _swapped(name: Name) -> Name:
    joined = name.given.replace(" ", "")
    return Name(name.family, name.given, joined, code(joined), given_class(name.family.split()[0]))
