"""Dutch words: normalising, stems. Everything that knows the language but not the documents."""

import re
import threading

import Stemmer

from backend.kit.text import fold

_WORD = re.compile(r"[a-z0-9]+(?:[-'.][a-z0-9]+)*")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "–": "-", "‐": "-", "‑": "-"})
_JOINERS = re.compile(r"[-'.]")
_local = threading.local()
_LONG_STEM = 6

_NO_PARTICIPLE = (
    "gebied", "gelegen", "gelijk", "gemeen", "genie", "geslacht", "gevaar", "gevel", "gevolg", "geweld", "gezicht",
    "gezin", "gezond",
)  # fmt: skip
"""Words of which Snowball takes the "ge" for that of a participle: "gevel" is not a form of "vellen"."""

_OWN_FORM = re.compile(
    r"(?:korting|begeleid|wijzig|(?:weeke?nd|waarde|wettig|fonds|gids|korps|camping|beurs|advies|logies|proces)$"
    r"|(?:[aeiou]{2}|ij)ts$|(?:gr|m|k|w|l|d|fr)[ea]ns$)"
)
"""Where Snowball takes away too much: "fiets" is no plural, "begeleiding" has nothing to do with "beleid"."""

_IRREGULAR = {
    "kinder": "kind", "blader": "blad", "overleed": "overlijd", "verloor": "verlie", "mel": "meld", "steed": "stad",
    "von": "vind", "stool": "steel", "gesc": "scheid", "vel": "veld", "help": "hulp", "klaag": "klacht",
    "begraaf": "begrafenis", "aangeef": "aangif", "uitgeef": "uitgif", "adoptie": "adopter", "adop": "adopter",
    "subsidier": "subsidie", "controol": "controler", "donor": "doner", "invalide": "invalid",
    "elektric": "elektrisch", "oop": "open", "geop": "open", "daak": "dak", "glaas": "glas", "weeg": "weg",
    "graaf": "graf", "paad": "pad", "vaat": "vat", "loot": "lot", "daag": "dag", "baad": "bad", "erk": "erken",
    "kocht": "koop", "verkocht": "verkop", "storf": "sterf", "gewijzig": "wijzig", "snoeid": "snoei", "huurt": "huur",
}  # fmt: skip
"""Stems that Snowball leaves apart and that are one word to who searches."""

_THIRD_PERSON = re.compile(r"(?<=(?:aal|aag|aak|eel|eek|eer|een|oon|oop|uis|uik|ouw|oek))t$")
_PARTICIPLE = re.compile(r"^((?:ver|be|ont|her)[a-z]+(?:ng|uur|(?<!k)aar|[rl][km]|uis|[ao]i|[oe]uw|ij[fk]))[dt]$")
"""Participles and third persons of verbs without "ge": "verlengd", "verhuurt"."""

_STRONG = re.compile(r"schre(?:f|ef|v)$")
_LONG_VOWEL = re.compile(r"(?<=[a-z]{3})(aa|ee|oo|uu)([bdfgklmnprstvz])$")
"""The last vowel of a longer stem, written single or double by what follows: "sociaal" and "sociale"."""


def normalise(text: str) -> str:
    """Lower case without accents, plain hyphens and apostrophes; the length may differ."""
    folded = fold(text)
    return folded if folded.isascii() else folded.translate(_PLAIN)


def words(text: str) -> list[str]:
    """The words of a text, normalised, in order: "PIN-code" gives "pincode", "pin" and "code"."""
    found: list[str] = []
    for word in _WORD.findall(normalise(text)):
        parts = _JOINERS.split(word)
        if len(parts) > 1:
            joined = "".join(parts)
            found += [joined, *(part for part in parts if len(part) > 1)]
        else:
            found.append(word)
    return found


def typed_words(text: str) -> list[str]:
    """The words of a query: like `words`, but "PIN-code" stays one word, which the lexicon can split."""
    return [_JOINERS.sub("", word) for word in _WORD.findall(normalise(text))]


def hyphenated(text: str) -> dict[str, tuple[str, ...]]:
    """The words of a query that are written with a hyphen, as `typed_words` gives them, with their parts."""
    found = (_JOINERS.split(word) for word in _WORD.findall(normalise(text)) if "-" in word)
    return {"".join(parts): tuple(parts) for parts in found}


def stems(many: list[str]) -> list[str]:
    """The Snowball stem of each word; each thread has its own stemmer since they are not thread-safe."""
    stemmer: Stemmer.Stemmer | None = getattr(_local, "stemmer", None)
    if stemmer is None:
        stemmer = _local.stemmer = Stemmer.Stemmer("dutch")
    return [_mend(word, found) for word, found in zip(many, stemmer.stemWords(many), strict=True)]


def stem(word: str) -> str:
    """The Snowball stem of one word."""
    return stems([word])[0]


def _mend(word: str, found: str) -> str:
    if word.startswith(_NO_PARTICIPLE) and not found.startswith("ge"):
        found = "ge" + found
    if own := _OWN_FORM.search(word):
        found = word[: own.end()]
    if found[-1:] in "dt" and (verb := _PARTICIPLE.match(found)):
        found = verb[1]
    found = _STRONG.sub("schrijf", _IRREGULAR.get(found, found))
    if found.endswith("ator") and len(found) > _LONG_STEM:
        found = found[:-4] + "er"
    if found[-1:] == "t":
        found = _THIRD_PERSON.sub("", found)
    if len(found) > _LONG_STEM - 1 and found[-3] == found[-2]:
        found = _LONG_VOWEL.sub(lambda last: last[1][0] + last[2], found)
    return _IRREGULAR.get(found, found)
