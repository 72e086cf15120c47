"""Names of persons: what may not be kept of a search. The lists are those of Faker, per country."""

import importlib
import re
from functools import cache

import msgspec

from backend.kit.search.stop_words import STOP_WORDS
from backend.kit.text import fold

_COUNTRIES = "nl_BE fr_BE nl_NL fr_FR fr_DZ tr_TR pl_PL ro_RO it_IT es_ES pt_PT de_DE en_GB"
"""Where the names of who lives in a Flemish city come from."""
_LITTLE = "van de den der ter ten het te la le du des di da do el al ben bin ibn von vande vanden vander"
PARTICLES = frozenset(_LITTLE.split())
"""Little words in the middle of a name."""
_SHORTEST = 3
_WORD = re.compile(r"[a-z]+")


class Names(msgspec.Struct, frozen=True):
    """Words of names, folded: those of given names, and those of family names."""

    given: frozenset[str]
    family: frozenset[str]

    def __contains__(self, word: object) -> bool:
        return word in self.given or word in self.family


@cache
def names() -> Names:
    """The lists; read once (about 0.3 s, so a process does it before its first search)."""
    given: set[str] = set()
    family: set[str] = set()
    for country in _COUNTRIES.split():
        provider = importlib.import_module(f"faker.providers.person.{country}").Provider
        for attribute in dir(provider):
            wanted = given if "first_name" in attribute else family if "last_name" in attribute else None
            values = getattr(provider, attribute)
            if wanted is not None and not callable(values):
                wanted.update(word for value in values if isinstance(value, str) for word in _words(value))
    return Names(frozenset(given), frozenset(family))


def together(word: str) -> bool:
    """Whether it is two names written as one, also with a little word between: "janpeeters", "janvandenberghe"."""
    known = names()
    return any(
        word[:cut] in known and any(word[cut:].removeprefix(little) in known for little in ("", *PARTICLES))
        for cut in range(_SHORTEST, len(word) - _SHORTEST + 1)
    )


def _words(name: str) -> list[str]:
    found = _WORD.findall(fold(name))
    return [word for word in found if len(word) >= _SHORTEST and word not in PARTICLES and word not in STOP_WORDS]
