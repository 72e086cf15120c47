"""The inverted index: which document uses which stem, and how much that says (BM25F)."""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from heapq import nlargest
from math import log
from operator import itemgetter
from typing import NamedTuple

import msgspec

from backend.kit.search.dutch import normalise, stem, words
from backend.kit.search.lexicon import Lexicon
from backend.kit.search.port import Document
from backend.kit.search.stop_words import STOP_WORDS
from backend.kit.search.synonyms import Phrase, Synonyms

_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
_JOINERS = re.compile(r"[-'’.]")
_NONE: frozenset[int] = frozenset()
_LEAST_SHARE = 0.5
"""A phrase of which a document has less than this is not in it."""

_MOST_PHRASES = 2000
_STRONGEST = 300
_FEW = 8
_PORTION = 60
"""A phrase in more titles than a few, or than one in so many, is too general to say what a document is about."""

READ_MOST = 2000
"""A text is read no further than this for what matches: the next text is likelier to say it plainly."""


class Reading(NamedTuple):
    """The words of a text that documents use, normalised, in order, and from where to where each stands."""

    words: tuple[str, ...]
    starts: "array[int]"
    ends: "array[int]"


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """How much a word counts: per field, as a part of a compound, and the two constants of BM25."""

    title: float = 4.0
    keywords: float = 3.0
    body: float = 0.4
    fields: dict[str, float] = {}
    synonyms: float = 1.0
    """Of what else the words of a title are called."""
    part: float = 0.4
    saturation: float = 1.6
    length: float = 0.55


