"""Dutch words: normalising, stop words, stems. Everything that knows the language but not the documents."""

import re
import threading

import Stemmer

from backend.kit.text import fold

_DUTCH = """
aan al alle alleen als ander andere anders bij binnen bent ben beter daar dan dat de den der deze die dit
doe doen doet door dus echt een eens eigen elk elke en er ervan even ga gaan gaat geef gedaan gemaakt graag
had hadden hangt heb hebben hebt heeft heel hem het hier hij hoe hoeveel hun iemand iets ik in is ja jaar
jaren je jij jou jouw jullie kan kom komen komt kon krijg krijgen krijgt kun kunnen kunt laat laten liefst
maak maar maken mag me mee meer men met mij mijn misschien moest moet moeten mogelijk mogen na naar nodig
nog nu of om omdat onder ons onze ook op over regelen regel staat staan steeds te tegen ten ter terug
tijdens toch toe tot tussen u uit uw van vanaf vaak veel via voor voorbij waar waarom waarmee waarvoor
wanneer want waren was wat we wel welk welke werd wie wij wil willen wilt word worden wordt zal ze zei zelf
zeer zich zij zijn zit zo zou zullen
"""
"""Articles, pronouns, prepositions, auxiliaries; not the negations, which change what is asked."""

_FLEMISH = """
ge gij ne nen nie da wa ma efkes zijt hoezo hallo goeiedag alstublieft aub bedankt dank
"""
"""As it is spoken, and greetings."""

_FOREIGN = """
le la les un une des du et est mon ma mes pour dans je comment ou sur avec the a an and i my how do can to
for in of where what is get need
"""
"""Of questions in French and English."""

STOP_WORDS = frozenset(f"{_DUTCH} {_FLEMISH} {_FOREIGN}".split())
"""Words that say nothing about the subject; ignored in a query as long as another word is left."""

_CONVERSATION = """
aangevraagd aanvraag aanvraagt aanvragen begin beginnen bel bellen betekent buurman buurvrouw contact dochter document
documenten doorgeven duurt formulier gebruik gebruiken gemeente gemeentelijk gemeentelijke gezocht goed helpen hulp
info informatie inlichtingen juist klopt kost kosten man meebrengen moeder nieuw nieuwe prijs probleem problemen recht
regels samen snel stad stedelijk stedelijke terecht vader vandaag vind vinden vraag vragen vroeg vrouw weet werkt
weten zoek zoeken zoekt zoon
"""

LIGHT_WORDS = frozenset(_CONVERSATION.split())
"""Words of a conversation with a city: they say little beside the word that names the subject."""

_WORD = re.compile(r"[a-z0-9]+(?:[-'.][a-z0-9]+)*")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "–": "-", "‐": "-", "‑": "-"})
_JOINERS = re.compile(r"[-'.]")
_local = threading.local()
_LONG_STEM = 6

_NO_PARTICIPLE = (
    "gebied", "gelegen", "gemeen", "genie", "geslacht", "gevaar", "gevel", "gevolg", "geweld", "gezicht", "gezin",
    "gezond",
)  # fmt: skip
"""Words of which Snowball takes the "ge" for that of a participle: "gevel" is not a form of "vellen"."""

_OWN_FORM = re.compile(
    r"(?:korting|begeleid|wijzig|(?:weeke?nd|waarde|wettig|fonds|gids|korps|beurs|advies|logies|proces)$"
    r"|(?:[aeiou]{2}|ij)ts$|(?:gr|m|k|w|l|d|fr)[ea]ns$)"
)
"""Where Snowball takes away too much: "fiets" is no plural, "begeleiding" has nothing to do with "beleid"."""

_IRREGULAR = {
    "kinder": "kind", "blader": "blad", "overleed": "overlijd", "verloor": "verlie", "mel": "meld", "steed": "stad",
    "von": "vind", "stool": "steel", "gesc": "scheid", "vel": "veld", "help": "hulp", "klaag": "klacht",
    "begraaf": "begrafenis", "aangeef": "aangif", "uitgeef": "uitgif", "adoptie": "adopter", "adop": "adopter",
    "subsidier": "subsidie", "controol": "controler", "donor": "doner", "invalide": "invalid",
    "elektric": "elektrisch",
}  # fmt: skip
"""Stems that Snowball leaves apart and that are one word to who searches."""

_THIRD_PERSON = re.compile(r"(?<=(?:aal|aag|aak|eel|eek|eer|een|oon|oop|uis|uik|ouw|oek))t$")
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
    found = _IRREGULAR.get(found, found)
    if found.endswith("ator") and len(found) > _LONG_STEM:
        found = found[:-4] + "er"
    if found[-1:] == "t":
        found = _THIRD_PERSON.sub("", found)
    if len(found) > _LONG_STEM - 1 and found[-3] == found[-2]:
        found = _LONG_VOWEL.sub(lambda last: last[1][0] + last[2], found)
    return _IRREGULAR.get(found, found)
