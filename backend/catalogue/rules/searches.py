"""What may be kept of a search: its words, without anything that could say who searched or about whom.

Gone are every piece with a digit (numbers of telephones, accounts, persons, houses), addresses of mail and web, both
also in words, streets, and what looks like a name: what follows "mevrouw", "ik ben", "familie" …; words of the lists
of names, also two written together, and capitalised words, unless the catalogue uses them; two strange words in a row.
When in doubt a word goes: a lost word costs an editor little, a kept name costs a citizen much.

No list has every name: of what is left, words that are not familiar are kept only when many people use them.
"""

import re
import unicodedata
from itertools import islice, pairwise

import msgspec

from backend.catalogue.rules.addresses import addresses_in, is_street, streets_in
from backend.catalogue.rules.names import PARTICLES, names, together
from backend.catalogue.rules.numbers import DIGITS, numbers_in
from backend.kit.search.dutch import normalise, stem, typed_words
from backend.kit.search.lexicon import Lexicon
from backend.kit.search.stop_words import STOP_WORDS

MOST_WORDS = 8
_LONGEST = 40
"""Longer words are pasted junk."""
_MOST_READ = 32
"""Words further on are not kept: a search is a few words, and looking up more of them takes time."""
_SHORTEST = 3
_LONG_ERROR = 9
"""A shorter word that looks like a typing error may be a name: of every ten names one is a letter away from a word of
a catalogue, of the names this long one in three hundred."""

_DOTTED = re.compile(r"\w\.\w\w")
"""A dot in the middle of a word, as in an address."""
_PIECE = re.compile(r"[^\s,;:()\[\]{}<>/\\|+=*\"“”„«»!?…]+")
_PART = re.compile(r"[a-z]{3,}")
_ENDED = re.compile(r"[.!?…]\s*\Z")
_EDGES = ".-'’‘`_–~#&%$€^"

_CERTAIN = """
mijnheer meneer mevrouw mevr dhr heer mr mw mrs ms miss mister juffrouw mejuffrouw mej madame mme mlle monsieur weduwe
"""
_TITLES = frozenset(_CERTAIN.split())
"""What follows is a name, whatever word it is."""
_OFTEN = """
naam voornaam achternaam familienaam heet heette noem genaamd familie fam gezin dokter dr prof meester zoon dochter
broer zus zuster vader moeder papa mama oma opa vriend vriendin buurman buurvrouw neef nicht tante nonkel oom collega
appelle mappelle nom prenom name called
"""
_RELATIONS = frozenset(_OFTEN.split())
"""What follows is often a name."""
_ANNOUNCE = _TITLES | _RELATIONS
_PHRASES = {("ik", "ben"): False, ("je", "suis"): False, ("i", "am"): False, ("naam", "is"): True, ("name", "is"): True}
"""Two words before a name; whether it is one for certain."""


class Scrubbed(msgspec.Struct, frozen=True, kw_only=True):
    """What may be kept of a search.

    Attributes:
        words: folded, in their order, without stop words; may be empty.
        unfamiliar: those of them that may be a name after all: not of the catalogue, its synonyms or a compound of
            them, nor a long word with a typing error.
    """

    words: tuple[str, ...]
    unfamiliar: frozenset[str]


class _Word(msgspec.Struct, kw_only=True):
    """One word of a search: how it was written, and what is thought of it."""

    text: str
    shown: bool
    capital: bool = False
    known: bool = False
    familiar: bool = False
    strange: bool = False
    given: bool = False
    listed: bool = False
    name: bool = False

    @property
    def little(self) -> bool:
        """Whether it says nothing by itself."""
        return self.text in STOP_WORDS or self.text in PARTICLES

    @property
    def kept(self) -> bool:
        """Whether an editor may see it, and has any use for it."""
        useful = self.shown and not self.little and _SHORTEST <= len(self.text) <= _LONGEST
        return useful and not self.name and (self.known or self.text not in _ANNOUNCE)


def scrub(query: str, lexicon: Lexicon) -> Scrubbed:
    """What may be kept of what somebody typed.

    Args:
        query: as typed, any text.
        lexicon: the words of the catalogue and its synonyms.
    """
    words = _words(query, lexicon)
    _in_words(words)
    _after_titles(words)
    _by_themselves(words, lexicon)
    _beside_names(words)
    kept = [word for word in words if word.kept][:MOST_WORDS]
    return Scrubbed(
        words=tuple(word.text for word in kept),
        unfamiliar=frozenset(word.text for word in kept if not word.familiar),
    )


