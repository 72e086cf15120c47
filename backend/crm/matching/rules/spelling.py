"""Names in normal form: one code for all Flemish spellings of a name, one class for all short forms of a given name."""

import re
from functools import lru_cache
from itertools import chain

from backend.crm.matching.rules.data import NICKNAMES
from backend.kit.text import fold

MOST_LETTERS = 60
"""Of a name; what comes after it is left out."""
MOST_WORDS = 8

_WORD = re.compile(r"[^\W_]+")
_DOUBLED = re.compile(r"(.)\1+")
_SPELLING = (
    *(
        ("chr", "kr"),
        ("sch", "s"),
        ("ckx", "ks"),
        ("cqu", "k"),
        ("ck", "k"),
        ("cq", "k"),
        ("qu", "k"),
        ("q", "k"),
        ("x", "ks"),
    ),
    *(("ch", "g"), ("gh", "g"), ("ph", "f"), ("th", "t"), ("dt", "t"), ("c", "k"), ("z", "s"), ("v", "f")),
    *(("eaux", "o"), ("eau", "o"), ("ae", "a"), ("oe", "o"), ("au", "ou"), ("ij", "i"), ("y", "i"), ("ei", "i")),
    ("ie", "i"),
)
"""In this order; what sounds the same in Flemish names (De Clercq, Declerck; Wuyts, Wuijts; Baeck, Baak)."""

PARTICLES = frozenset(
    [
        "van",
        "vande",
        "vanden",
        "vander",
        "ver",
        "de",
        "den",
        "der",
        "ter",
        "ten",
        "te",
        "op",
        "in",
        "la",
        "le",
        "les",
        "du",
        "des",
        "da",
        "dos",
        "di",
        "del",
        "el",
        "al",
        "ait",
        "ben",
        "bel",
        "von",
        "zu",
        "d",
        "l",
        "t",
        "s",
        "o",
    ]
)
"""Words that belong to the word after them."""


def words(text: str) -> list[str]:
    """Letters and digits, without case and accents, word by word."""
    return _WORD.findall(fold(text[: 4 * MOST_LETTERS]))[:MOST_WORDS]


@lru_cache(maxsize=1 << 16)
def code(word: str) -> str:
    """The spelling class of a folded word; a closing s does not count."""
    for written, sound in _SPELLING:
        if written in word:
            word = word.replace(written, sound)
    word = _DOUBLED.sub(r"\1", word)
    return word[:-1] if len(word) > 3 and word.endswith("s") else word  # noqa: PLR2004 Bas, Els


def _classes() -> dict[str, str]:
    """Code of a given name -> the first name of its class."""
    found: dict[str, str] = {}
    for group in NICKNAMES:
        names = [code(name) for name in group]
        known = {found[name] for name in names if name in found}
        first = min(known) if known else names[0]
        for name, held in list(found.items()):
            if held in known:
                found[name] = first
        found.update(dict.fromkeys(names, first))
    return found


_CLASSES = _classes()


@lru_cache(maxsize=1 << 16)
def given_class(word: str) -> str:
    """The class of a folded given name: Jef, Jos and Jozef are one; else its spelling class."""
    sound = code(word)
    return _CLASSES.get(sound, sound)


def parts_of(family: list[str]) -> list[str]:
    """The names in a double family name, particles with what follows: Janssens-De Smet has two."""
    groups: list[list[str]] = [[]]
    for word in family:
        groups[-1].append(word)
        if word not in PARTICLES:
            groups.append([])
    if not groups[-1]:
        groups.pop()
    elif len(groups) > 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return ["".join(group) for group in groups]


def letters(*sounds: str) -> str:
    """The letters of a name in alphabetical order: the same whatever comes first, however it is spaced."""
    return "".join(sorted(chain(*sounds)))


def without_one(sorted_letters: str) -> list[str]:
    """Every text that one letter less leaves."""
    return [
        sorted_letters[:place] + sorted_letters[place + 1 :]
        for place, letter in enumerate(sorted_letters)
        if not place or sorted_letters[place - 1] != letter
    ]
