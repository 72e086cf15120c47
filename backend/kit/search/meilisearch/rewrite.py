"""From one understood query to a few plain ones: what Meilisearch can look up, with how much each is trusted.

The server matches stems with its own synonyms, scores by how many words match and where, and keeps the best score of a
document over all queries. So the queries are: every word, in the meanings that are likeliest, first in titles and
keywords, then everywhere; and each word by itself, weighed by how rare it is, for documents that have no more.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from heapq import heappop, heappush
from math import log

import msgspec

from backend.kit.search.index import Index
from backend.kit.search.stop_words import STOP_WORDS
from backend.kit.search.understand import Slot, Understood

MOST = 8
"""Queries in one search."""

_MEANINGS = 4
"""Ways to read the whole query, looked for in titles and keywords; the likeliest also everywhere."""

_MOST_WORDS = 8
"""The server reads ten words of a query and no more."""

_HEAD = ("titleTerms", "keywordTerms", "parts")
_ALL = ("titleTerms", "keywordTerms", "parts", "bodyTerms")
_EVERYWHERE = 0.7
_ALONE = 0.9
_BEGINNING = 0.95

Words = tuple[str, ...]


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """One query for the server.

    Attributes:
        words: stems.
        open_end: the last word may go on.
        weight: how much it is trusted, from 0 to 1.
        attributes: where it is looked for.
    """

    words: Words
    open_end: bool
    weight: float
    attributes: tuple[str, ...]


class _Option(msgspec.Struct, frozen=True):
    """A meaning of the words from one place in the query up to another."""

    words: Words
    weight: float
    first: int
    last: int
    typed: bool = False


def rewritten(
    understood: Understood, index: Index, *, open_end: bool, synonyms: frozenset[str] = frozenset()
) -> list[Plain]:
    """At most eight queries, the most trusted first; none when nothing in the query can be looked up.

    Args:
        understood: the query, taken apart.
        index: which stems the documents use, and how many documents use each.
        open_end: the last word may still be being typed.
        synonyms: stems that the server has synonyms for.
    """
    slots = sorted(sorted(understood.slots, key=lambda slot: -_rarity(slot, index))[:_MOST_WORDS], key=_place)
    if not slots:
        return []
    places = {slot.first: number for number, slot in enumerate(slots)}
    known = synonyms | index.postings.keys()
    options = [_options(slot, number, index, known) for number, slot in enumerate(slots)]
    if open_end and slots[-1].first == understood.slots[-1].first:
        options[-1] = _with_beginning(options[-1], slots[-1], len(slots) - 1, index)
    for span in understood.spans:
        if span.first in places and span.last in places:
            first, last = places[span.first], places[span.last]
            between = [slot for slot in slots[first : last + 1] if span.places and slot.first not in span.places]
            kept = _stemmed((slot.typed for slot in between), index)
            options[first] += [
                _Option(stemmed + kept, alternative.weight, first, last)
                for alternative in span.alternatives[:_MEANINGS]
                if (stemmed := _stemmed(alternative.words, index))
            ]
    plain: list[Plain] = []
    for words, weight, typed in _readings(options):
        end = open_end and typed
        plain.append(Plain(words=words, open_end=end, weight=weight, attributes=_HEAD))
        if len(plain) == 1:
            plain.append(Plain(words=words, open_end=end, weight=weight * _EVERYWHERE, attributes=_ALL))
    if len(slots) > 1:
        plain += _alone(slots, options, index, open_end=open_end)
    plain.sort(key=lambda one: -one.weight)
    return plain[:MOST]


def _alone(
    slots: Sequence[Slot], options: Sequence[Sequence[_Option]], index: Index, *, open_end: bool
) -> Iterator[Plain]:
    rarity = [_rarity(slot, index) for slot in slots]
    whole = sum(rarity) or 1.0
    for number, share in enumerate(rarity):
        best = max((one for one in options[number] if one.last == number), key=_weight, default=None)
        if best is not None:
            end = open_end and best.typed and number == len(slots) - 1
            weight = _ALONE * best.weight * share / whole
            yield Plain(words=best.words, open_end=end, weight=weight, attributes=_HEAD)


def _with_beginning(options: list[_Option], slot: Slot, place: int, index: Index) -> list[_Option]:
    """The options of the last word and, first of those that are not certain, what is there of it as a beginning."""
    typed = _stemmed((slot.typed,), index)
    if not typed or any(option.words == typed for option in options):
        return options
    return [_Option(typed, _BEGINNING, place, place, typed=True), *options]


def _options(slot: Slot, number: int, index: Index, known: AbstractSet[str]) -> list[_Option]:
    """What this word may be looked up as; the word itself when the server knows it or nothing is better."""
    typed = _stemmed((slot.typed,), index)
    found: list[_Option] = []
    if typed and typed[0] in known:
        found.append(_Option(typed, 1.0, number, number, typed=True))
    for alternative in slot.alternatives:
        loose = alternative.kind == "synonym" and len(alternative.words) > 1
        if (alternative.kind in {"typo", "prefix"} or loose) and (words := _stemmed(alternative.words, index)):
            found.append(_Option(words, alternative.weight, number, number))
    if slot.parts:
        words = tuple(word for part in slot.parts for word in _head(part, index))
        if words:
            found.append(_Option(tuple(dict.fromkeys(words)), slot.parts_weight, number, number))
    if not found:
        found = [_Option(typed, 1.0, number, number, typed=True)] if typed else []
    return _best(found)


def _head(part: Slot, index: Index) -> Words:
    best = max(part.alternatives, key=lambda alternative: alternative.weight, default=None)
    return _stemmed(best.words, index) if best else ()


def _best(found: Iterable[_Option]) -> list[_Option]:
    best: dict[Words, _Option] = {}
    for option in found:
        if option.words not in best or best[option.words].weight < option.weight:
            best[option.words] = option
    return sorted(best.values(), key=lambda option: -option.weight)[: _MEANINGS + 1]


def _readings(options: Sequence[Sequence[_Option]]) -> Iterator[tuple[Words, float, bool]]:
    """The likeliest ways to read the whole query: its words, how likely, and whether the last one is as typed."""
    heap: list[tuple[float, int, Words, bool]] = [(-1.0, 0, (), False)]
    given: set[Words] = set()
    while heap and len(given) < _MEANINGS:
        weight, place, words, typed = heappop(heap)
        if place == len(options):
            kept = tuple(dict.fromkeys(words))[: _MOST_WORDS + 2]
            if kept and kept not in given:
                given.add(kept)
                yield kept, -weight, typed
            continue
        if not options[place]:
            heappush(heap, (weight, place + 1, words, False))
        for option in options[place]:
            heappush(heap, (weight * option.weight, option.last + 1, words + option.words, option.typed))


def _stemmed(words: Iterable[str], index: Index) -> Words:
    """Stems without those that the server would skip: a query of nothing but those finds everything."""
    return tuple(stem for word in words if (stem := index.stem(word)) not in STOP_WORDS)


def _rarity(slot: Slot, index: Index) -> float:
    """How much a word says: the fewer documents have it, the more; by its likeliest meaning that a document has."""
    total = 1 + max((len(posting) for posting in index.postings.values()), default=0)
    for alternative in slot.alternatives:
        counts = [len(index.postings[stem]) for stem in _stemmed(alternative.words, index) if stem in index.postings]
        if counts:
            return log(1 + total / min(counts))
    return log(1 + total)


def _place(slot: Slot) -> int:
    return slot.first


def _weight(option: _Option) -> float:
    return option.weight