def _words(query: str, lexicon: Lexicon) -> list[_Word]:
    plain = _without_addresses(unicodedata.normalize("NFKC", query))
    found: list[_Word] = []
    end = 0
    for place in islice(_PIECE.finditer(plain), _MOST_READ):
        piece, between = place[0].strip(_EDGES), plain[:end][-1:] + plain[end : place.start()]
        end = place.end()
        if not piece:
            continue
        begins = not found or (bool(_ENDED.search(between)) and found[-1].text not in _TITLES)
        found.append(_word(piece, lexicon, capital=not begins and next(filter(str.isalpha, piece), "").isupper()))
    return found


def _word(piece: str, lexicon: Lexicon, *, capital: bool) -> _Word:
    folded = normalise(piece)
    if any(char.isnumeric() for char in piece + folded):
        return _Word(text=DIGITS, shown=False, known=True)
    # What nobody sees, such as a soft hyphen, is no part of the word; but it may stand between two names.
    text = "".join(typed_words(piece))
    listed, parts = names(), [text, *_PART.findall(folded)]
    known = bool(text) and lexicon.knows(text, stem(text))
    errors = 0 if known else _errors(text, lexicon)
    similar = errors == 0 or (errors == 1 and len(text) >= _LONG_ERROR)
    return _Word(
        text=text,
        shown=bool(text),
        capital=capital,
        known=known,
        familiar=known or (similar and not is_street(text)),
        strange=errors is None and text not in STOP_WORDS and text not in _ANNOUNCE,
        given=any(part in listed.given for part in parts),
        listed=any(part in listed for part in parts) or (not known and (text.startswith("vande") or together(text))),
    )


def _without_addresses(text: str) -> str:
    """The text with a number, which goes anyway, instead of every address of mail or web."""
    pieces = text.split()
    seen = ["".join(char for char in piece if unicodedata.category(char) != "Cf") for piece in pieces]
    gone = {place for place, piece in enumerate(seen) if "@" in piece or "://" in piece or _DOTTED.search(piece)}
    gone |= {near for place in gone if seen[place] == "@" for near in (place - 1, place + 1)}
    return " ".join(DIGITS if place in gone else piece for place, piece in enumerate(pieces))


def _errors(text: str, lexicon: Lexicon) -> int | None:
    """How many typing errors it has: none for a compound of known words; None when it resembles no known word."""
    if lexicon.split(text):
        return 0
    repairs = lexicon.repair(text, most=1)
    return repairs[0].distance if repairs else None


def _in_words(words: list[_Word]) -> None:
    """Numbers, streets and addresses, written in words."""
    texts = [word.text for word in words]
    for place in numbers_in(texts) | streets_in(texts, [word.known for word in words]) | addresses_in(texts):
        words[place].shown = False


def _after_titles(words: list[_Word]) -> None:
    """Names after a title or a relation: "mevrouw Bakker", "ik ben jan bakker"."""
    looking = certain = False
    before = ""
    for word in words:
        trigger = _PHRASES.get((before, word.text))
        before = word.text
        if word.text in _ANNOUNCE or trigger is not None:
            looking, certain = True, word.text in _TITLES or bool(trigger)
        elif looking and not word.little:
            word.name = certain or word.capital or word.strange or word.listed
            looking, certain = word.name, False


def _by_themselves(words: list[_Word], lexicon: Lexicon) -> None:
    """Words of the lists of names, and capitalised ones, that the catalogue does not use."""
    for word in words:
        if word.shown and not word.little and word.text not in _ANNOUNCE:
            stranger = word.listed and word.text not in lexicon
            word.name = word.name or stranger or (word.capital and not word.known)


def _beside_names(words: list[_Word]) -> None:
    """What stands next to a name belongs to it when it could be one; two strange words in a row are one together."""
    row = [word for word in words if word.text not in PARTICLES]
    pairs = list(pairwise(row))
    for one, other in pairs:
        together = (one.given and other.listed) or (one.listed and other.given)
        if (together or (one.strange and other.strange)) and one.shown and other.shown:
            one.name = other.name = True
    for one, other in [*pairs, *((other, one) for one, other in reversed(pairs))]:
        if one.name and (other.strange or other.given or (one.given and not other.known)):
            other.name = True
