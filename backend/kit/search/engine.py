"""The embedded search engine: in the process, no server, immutable, built anew when the documents change."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from heapq import nsmallest
from itertools import chain
from typing import Self

import msgspec

from backend.kit.search.fields import Weights
from backend.kit.search.highlight import Explainer
from backend.kit.search.index import Index, together
from backend.kit.search.port import Document, SearchResult
from backend.kit.search.synonyms import Synonyms, synonyms_of
from backend.kit.search.understand import Slot, Steps, Understanding, Understood

Scores = dict[int, float]
_NO_LIMIT = float("inf")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be tuned; the defaults were chosen on real products and queries."""

    weights: Weights = Weights()
    steps: Steps = Steps()
    decompound: bool = True
    floor: float = 0.05
    """Hits below this share of the best score are left out."""
    evenness: float = 0.3
    """How much less each word of a longer phrase counts than the words it stands for."""
    coverage: float = 0.25
    """How hard a document is punished for lacking typed words: 0 not, 1 in proportion."""
    raised: float = 1.3
    lowered: float = 0.8
    """How much a synonym more common than the typed word may gain, and a rarer one lose, to count as much as it."""
    elsewhere: float = 0.9
    besides: float = 1.05
    """A typed word that is in a title: what a synonym is worth at most, as a share of the best such title, in other
    documents (`elsewhere`) and in those with the word in their title (`besides`)."""