class Index:
    """Per stem the documents and their score for it; immutable after construction."""

    def __init__(
        self, documents: Sequence[Document], synonyms: Synonyms, weights: Weights, *, decompound: bool
    ) -> None:
        self._weights = weights
        fields = [_fields(document) for document in documents]
        used: Counter[str] = Counter()
        for counts in fields:
            used.update(set().union(*counts.values()))
        self.lexicon = Lexicon(used, synonyms.vocabulary)
        self._stem = self.lexicon.stem_of
        self.terms = self._terms_of_words(list(used), decompound=decompound)
        """word -> the stems it stands for, with their weight: its own and those of its parts"""
        if weights.synonyms:
            self._expand(fields, synonyms.groups)
        self.words = self._words_of_stems()
        """stem -> the words that stand for it, by themselves or with a part"""
        self._known = {word: word for word in self.terms}
        self._readings: dict[str, Reading] = {}
        self._phrases: dict[Phrase, dict[int, float]] = {}
        self.postings: dict[str, dict[int, float]] = self._weigh(fields)
        """stem -> {document number: score}"""

    def stem(self, word: str) -> str:
        """The stem of a word, from memory when a document or a synonym uses it."""
        return self._stem.get(word) or stem(word)

    def titled(self, word: str) -> frozenset[int]:
        """The documents with this word (or another form of it) in their title or as a keyword."""
        return self._titled.get(self.stem(word), _NONE)

    def rarity(self, phrase: Phrase) -> float:
        """How much the words of a phrase say together: 0 when no document has any of them."""
        return sum(self._rarity.get(self.stem(word), 0.0) for word in phrase)

    def read(self, text: str) -> Reading:
        """Where the words stand that a document uses; remembered, as the same texts are shown again and again."""
        known = self._readings.get(text)
        if known is None:
            known = self._readings[text] = self._read(text)
        return known

    def _read(self, text: str) -> Reading:
        found: list[str] = []
        starts, ends = array("I"), array("I")
        for place in _WORD.finditer(text[:READ_MOST]):
            surface = place[0]
            word = surface if surface in self.terms else _JOINERS.sub("", normalise(surface))
            if word in self.terms:
                found.append(self._known[word])
                starts.append(place.start())
                ends.append(place.end())
        return Reading(tuple(found), starts, ends)

    def score(self, phrase: Phrase) -> dict[int, float]:
        """The documents that have the words of this phrase, or by far most of what they say; not to be changed.

        Phrases are remembered: those of the synonyms come back in every other search.
        """
        if len(phrase) == 1:
            return self.postings.get(self.stem(phrase[0]), {})
        known = self._phrases.get(phrase)
        if known is None:
            if len(self._phrases) >= _MOST_PHRASES:
                self._phrases.clear()
            known = self._phrases[phrase] = together(
                [self.postings.get(self.stem(word), {}) for word in phrase], least=_LEAST_SHARE
            )
        return known

    def strongest(self, phrase: Phrase) -> dict[int, float]:
        """As `score`, of a word in very many documents only those that it says most about."""
        if len(phrase) == 1:
            stem = self.stem(phrase[0])
            return self._strongest.get(stem) or self.postings.get(stem, {})
        return self.score(phrase)

    def _terms_of_words(self, vocabulary: list[str], *, decompound: bool) -> dict[str, tuple[tuple[str, float], ...]]:
        stem_of = self.lexicon.stem_of
        terms: dict[str, tuple[tuple[str, float], ...]] = {}
        for word in vocabulary:
            found = {stem_of[word]: 1.0}
            queue = [word] if decompound and self._weights.part else []
            while queue:
                for part in self.lexicon.split(queue.pop()):
                    found.setdefault(stem_of.get(part) or stem(part), self._weights.part)
                    queue.append(part)
            terms[word] = tuple(found.items())
        return terms

    def _words_of_stems(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for word, terms in self.terms.items():
            for term, _ in terms:
                found[term].append(word)
        return dict(found)

    def _expand(self, fields: Sequence[dict[str, Counter[str]]], groups: Sequence[Sequence[Phrase]]) -> None:
        """Give a document of which the title says a phrase the words of its synonyms, as a field of their own.

        So whoever types most of a phrase, or parts of two, finds it too. A phrase that many titles say is left out:
        it tells nothing about one of them.
        """
        titled: dict[str, set[int]] = defaultdict(set)
        for number, counts in enumerate(fields):
            for word in counts.get("title", ()):
                for term, _ in self.terms[word]:
                    titled[term].add(number)
        most = max(_FEW, len(fields) // _PORTION)
        gained: dict[int, dict[str, int]] = defaultdict(dict)
        for group in groups:
            for phrase in group:
                saying = [titled.get(self._stem[word], _NONE) for word in phrase]
                found = _NONE if not all(saying) else frozenset(min(saying, key=len)).intersection(*saying)
                if 0 < len(found) <= most:
                    others = dict.fromkeys((word for other in group if other != phrase for word in other), 1)
                    for number in found:
                        gained[number].update(others)
        for number, more in gained.items():
            own = fields[number].get("title", ())
            fields[number]["synonyms"] = Counter({word: 1 for word in more if word not in own})
        new = {word for more in gained.values() for word in more if word not in self.terms}
        self.terms.update((word, ((self._stem[word], 1.0),)) for word in new)

    def _weigh(self, fields: list[dict[str, Counter[str]]]) -> dict[str, dict[int, float]]:
        weights = self._weights
        lengths: dict[str, list[int]] = defaultdict(list)
        for counts in fields:
            for name, counter in counts.items():
                lengths[name].append(counter.total())
        average = {name: sum(many) / len(many) for name, many in lengths.items()}
        frequency: dict[str, dict[int, float]] = defaultdict(dict)
        titled: dict[str, set[int]] = defaultdict(set)
        for number, counts in enumerate(fields):
            for name, counter in counts.items():
                share = counter.total() / average[name] if average[name] else 1.0
                factor = self._field_weight(name) / (1 - weights.length + weights.length * share)
                for word, times in counter.items():
                    for term, weight in self.terms[word]:
                        posting = frequency[term]
                        if name == "title" and weight == 1.0:
                            titled[term].add(number)
                        posting[number] = posting.get(number, 0.0) + times * weight * factor
        self._titled = {term: frozenset(numbers) for term, numbers in titled.items()}
        total = len(fields)
        postings = {}
        self._rarity: dict[str, float] = {}
        self._strongest: dict[str, dict[int, float]] = {}
        for term, posting in frequency.items():
            rarity = log(1 + (total - len(posting) + 0.5) / (len(posting) + 0.5))
            self._rarity[term] = rarity
            postings[term] = {number: rarity * tf / (weights.saturation + tf) for number, tf in posting.items()}
            if len(posting) > _STRONGEST:
                best = nlargest(_STRONGEST, postings[term].items(), key=itemgetter(1))
                self._strongest[term] = dict(best)
        return postings

    def _field_weight(self, name: str) -> float:
        if name in {"title", "keywords", "synonyms"}:
            return float(getattr(self._weights, name))
        return self._weights.fields.get(name, self._weights.body)


def together(scores: Sequence[Mapping[int, float]], *, least: float = 0.0) -> dict[int, float]:
    """The sum per document, times the cube of the share of the words that it has; rare words count for more.

    Args:
        scores: of each word.
        least: a document with a smaller share is left out.
    """
    best = [max(one.values(), default=0.0) for one in scores]
    top_of_all = max(best, default=0.0)
    if not top_of_all:
        return {}
    best = [top or top_of_all for top in best]  # a word that nobody uses is missed as much as the rarest
    whole = sum(best)
    pairs = sorted(zip(scores, best, strict=True), key=lambda pair: len(pair[0]))
    total: dict[int, float] = {}
    left = whole
    for turn, (one, top) in enumerate(pairs):
        if left < least * whole:
            break  # who has none of the words so far cannot have enough of them
        left -= top
        others = pairs[turn + 1 :]
        for number, score in one.items():
            if number not in total:
                value, share = score, top
                for other, more in others:
                    found = other.get(number)
                    if found is not None:
                        value += found
                        share += more
                if share >= least * whole:
                    total[number] = value * (share / whole) ** 3
    return total


def _fields(document: Document) -> dict[str, Counter[str]]:
    texts = {"title": document.title, "keywords": " \n ".join(document.keywords), **document.body}
    return {
        name: Counter(word for word in words(text) if word not in STOP_WORDS) for name, text in texts.items() if text
    }
