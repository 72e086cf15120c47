"""Says why a document was found: which word answers which, and where."""

import re
from html import escape

from backend.kit.search.index import Index
from backend.kit.search.port import Document, Hit, Kind, Matched
from backend.kit.search.understand import Slot, Understood

_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
_AROUND = 90
_MOST = 240
_SNIPPETS = 1

Reason = tuple[float, Kind, str]
"""How strong, why, and what was typed."""

Span = tuple[int, int, Reason]


class Explainer:
    """Explains the hits of one query; remembers per word whether and why it matches."""

    def __init__(self, understood: Understood, index: Index) -> None:
        self._index = index
        self._reasons: dict[str, Reason] = {}
        self._verdicts: dict[str, Reason | None] = {}
        for slot in (*understood.slots, *understood.spans):
            self._add(slot, slot.typed, 1.0)

    def explain(self, document: Document, score: float) -> Hit:
        """A hit with its marked title and the first snippet that matches, and the reasons that show in them."""
        matched: dict[str, tuple[float, Matched]] = {}
        highlights: dict[str, str] = {}
        texts = {"title": document.title, "keywords": ", ".join(document.keywords), **document.body}
        for name, text in texts.items():
            if len(highlights) > _SNIPPETS:
                break  # what a person sees is explained: reading on would only cost time
            spans = self._spans(text, whole=name == "title")
            for first, last, (weight, kind, typed) in spans:
                if weight > matched.get(typed, (0.0,))[0]:
                    matched[typed] = (weight, Matched(kind=kind, typed=typed, found=text[first:last]))
            if name == "title" or spans:
                highlights[name] = _mark(text, spans, whole=name == "title")
        ordered = sorted(matched.values(), key=lambda pair: -pair[0])
        return Hit(id=document.id, score=round(score, 4), matched=[one for _, one in ordered], highlights=highlights)

    def _add(self, slot: Slot, typed: str, trust: float) -> None:
        for alternative in slot.alternatives:
            weight = alternative.weight * trust
            for word in alternative.words:
                stem = self._index.stem(word)
                if stem in self._index.postings and weight > self._reasons.get(stem, (0.0,))[0]:
                    self._reasons[stem] = (weight, alternative.kind, typed)
        for part in slot.parts:
            self._add(part, typed, trust * slot.parts_weight)

    def _spans(self, text: str, *, whole: bool) -> list[Span]:
        verdicts = self._verdicts
        spans: list[Span] = []
        for place in _WORD.finditer(text):
            if spans and not whole and place.start() > spans[0][0] + _MOST:
                break
            word = place[0]
            try:
                reason = verdicts[word]
            except KeyError:
                reason = verdicts[word] = self._judge(word)
            if reason is not None:
                spans.append((place.start(), place.end(), reason))
        return spans

    def _judge(self, surface: str) -> Reason | None:
        word, terms = self._index.terms_of(surface)
        best: Reason | None = None
        for term, own in terms:
            reason = self._reasons.get(term)
            if reason is None or (best is not None and best[0] >= reason[0] * own):
                continue
            weight, kind, typed = reason
            if kind == "exact" and word != typed:
                kind = "stem" if own == 1.0 else "part"
            best = (weight * own, kind, typed)
        return best


def _mark(text: str, spans: list[Span], *, whole: bool) -> str:
    start, end = 0, len(text)
    if not whole and len(text) > _MOST:
        start = max(0, spans[0][0] - _AROUND)
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
