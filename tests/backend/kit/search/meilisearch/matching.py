"""A small imitation of how Meilisearch matches and scores: enough for tests and for comparing ways of asking.

What it does as the server does: stop words, synonyms (also of up to three words), a prefix only for the last word
without a space behind it, strategy `frequency` (the commonest words may be missing), the rules `words` and
`attributeRank` in the score, the best score of a document over all queries, facets and totals over all candidates.
What it leaves out: typing errors, proximity, positions, exactness.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_WORD = re.compile(r"[^\W_]+")


class Collection:
    """The words of the documents of one index, per attribute."""

    def __init__(self, documents: Mapping[str, dict[str, Any]], settings: Mapping[str, Any]) -> None:
        self.documents = documents
        self.synonyms: Mapping[str, list[str]] = settings.get("synonyms") or {}
        self.stop_words = frozenset(settings.get("stopWords") or ())
        self.searchable: list[str] = settings.get("searchableAttributes") or ["*"]
        self.where: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in self.searchable}
        self.texts: dict[tuple[str, str], str] = {}
        for key, document in documents.items():
            for name in self.searchable:
                value = document.get(name, "")
                text = " ".join(value) if isinstance(value, list) else str(value)
                kept = [word for word in _WORD.findall(text.lower()) if word not in self.stop_words]
                self.texts[name, key] = f" {' '.join(kept)} "
                for word in kept:
                    self.where[name][word].add(key)

    def _of_word(self, word: str, attribute: str, *, prefix: bool) -> set[str]:
        where = self.where[attribute]
        if not prefix:
            return where.get(word, set())
        return {key for other, keys in where.items() if other.startswith(word) for key in keys}

    def _of_phrase(self, phrase: str, attribute: str) -> set[str]:
        words = phrase.split()
        keys = set.intersection(*(self.where[attribute].get(word, set()) for word in words)) if words else set()
        return {key for key in keys if f" {phrase} " in self.texts[attribute, key]}

    def score(self, query: Mapping[str, Any]) -> dict[str, float]:
        """Documents that match, with a score from 0 to 1."""
        text = str(query.get("q") or "")
        words = _WORD.findall(text.lower())[:10]
        prefix = bool(words) and not text[-1].isspace()
        kept = [
            (word, prefix and place == len(words) - 1)
            for place, word in enumerate(words)
            if word not in self.stop_words or (prefix and place == len(words) - 1)
        ]
        if not kept:
            return dict.fromkeys(self.documents, 1.0)
        assert query.get("matchingStrategy", "frequency") == "frequency"
        attributes = query.get("attributesToSearchOn") or self.searchable
        matches = [self._best(kept, place, attributes) for place in range(len(kept))]
        order = sorted(range(len(kept)), key=lambda place: len(matches[place]))
        scores: dict[str, float] = {}
        ranks = len(self.searchable)
        for depth in range(len(order), 0, -1):
            for key in set.intersection(*(set(matches[place]) for place in order[:depth])) - scores.keys():
                rank = sum(matches[place][key] for place in order[:depth]) / depth
                scores[key] = (depth - 1 + (ranks - rank) / ranks) / len(order)
        return scores

    def _best(self, kept: Sequence[tuple[str, bool]], place: int, attributes: Sequence[str]) -> dict[str, int]:
        """Documents that have the word at this place, or a synonym, with the best attribute that has it."""
        word, open_end = kept[place]
        phrases = list(self.synonyms.get(word, ()))
        for size in (2, 3):
            for start in range(max(0, place - size + 1), min(place, len(kept) - size) + 1):
                phrases += self.synonyms.get(" ".join(one for one, _ in kept[start : start + size]), ())
        best: dict[str, int] = {}
        for rank, attribute in enumerate(self.searchable):
            if attribute in attributes:
                keys = self._of_word(word, attribute, prefix=open_end)
                for key in keys.union(*(self._of_phrase(one, attribute) for one in phrases)):
                    best.setdefault(key, rank)
        return best


_FILTER = re.compile(r'"((?:[^"\\]|\\.)*)"')


def admitted(document: Mapping[str, Any], wanted: str | None) -> bool:
    """Whether a filter as our builder writes them lets a document through."""
    return wanted is None or _holds(document, wanted)


def _holds(document: Mapping[str, Any], wanted: str) -> bool:
    if wanted.startswith("("):
        parts = list(_split(wanted))
        verdicts = [_holds(document, part) for part, _ in parts]
        return any(verdicts) if any(word == "OR" for _, word in parts) else all(verdicts)
    if wanted.startswith("NOT ("):
        return not _holds(document, wanted[5:-1])
    name, _, rest = wanted.partition(" ")
    value = document.get(name, [])
    values = set(value if isinstance(value, list) else [value])
    asked = {re.sub(r"\\(.)", r"\1", one) for one in _FILTER.findall(rest)}
    return not values.isdisjoint(asked)


def _split(text: str) -> Iterator[tuple[str, str]]:
    """The parts in parentheses of `(a) AND (b)`, each with the word behind it."""
    depth, start, quoted, skip = 0, 0, False, False
    for place, char in enumerate(text):
        if skip:
            skip = False
        elif quoted and char == "\\":
            skip = True
        elif char == '"':
            quoted = not quoted
        elif not quoted and char == "(":
            depth += 1
            start = place + 1 if depth == 1 else start
        elif not quoted and char == ")":
            depth -= 1
            if depth == 0:
                yield text[start:place], text[place + 1 : place + 5].strip()


def federated(collections: Mapping[str, Collection], body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a federated search."""
    best: dict[tuple[str, str], tuple[float, int]] = {}
    for place, query in enumerate(body["queries"]):
        uid = query["indexUid"]
        weight = (query.get("federationOptions") or {}).get("weight", 1.0)
        for key, score in collections[uid].score(query).items():
            if (
                admitted(collections[uid].documents[key], query.get("filter"))
                and score * weight > best.get((uid, key), (0.0, 0))[0]
            ):
                best[uid, key] = (score * weight, place)
    federation = body["federation"]
    ranked = sorted(best, key=lambda found: (-best[found][0], found))
    hits = []
    for uid, key in ranked[federation.get("offset", 0) :][: federation.get("limit", 20)]:
        score, place = best[uid, key]
        wanted = body["queries"][place].get("attributesToRetrieve") or ["*"]
        document = collections[uid].documents[key]
        where = {"indexUid": uid, "queriesPosition": place, "weightedRankingScore": score}
        hits.append({name: document[name] for name in wanted if name in document} | {"_federation": where})
    facets: dict[str, dict[str, int]] = {}
    for uid, names in (federation.get("facetsByIndex") or {}).items():
        for name in names or ():
            counts = facets.setdefault(name, {})
            for found_uid, key in best:
                if found_uid == uid:
                    value = collections[uid].documents[key].get(name, [])
                    for one in value if isinstance(value, list) else [value]:
                        counts[one] = counts.get(one, 0) + 1
    return {
        "hits": hits,
        "processingTimeMs": 1,
        "limit": federation.get("limit", 20),
        "offset": federation.get("offset", 0),
        "estimatedTotalHits": len(best),
        "facetDistribution": facets,
        "facetStats": {},
    }
