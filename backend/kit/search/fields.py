"""What a document says, field by field, and how much each of its words counts (the field part of BM25F)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from statistics import fmean

import msgspec

from backend.kit.search.dutch import words
from backend.kit.search.port import Document
from backend.kit.search.stop_words import STOP_WORDS

Fields = dict[str, Counter[str]]
"""Name of a field -> how often each word stands in it."""

Terms = Mapping[str, tuple[tuple[str, float], ...]]
"""Word -> the stems that it stands for, with their weight."""


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

    def of(self, field: str) -> float:
        """How much a word in this field counts."""
        if field in {"title", "keywords", "synonyms"}:
            return float(getattr(self, field))
        return self.fields.get(field, self.body)


def fields_of(document: Document) -> Fields:
    """The words of a document that say something."""
    texts = {"title": document.title, "keywords": " \n ".join(document.keywords), **document.body}
    return {
        name: Counter(word for word in words(text) if word not in STOP_WORDS) for name, text in texts.items() if text
    }


def average_lengths(many: Iterable[Fields]) -> dict[str, float]:
    """How many words each field has, in the documents that have it."""
    lengths: dict[str, list[int]] = defaultdict(list)
    for fields in many:
        for name, counts in fields.items():
            lengths[name].append(counts.total())
    return {name: fmean(found) for name, found in lengths.items()}


def frequencies(
    many: Mapping[int, Fields], terms: Terms, average: Mapping[str, float], weights: Weights
) -> tuple[dict[str, dict[int, float]], dict[str, set[int]]]:
    """Per stem how often the documents use it, weighed; and per stem which have it in their title.

    Args:
        many: number of a document -> its fields.
        terms: the stems of every word.
        average: length of each field.
        weights: how much each field counts.
    """
    found: dict[str, dict[int, float]] = defaultdict(dict)
    titled: dict[str, set[int]] = defaultdict(set)
    for number, fields in many.items():
        for name, counts in fields.items():
            share = counts.total() / average[name] if average.get(name) else 1.0
            factor = weights.of(name) / (1 - weights.length + weights.length * share)
            for word, times in counts.items():
                for term, weight in terms[word]:
                    if name == "title" and weight == 1.0:
                        titled[term].add(number)
                    posting = found[term]
                    posting[number] = posting.get(number, 0.0) + times * weight * factor
    return found, titled
