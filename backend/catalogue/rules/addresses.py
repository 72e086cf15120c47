"""Streets and spelled addresses: what may not be kept of a search.

The functions look at the words of a search in their order, folded, and give the places of those that have to go.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from backend.catalogue.rules.numbers import counted

_STREET = re.compile(
    r"(straat|straatje|str|laan|weg|wegel|plein|pleintje|dreef|steenweg|stwg|lei|baan|markt|kaai|kade|singel|steeg|hof|pad"
    r"|gracht|vest|rue|avenue|chaussee|boulevard)\Z"
)
_SURELY_STREET = re.compile(
    r"[a-z]{2}(straat|straatje|str|laan|weg|wegel|plein|pleintje|dreef|stwg|lei|markt|kaai|kade|singel|steeg)\Z"
)
"""Without those that end many other words, such as "ijsbaan"; "weg" alone is no street."""
_NUMBERED = "nummer huisnummer nr numero no bus boite"
_HOUSE = frozenset(_NUMBERED.split())

_SIGNS = "apenstaartje apenstaart apestaartje apestaart arobase arobas arroba"
_AT = frozenset(_SIGNS.split())
_MAILBOXES = "gmail googlemail hotmail outlook telenet skynet proximus yahoo icloud live msn scarlet pandora belgacom"
_HOSTS = frozenset(_MAILBOXES.split())
_DOT = frozenset(("punt", "dot", "point"))
_DOMAINS = "be com nl net org eu fr lu uk info vlaanderen gent brussels"
_TOPS = frozenset(_DOMAINS.split())
_JOINERS = _AT | _DOT | {"at", "streep", "streepje", "koppelteken", "underscore", "tiret", "dash"}
_GLUED = re.compile(rf"{'|'.join(_AT)}|(?:{'|'.join(_DOT)})(?:be|com|nl|net|org|eu)\Z")


def is_street(text: str) -> bool:
    """Whether a word ends like the name of a street: "dorpsstraat", but also "weg" and "kerkhof"."""
    return bool(_STREET.search(text))


def streets_in(texts: Sequence[str], known: Sequence[bool]) -> set[int]:
    """Names of streets that the catalogue does not have, and every street with a number after it, with that number."""
    gone: set[int] = set()
    for place, text in enumerate(texts):
        if _SURELY_STREET.search(text) and not known[place]:
            gone.add(place)
        if is_street(text) and (house := _house(texts, place + 1)):
            gone |= {place, *house}
    return gone


def addresses_in(texts: Sequence[str]) -> set[int]:
    """Addresses of mail and web as they are spelled: "jan at gmail punt com", "jan punt peeters apenstaartje …"."""
    gone = {place for place, text in enumerate(texts) if _GLUED.search(text)}
    for place, (text, after) in enumerate(pairwise([*texts, ""])):
        at = text in _AT or (text == "at" and after in _HOSTS)
        if at or (text in _DOT and after in _TOPS):
            gone |= _joined(texts, place)
    return gone


def _house(texts: Sequence[str], start: int) -> set[int]:
    """The places of the house number that begins here, if any."""
    found: set[int] = set()
    for place in range(start, len(texts)):
        if counted(texts[place]):
            found.add(place)
        elif texts[place] not in _HOUSE:
            break
    return found


def _joined(texts: Sequence[str], place: int) -> set[int]:
    """A joining word with what stands before and after it, and so on as long as words are joined."""
    first, last = place - 1, place + 1
    while first > 1 and texts[first - 1] in _JOINERS:
        first -= 2
    while last + 1 < len(texts) and texts[last + 1] in _JOINERS:
        last += 2
    return set(range(max(first, 0), min(last + 1, len(texts))))
