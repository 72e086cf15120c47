"""Says why a document was found: which word answers which, and where."""

from html import escape
from itertools import chain

from backend.kit.search.index import Index
from backend.kit.search.port import Document, Hit, Kind, Matched
from backend.kit.search.understand import Slot, Understood

_AROUND = 90
_MOST = 240
_READ = 300
_SNIPPETS = 1

Reason = tuple[float, Kind, str]
"""How strong, why, and what was typed."""

Span = tuple[int, int, Reason]

Verdict = tuple[Reason | None, frozenset[int]]
"""Why a word matches by itself, and the phrases (by number) of which it is a word."""

Loose = tuple[int, int, str, frozenset[int]]
"""Where a word of phrases stands, the word, and those phrases."""

_NO_PHRASES: frozenset[int] = frozenset()
_NEAR = 3
_APART = 40
"""Two words of a phrase have at most so many others between them (of this query), and so many letters."""


class Explainer:
    """Explains the hits of one query; remembers per word whether and why it matches."""

    def __init__(self, understood: Understood, index: Index) -> None:
        self._index = index
        self._reasons: dict[str, Reason] = {}
        self._phrases: list[Reason] = []
        self._phrases_with: dict[str, list[int]] = {}
        self._verdicts: dict[str, Verdict] = {}
        for slot in (*understood.slots, *understood.spans):
            self._add(slot, slot.typed, 1.0)
        stems = self._reasons.keys() | self._phrases_with.keys()
        self._wanted = set(chain.from_iterable(map(index.words.__getitem__, stems)))
        """The words of texts that may match; all others need no look."""

    def explain(self, document: Document, score: float) -> Hit:
        """A hit with its marked title and the first snippet that matches, and the reasons that show in them."""
        texts = {"title": document.title, "keywords": ", ".join(document.keywords), **document.body}
        matched, highlights = self._explained(texts, alone=False)
        if not matched:
            matched, highlights = self._explained(texts, alone=True)
        ordered = [one for _, one in sorted(matched.values(), key=lambda pair: -pair[0])] or self._named(document)
        return Hit(id=document.id, score=round(score, 4), matched=ordered, highlights=highlights)

    def _named(self, document: Document) -> list[Matched]:
        """Of a document in which nothing shows: what was typed is another name for what its title says."""
        number = self._index.numbers.get(document.id)
        of_phrases = {stem: self._phrases[found[0]] for stem, found in self._phrases_with.items()}
        saying = [
            reason for stem, reason in (of_phrases | self._reasons).items() if number in self._index.postings[stem]
        ]
        return [Matched(kind="synonym", typed=max(saying)[2], found=document.title)] if saying else []

    def _explained(
        self, texts: dict[str, str], *, alone: bool
    ) -> tuple[dict[str, tuple[float, Matched]], dict[str, str]]:
        matched: dict[str, tuple[float, Matched]] = {}
        highlights: dict[str, str] = {}
        for name, text in texts.items():
            if len(highlights) > _SNIPPETS:
                break  # what a person sees is explained: reading on would only cost time
            spans = self._spans(text, whole=name == "title", alone=alone)
            for first, last, (weight, kind, typed) in spans:
                if weight > matched.get(typed, (0.0,))[0]:
                    matched[typed] = (weight, Matched(kind=kind, typed=typed, found=text[first:last]))
            if name == "title" or spans:
                highlights[name] = _mark(text, spans, whole=name == "title")
        return matched, highlights

    def _add(self, slot: Slot, typed: str, trust: float) -> None:
        for alternative in slot.alternatives:
            weight = alternative.weight * trust
            found = self._index.found(alternative.words).stems
            if len(alternative.words) > 1:
                if len(found) == 1:
                    continue  # its other words are nowhere
                for stem in found:
                    self._phrases_with.setdefault(stem, []).append(len(self._phrases))
                self._phrases.append((weight, alternative.kind, typed))
            else:
                for stem in found:
                    if weight > self._reasons.get(stem, (0.0,))[0]:
                        self._reasons[stem] = (weight, alternative.kind, typed)
        for part in slot.parts:
            self._add(part, typed, trust * slot.parts_weight)

    def _spans(self, text: str, *, whole: bool, alone: bool) -> list[Span]:
        """Where a text answers; `alone` also by one word of a phrase, when nothing else explains a hit."""
        words, starts, ends = self._index.read(text)
        wanted = self._wanted
        spans: list[Span] = []
        loose: list[Loose] = []
        until = len(text)
        for at in [at for at, word in enumerate(words) if word in wanted]:
            word, first, last = words[at], starts[at], ends[at]
            if first > until:
                break
            verdict = self._verdicts.get(word)
            if verdict is None:
                verdict = self._verdicts[word] = self._judge(word)
            reason, phrases = verdict
            if alone and reason is None:
                reason = max(self._phrases[number] for number in phrases)
            if reason is not None:
                if not spans and not whole:
                    until = first + _READ
                spans.append((first, last, reason))
            if phrases:
                loose.append((first, last, word, phrases))
        return self._with_phrases(spans, loose) if len(loose) > 1 else spans

    def _with_phrases(self, spans: list[Span], loose: list[Loose]) -> list[Span]:
        """Besides, the words of a phrase where two of them stand near each other: one by itself says nothing."""
        found = {(first, last): reason for first, last, reason in spans}
        for at, (first, last, word, phrases) in enumerate(loose):
            for other, end, another, more in loose[at + 1 : at + 1 + _NEAR]:
                if other - last > _APART:
                    break
                if word != another and (both := phrases & more):
                    reason = max(self._phrases[number] for number in both)
                    for place in ((first, last), (other, end)):
                        if reason[0] > found.get(place, (0.0,))[0]:
                            found[place] = reason
        return [(first, last, reason) for (first, last), reason in sorted(found.items())]

    def _judge(self, word: str) -> Verdict:
        best: Reason | None = None
        phrases: list[int] = []
        for term, own in self._index.terms[word]:
            if (more := self._phrases_with.get(term)) is not None:
                phrases += more
            reason = self._reasons.get(term)
            if reason is None or (best is not None and best[0] >= reason[0] * own):
                continue
            weight, kind, typed = reason
            if kind == "exact" and word != typed:
                kind = "stem" if own == 1.0 else "part"
            best = (weight * own, kind, typed)
        return best, frozenset(phrases) if phrases else _NO_PHRASES


def _mark(text: str, spans: list[Span], *, whole: bool) -> str:
    start, end = 0, len(text)
    if not whole and len(text) > _MOST:
        # the passage with the best reason, the first of those that are equal
        start = max(0, max(spans, key=lambda span: span[2][0])[0] - _AROUND)
        start = text.rfind(" ", 0, start) + 1 if start else 0
        end = min(len(text), start + _MOST)
    pieces, at = ["… " if start else ""], start
    for first, last, _ in spans:
        if first >= at and last <= end:
            pieces += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
            at = last
    cut = text.rfind(" ", at, end) if end < len(text) else end
    pieces += [escape(text[at : cut if cut > at else end]), "" if end == len(text) else " …"]
    return "".join(pieces)
