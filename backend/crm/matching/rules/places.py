"""Addresses in normal form: abbreviations written out, number and box taken apart."""

import re
from functools import lru_cache

from backend.crm.matching.rules.data import LEGAL_FORMS, STREET_WORDS
from backend.crm.matching.rules.spelling import code, words

_TYPES = (
    ("steenweg", re.compile(r"(steenweg|stwg|stw|steenw|chaussee)$")),
    ("straat", re.compile(r"(straat|straet|strat|strt|str)$")),
    ("laan", re.compile(r"(laan|ln)$")),
    ("plein", re.compile(r"(plein|pl)$")),
    ("weg", re.compile(r"(weg|wg)$")),
    ("dreef", re.compile(r"(dreef|dr)$")),
    ("baan", re.compile(r"baan$")),
    ("kaai", re.compile(r"(kaai|kade)$")),
)
_NUMBER = re.compile(r"(\d{1,5})\s*([a-z](?![a-z0-9]))?")
_BOX = re.compile(r"(?:bus|boite|bte|box|bt|b(?=[ .]?\d))?[ .]*([a-z0-9]{0,8})")
_SEPARATORS = re.compile(r"[^a-z0-9]+")


class Unreadable(ValueError):
    """A number without a digit."""


@lru_cache(maxsize=1 << 14)
def street(typed: str) -> tuple[str, str, str]:
    """(name without its type, the last word of it, type) of a street: `St.-Jansstr.` gives (sintjans, jans, straat)."""
    found = words(typed)
    if not found:
        return "", "", ""
    found = [STREET_WORDS.get(word, word) for word in found[:-1]] + found[-1:]
    kind = ""
    for name, pattern in _TYPES:
        bare = pattern.sub("", found[-1])
        if bare != found[-1]:
            kind = name
            found[-1:] = [bare] if bare else []
            break
    if not found:
        return kind, kind, ""
    return "".join(found), found[-1], kind


@lru_cache(maxsize=1 << 14)
def house(typed: str, box: str = "") -> tuple[str, str]:
    """(number, box) of what was typed in both fields: `50C bus 809` gives (50c, 809)."""
    text = _SEPARATORS.sub(" ", typed.lower()[:40]).strip()
    found = _NUMBER.match(text)
    if found is None:
        return "".join(text.split()), _box(box)
    number = found[1].lstrip("0") + (found[2] or "")
    rest = text[found.end() :].strip()
    if found[2] == "b" and rest:  # 12 b 3 is a box
        return found[1].lstrip("0"), _box(rest)
    return number, _box(box) or _box(rest)


def _box(typed: str) -> str:
    text = _SEPARATORS.sub(" ", typed.lower()[:20]).strip()
    found = _BOX.match(text)
    return found[1].lstrip("0") if found else ""


def postcode(typed: str) -> str:
    """Letters and digits of a postcode; `B-9000` is `9000`."""
    bare = "".join(words(typed))[:10]
    return bare[1:] if bare[:1] == "b" and bare[1:].isdigit() else bare


def town(typed: str) -> str:
    """The spelling class of a municipality."""
    return code("".join(words(typed)))


def organisation(typed: str) -> list[str]:
    """The words of the name of an organisation that tell it apart: no legal forms."""
    found = words(re.sub(r"(?<=\b\w)\.(?=\w\b)", "", typed[:240]))
    kept = [word for word in found if word not in LEGAL_FORMS]
    return kept or found