class Engine:
    """Finds documents; safe to share between threads."""

    def __init__(self, documents: Sequence[Document], synonyms: Synonyms, settings: Settings) -> None:
        self._documents = tuple(documents)
        self._settings = settings
        self._index = Index(self._documents, synonyms, settings.weights, decompound=settings.decompound)
        self._codes = [_codes(document) for document in self._documents]
        self._synonyms = synonyms
        self._understanding = Understanding(self._index.lexicon, synonyms, settings.steps)

    @classmethod
    def build(
        cls,
        documents: Iterable[Document],
        synonyms: Iterable[Sequence[str]] | None = None,
        settings: Settings | None = None,
    ) -> Self:
        """Index documents (about 0.4 s for 500 of them); `synonyms` are groups of phrases that mean the same."""
        return cls(tuple(documents), synonyms_of(synonyms or ()), settings or Settings())

    def patched(
        self,
        changed: Iterable[Document],
        gone: Iterable[str] = (),
        synonyms: Iterable[Sequence[str]] | None = None,
    ) -> Self:
        """An engine with some documents changed or added and others (by id) gone, in milliseconds.

        It answers nearly as one that is built anew (see `Index.patched`): meant for a few documents, until that is.
        `synonyms` are other groups than before (0.1 s).
        """
        new = copy(self)
        new.take(changed, gone, self._synonyms if synonyms is None else synonyms_of(synonyms))
        return new

    def take(self, changed: Iterable[Document], gone: Iterable[str], synonyms: Synonyms) -> None:
        """Become what `patched` gives: for a copy that nobody else has yet."""
        numbers, documents, codes = self._index.numbers, list(self._documents), list(self._codes)
        patch: dict[int, Document | None] = {numbers[name]: None for name in gone if name in numbers}
        for document in changed:
            number = numbers.get(document.id, len(documents))
            patch[number] = document
            documents[number : number + 1] = [document]
            codes[number : number + 1] = [_codes(document)]
        self._documents, self._codes = tuple(documents), codes
        self._index = self._index.patched(patch, synonyms)
        self._synonyms = synonyms
        self._understanding = Understanding(self._index.lexicon, synonyms, self._settings.steps)

    @property
    def index(self) -> Index:
        """The words of the documents."""
        return self._index

    @property
    def understanding(self) -> Understanding:
        """What takes the queries apart."""
        return self._understanding

    def __len__(self) -> int:
        return len(self._index.numbers)

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        filters: Mapping[str, Sequence[str]] | None = None,
        hide: frozenset[str] = frozenset(),
    ) -> SearchResult:
        """Find the best documents.

        An empty query gives everything, by title. Per facet of `filters` one of the values must match;
        documents with a flag in `hide` do not exist for this search.
        """
        understood = self._understanding.understand(query)
        scores = self._score(understood) if query.strip() else dict.fromkeys(self._index.numbers.values(), 0.0)
        if hide:
            scores = {number: score for number, score in scores.items() if self._admits(number, {}, hide)}
        if scores and self._settings.floor:
            # before the filters: they choose from what is found, and find nothing more
            least = self._settings.floor * max(scores.values())
            scores = {number: score for number, score in scores.items() if score >= least}
        if filters:
            scores = {number: score for number, score in scores.items() if self._admits(number, filters, frozenset())}
        documents = self._documents

        def order(number: int) -> tuple[float, int, str, int]:
            """The best first; of equals the shortest title, which says it most plainly; without a query by title."""
            title = documents[number].title
            return -scores[number], len(title) if query.strip() else 0, title, number

        ranked = nsmallest(max(limit, 0), scores, key=order)
        explainer = Explainer(understood, self._index)
        return SearchResult(
            hits=[explainer.explain(self._documents[number], scores[number]) for number in ranked],
            total=len(scores),
            facets=self._count(scores),
            suggestion=understood.suggestion,
        )

    def _score(self, understood: Understood) -> Scores:
        slots = [self._score_slot(slot) for slot in understood.slots]
        for span in understood.spans:
            whole = self._score_slot(span)
            covered = [slots[place] for place in span.places or range(span.first, span.last + 1)]
            for number, score in whole.items():
                if score > sum(one.get(number, 0.0) for one in covered):
                    for one in covered:
                        one[number] = score / len(covered)
        best = [max(one.values(), default=0.0) for one in slots]
        total: Scores = {}
        covered_by: Scores = {}
        for one, top in zip(slots, best, strict=True):
            for number, score in one.items():
                total[number] = total.get(number, 0.0) + score
                covered_by[number] = covered_by.get(number, 0.0) + top
        whole_query = sum(best)
        power = self._settings.coverage
        return {number: score * (covered_by[number] / whole_query) ** power for number, score in total.items()}

    def _score_slot(self, slot: Slot) -> Scores:
        best: Scores = {}
        typed = tuple(slot.typed.split())
        said, rarity = len(typed), self._index.found(typed).rarity
        titled = self._index.titled(slot.typed)
        own = self._index.found((slot.typed,)).top if titled else _NO_LIMIT
        for alternative in slot.alternatives:
            found = self._index.found(alternative.words)
            if not found.top:
                continue
            # without this a long description would beat the plain word, only because it has more words
            weight = alternative.weight * min(1.0, said / len(alternative.words)) ** self._settings.evenness
            scores = found.scores if alternative.kind == "exact" else found.strongest
            if alternative.kind == "synonym":
                weight *= self._raised(rarity, found.rarity)
                elsewhere, besides = own * self._settings.elsewhere, own * self._settings.besides
                if titled and weight * found.top > elsewhere:
                    scores = {
                        number: min(score, (besides if number in titled else elsewhere) / weight)
                        for number, score in scores.items()
                    }
            for number, score in scores.items():
                if score * weight > best.get(number, 0.0):
                    best[number] = score * weight
        if slot.parts:
            for number, score in together(
                [self._score_slot(part) for part in slot.parts], least=slot.parts_least
            ).items():
                if score * slot.parts_weight > best.get(number, 0.0):
                    best[number] = score * slot.parts_weight
        return best

    def _raised(self, rarity: float, other: float) -> float:
        """A synonym says as much as the word that was typed, whichever is the rarer, up to a point."""
        if not other or not rarity:
            return 1.0
        return max(self._settings.lowered, min(self._settings.raised, rarity / other))

    def _admits(self, number: int, filters: Mapping[str, Sequence[str]], hide: frozenset[str]) -> bool:
        document = self._documents[number]
        if hide and not hide.isdisjoint(document.flags):
            return False
        return all(
            any(value in document.facets.get(facet, ()) for value in values)
            for facet, values in filters.items()
            if values
        )

    def _count(self, found: Iterable[int]) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        every = Counter(chain.from_iterable(map(self._codes.__getitem__, found)))
        for (facet, value), times in sorted(every.items()):
            counts.setdefault(facet, {})[value] = times
        return counts


def _codes(document: Document) -> tuple[tuple[str, str], ...]:
    return tuple((facet, value) for facet, values in document.facets.items() for value in values)
