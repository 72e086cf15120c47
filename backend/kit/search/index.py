"""The inverted index: which document uses which stem, and how much that says (BM25F)."""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from heapq import nlargest
from math import log
from operator import itemgetter
from typing import NamedTuple

from backend.kit.search.dutch import normalise, stem
from backend.kit.search.fields import Fields, Terms, Weights, average_lengths, fields_of, frequencies
from backend.kit.search.lexicon import Lexicon
from backend.kit.search.port import Document
from backend.kit.search.synonyms import Phrase, Synonyms

_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
_JOINERS = re.compile(r"[-'’.]")
_NONE: frozenset[int] = frozenset()
_LEAST_SHARE = 0.5
"""A phrase of which a document has less than this is not in it."""

_MOST_FOUND = 6000
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


class Found(NamedTuple):
    """What the documents make of a phrase; not to be changed.

    Attributes:
        scores: of the documents that have its words, or by far most of what they say.
        strongest: the same; of a word in very many documents only those that it says most about.
        top: the best score; 0 when no document has it.
        rarity: how much its words say together; 0 when no document has any of them.
        stems: of its words, as far as a document has them.
    """

    scores: dict[int, float]
    strongest: dict[int, float]
    top: float
    rarity: float
    stems: frozenset[str]


class Index:
    """Per stem the documents and their score for it; immutable after construction."""

    def __init__(
        self, documents: Sequence[Document], synonyms: Synonyms, weights: Weights, *, decompound: bool
    ) -> None:
        self._weights = weights
        self._decompound = decompound
        self._groups = synonyms.groups if weights.synonyms else ()
        self.numbers = {document.id: number for number, document in enumerate(documents)}
        """id -> number of the document in the postings"""
        fields = {number: fields_of(document) for number, document in enumerate(documents)}
        used: Counter[str] = Counter()
        for one in fields.values():
            used.update(set().union(*one.values()))
        self.lexicon = Lexicon(used, synonyms.vocabulary)
        self._stem = self.lexicon.stem_of
        self.terms = self._terms_of_words(used)
        """word -> the stems it stands for, with their weight: its own and those of its parts"""
        self._saying: dict[str, set[int]] = {}
        self._expand(fields)
        self.words = self._words_of_stems(self.terms)
        """stem -> the words that stand for it, by themselves or with a part"""
        self._known = {word: word for word in self.terms}
        self._readings: dict[str, Reading] = {}
        self._found: dict[Phrase, Found] = {}
        self._average = average_lengths(fields.values())
        self._rarity: dict[str, float] = {}
        self._titled: dict[str, frozenset[int]] = {}
        self._strongest: dict[str, dict[int, float]] = {}
        self.postings: dict[str, dict[int, float]] = {}
        """stem -> {document number: score}"""
        self._weigh(fields)

    def patched(self, changed: Mapping[int, Document | None], synonyms: Synonyms) -> "Index":
        """An index with a few other documents: in milliseconds, and nearly as good as a new one.

        How rare a word is, how long texts are on average, what compounds are made of and what unchanged documents are
        also called stay as they were.

        Args:
            changed: number -> the document that it now has, or None for one that is gone; a new one has a new number.
            synonyms: as they are now.
        """
        new = copy(self)
        new.take(changed, synonyms)
        return new

    def take(self, changed: Mapping[int, Document | None], synonyms: Synonyms) -> None:
        """Become what `patched` gives: for a copy that nobody else has yet; what the original holds is replaced."""
        gone, before = frozenset(changed), self.terms
        numbers = {document.id: number for number, document in changed.items() if document}
        self.numbers = {name: number for name, number in self.numbers.items() if number not in gone} | numbers
        fields = {number: fields_of(document) for number, document in changed.items() if document}
        words = set[str]().union(*(counts for one in fields.values() for counts in one.values()))
        self.lexicon = self.lexicon.with_words(words, synonyms.vocabulary)
        self._groups = synonyms.groups if self._weights.synonyms else ()
        self._stem = self.lexicon.stem_of
        self.terms = before | self._terms_of_words(word for word in words if word not in before)
        self._found = {}
        self.postings, self._strongest = _without(self.postings, gone), _without(self._strongest, gone)
        self._titled = {term: having - gone for term, having in self._titled.items()}
        self._saying = {term: saying - gone for term, saying in self._saying.items()}
        self._rarity = dict(self._rarity)
        self._expand(fields)
        more = {word: terms for word, terms in self.terms.items() if word not in before}
        others = self._words_of_stems(more)
        self.words = self.words | {term: self.words.get(term, []) + found for term, found in others.items()}
        self._known = self._known | {word: word for word in more}
        self._weigh(fields)

    def stem(self, word: str) -> str:
        """The stem of a word, from memory when a document or a synonym uses it."""
        return self._stem.get(word) or stem(word)

    def titled(self, word: str) -> frozenset[int]:
        """The documents with this word (or another form of it) in their title or as a keyword."""
        return self._titled.get(self.stem(word), _NONE)

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

    def found(self, phrase: Phrase) -> Found:
        """What the documents make of a phrase; remembered: those of the synonyms come back in every other search."""
        known = self._found.get(phrase)
        if known is None:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            known = self._found[phrase] = self._find(phrase)
        return known

    def _find(self, phrase: Phrase) -> Found:
        every = [self.stem(word) for word in phrase]
        if len(every) == 1:
            scores = self.postings.get(every[0], {})
            strongest = self._strongest.get(every[0]) or scores
        else:
            scores = strongest = together([self.postings.get(one, {}) for one in every], least=_LEAST_SHARE)
        return Found(
            scores=scores,
            strongest=strongest,
            top=max(scores.values(), default=0.0),
            rarity=sum(self._rarity.get(one, 0.0) for one in every),
            stems=frozenset(every) & self.postings.keys(),
        )

    def _terms_of_words(self, vocabulary: Iterable[str]) -> dict[str, tuple[tuple[str, float], ...]]:
        stem_of = self.lexicon.stem_of
        terms: dict[str, tuple[tuple[str, float], ...]] = {}
        for word in vocabulary:
            found = {stem_of[word]: 1.0}
            queue = [word] if self._decompound and self._weights.part else []
            while queue:
                for part in self.lexicon.split(queue.pop()):
                    found.setdefault(stem_of.get(part) or stem(part), self._weights.part)
                    queue.append(part)
            terms[word] = tuple(found.items())
        return terms

    def _words_of_stems(self, every: Terms) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for word, terms in every.items():
            for term, _ in terms:
                found[term].append(word)
        return dict(found)

    def _expand(self, many: Mapping[int, Fields]) -> None:
        """Give a document of which the title says a phrase the words of its synonyms, as a field of their own.

        So whoever types most of a phrase, or parts of two, finds it too. A phrase that many titles say is left out:
        it tells nothing about one of them.
        """
        for number, fields in many.items():
            for word in fields.get("title", ()):
                for term, _ in self.terms[word]:
                    self._saying.setdefault(term, set()).add(number)
        most = max(_FEW, len(self.numbers) // _PORTION)
        gained: dict[int, dict[str, int]] = defaultdict(dict)
        for group in self._groups:
            for phrase in group:
                saying = [self._saying.get(self._stem[word], _NONE) for word in phrase]
                found = _NONE if not all(saying) else frozenset(min(saying, key=len)).intersection(*saying)
                if 0 < len(found) <= most:
                    others = dict.fromkeys((word for other in group if other != phrase for word in other), 1)
                    for number in found & many.keys():
                        gained[number].update(others)
        for number, more in gained.items():
            own = many[number].get("title", ())
            many[number]["synonyms"] = Counter({word: 1 for word in more if word not in own})
        new = {word for more in gained.values() for word in more if word not in self.terms}
        self.terms.update((word, ((self._stem[word], 1.0),)) for word in new)

    def _weigh(self, many: Mapping[int, Fields]) -> None:
        """Add documents to the postings."""
        found, titled = frequencies(many, self.terms, self._average, self._weights)
        total = len(self.numbers)
        for term, numbers in titled.items():
            self._titled[term] = self._titled.get(term, _NONE) | numbers
        for term, uses in found.items():
            rarity = self._rarity.get(term)
            if rarity is None:
                rarity = self._rarity[term] = log(1 + (total - len(uses) + 0.5) / (len(uses) + 0.5))
            scores = {number: rarity * tf / (self._weights.saturation + tf) for number, tf in uses.items()}
            self.postings[term] = posting = self.postings.get(term, {}) | scores
            if len(posting) > _STRONGEST:
                self._strongest[term] = dict(nlargest(_STRONGEST, posting.items(), key=itemgetter(1)))


def _without(postings: Mapping[str, dict[int, float]], gone: frozenset[int]) -> dict[str, dict[int, float]]:
    """Postings without some documents; those that none of them is in are shared."""
    return {
        term: {number: score for number, score in posting.items() if number not in gone}
        if any(number in posting for number in gone)
        else posting
        for term, posting in postings.items()
    }


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
