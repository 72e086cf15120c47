"""From what somebody typed to what they may have meant: the understanding that every engine shares."""

from collections.abc import Iterable
from math import sqrt

import msgspec

from backend.kit.search.dutch import hyphenated, stem, stems, typed_words
from backend.kit.search.lexicon import LINKS, Lexicon, Repair
from backend.kit.search.port import Kind
from backend.kit.search.stop_words import LIGHT_WORDS
from backend.kit.search.synonyms import Phrase, Synonyms, essential

_RARE = 3
"""Words in fewer documents than this may be typing errors of an editor."""

_NEARLY = 8
"""... when a word this many times as common is one letter away."""

_MIN_DOUBT = 6
_MIN_PREFIX = 2
_MIN_BEGUN = 4
_MIN_CLEAR = 5
_MOST_CONTINUED = 12
_MOST_MEANINGS = 80
"""Of one word: a short word that many begin with may be hundreds; the least likely of them only cost time."""

_ALL_PARTS = 0.6


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """Which steps are taken and how much each is trusted, from 0 (not at all) to 1 (as if typed)."""

    parts_unknown: float = 0.85
    parts_known: float = 0.6
    typo: float = 0.9
    typo_far: float = 0.6
    ending: float = 0.4
    prefix: float = 0.7
    prefix_known: float = 0.35
    synonym: float = 0.85
    joined: float = 0.9
    begun: float = 0.6
    scattered: float = 0.7
    rest: float = 0.4
    light: float = 0.4
    going: float = 0.6
    fuzzy: float = 0.5
    headless: float = 0.5


class Alternative(msgspec.Struct, frozen=True):
    """Words of which a document should have as many as possible, instead of what was typed."""

    words: Phrase
    weight: float
    kind: Kind


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One typed word (or a few that belong together) with everything it may mean; the best meaning counts.

    `first` and `last` are the positions in the query (`places` when others are in between); `parts` the halves of a
    compound, each a slot itself, of which a document must have at least the share `parts_least`.
    """

    typed: str
    first: int
    last: int
    alternatives: tuple[Alternative, ...]
    parts: "tuple[Slot, ...]" = ()
    parts_weight: float = 0.0
    parts_least: float = 0.0
    places: tuple[int, ...] = ()


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """A query taken apart: a slot for every word, spans for words that mean something together."""

    slots: tuple[Slot, ...]
    spans: tuple[Slot, ...]
    suggestion: str | None = None


class Understanding:
    """Understands queries with the words of one collection of documents; immutable."""

    def __init__(self, lexicon: Lexicon, synonyms: Synonyms, steps: Steps) -> None:
        self._lexicon = lexicon
        self._synonyms = synonyms
        self._steps = steps

    def understand(self, query: str) -> Understood:
        """Take a query apart; no slots when there is no letter or digit in it."""
        tokens = essential(typed_words(query[:500]))[:24]
        hyphened = hyphenated(query[:500])
        # a space at the end says that the last word is complete
        open_end = bool(query) and not query[-1].isspace()
        slots = [
            self._slot(token, place, hyphened.get(token, ()), last=place == len(tokens) - 1, open_end=open_end)
            for place, token in enumerate(tokens)
        ]
        if open_end and len(tokens) > 1 and len(tokens[-1]) < _MIN_CLEAR and not tokens[-1].isdigit():
            # a few letters may become anything: they say little beside words that are there in full
            slots[-1] = _weaker(slots[-1], len(tokens[-1]) / _MIN_CLEAR)
        slots = self._lightened(slots)
        spans = tuple(self._spans(tokens, open_end=open_end))
        suggestion = self._suggest(slots, spans)
        spans += tuple(self._repaired_spans(tokens, slots, open_end=open_end))
        return Understood(slots=tuple(slots), spans=spans, suggestion=suggestion)

    def _lightened(self, slots: list[Slot]) -> list[Slot]:
        """Words of a conversation and numbers count for less beside a word that names a subject."""
        light = [_meant(slot) in LIGHT_WORDS or slot.typed.isdigit() for slot in slots]
        if all(light) or not any(light):
            return slots
        return [_weaker(slot, self._steps.light) if less else slot for slot, less in zip(slots, light, strict=True)]

    def _slot(self, word: str, place: int, hyphened: Phrase, *, last: bool, open_end: bool) -> Slot:
        open_end = open_end and last
        known = self._lexicon.knows(word, stem(word))
        found = [Alternative((word,), 1.0, "exact"), *self._same(word, 1.0)]
        if not known or (self._lexicon.frequency(word) < _RARE and self._lexicon.used(word)):
            found += self._repairs(word, known=known)
        if self._steps.ending:
            found += [Alternative((one,), self._steps.ending, "part") for one in self._lexicon.longer(word)]
        only_synonym = word in self._lexicon and not self._lexicon.used(word)
        if open_end:
            found += self._completions(word, known=known)
        elif last and self._steps.going and not self._lexicon.used(word):
            found += self._continued((stem(word),), "")
        if hyphened:
            trust = self._steps.synonym
            found += [Alternative(one, trust, "synonym") for one in self._synonyms.others(tuple(stems([*hyphened])))]
        parts, weight = self._parts(word, place, hyphened, known=known, open_end=open_end)
        if len(found) == 1 and not known and not parts and self._steps.rest and (rest := self._lexicon.rest(word)):
            found += [Alternative((rest,), self._steps.rest, "part"), *self._same(rest, self._steps.rest)]
        return Slot(
            typed=word,
            first=place,
            last=place,
            alternatives=_best(found),
            parts=parts,
            parts_weight=weight,
            parts_least=_ALL_PARTS if only_synonym and not hyphened else 0.0,
        )

    def _same(self, word: str, weight: float) -> list[Alternative]:
        trust = self._steps.synonym * weight
        if not trust:
            return []
        return [Alternative(phrase, trust, "synonym") for phrase in self._synonyms.others((stem(word),))]

    def _repairs(self, word: str, *, known: bool) -> list[Alternative]:
        found: list[Alternative] = []
        if not self._steps.typo:
            return found
        for repair in self._lexicon.repair(word):
            if known and not self._doubtful(word, repair):
                continue
            weight = self._steps.typo if repair.distance == 1 else self._steps.typo_far
            found += [Alternative((repair.word,), weight, "typo"), *self._same(repair.word, weight)]
        return found

    def _doubtful(self, word: str, repair: Repair) -> bool:
        """A rare known word is only doubted when a very common one is next to it."""
        near = repair.distance == 1 and len(word) >= _MIN_DOUBT
        return near and repair.frequency >= _NEARLY * self._lexicon.frequency(word)

    def _completions(self, word: str, *, known: bool) -> list[Alternative]:
        found: list[Alternative] = []
        trust = self._steps.prefix_known if known else self._steps.prefix
        if not trust or len(word) < _MIN_PREFIX:
            return found
        for longer in self._lexicon.complete(word):
            weight = trust * (0.5 + 0.5 * len(word) / len(longer))
            found += [Alternative((longer,), weight, "prefix"), *self._same(longer, weight)]
        if not found and not known and self._steps.fuzzy:
            for longer in self._lexicon.complete_loosely(word):
                weight = self._steps.fuzzy * (0.5 + 0.5 * len(word) / len(longer))
                found += [Alternative((longer,), weight, "prefix"), *self._same(longer, weight)]
        if len(word) >= _MIN_BEGUN:
            trust = self._steps.synonym * self._steps.begun
            for whole in self._synonyms.begun(word):
                found += [Alternative(phrase, trust, "synonym") for phrase in self._synonyms.others(whole)]
        return found

    def _parts(
        self, word: str, place: int, hyphened: Phrase, *, known: bool, open_end: bool
    ) -> tuple[tuple[Slot, ...], float]:
        weight = self._steps.parts_known if known else self._steps.parts_unknown
        if not weight:
            return (), 0.0
        parts = hyphened or self._lexicon.split(word)
        if not parts and not known and self._steps.typo:
            parts = self._lexicon.split_loosely(word)
        slots = []
        if not parts and not known and open_end and self._steps.prefix and (halves := self._lexicon.split_open(word)):
            parts = (halves[0],)
            longer = [Alternative((half,), self._steps.prefix, "prefix") for half in halves[1]]
            if longer:
                slots.append(Slot(typed=word, first=place, last=place, alternatives=tuple(longer)))
            else:
                weight *= self._steps.headless
        for part in parts:
            found = [Alternative((part,), 1.0, "part"), *self._same(part, 1.0)]
            if self._lexicon.frequency(part) < _RARE:
                found += self._repairs(part, known=True)
            slots.append(Slot(typed=part, first=place, last=place, alternatives=_best(found)))
        return tuple(slots), weight

    def _repaired_spans(self, tokens: Phrase, slots: list[Slot], *, open_end: bool) -> Iterable[Slot]:
        """What the words mean together once their typing errors are taken out."""
        meant = tuple(_meant(slot) for slot in slots)
        if meant == tokens or len(tokens) == 1:
            return
        for span in self._spans(meant, open_end=open_end and meant[-1] == tokens[-1]):
            if meant[span.first : span.last + 1] != tokens[span.first : span.last + 1]:
                typed = " ".join(tokens[span.first : span.last + 1])
                yield msgspec.structs.replace(_weaker(span, self._steps.typo), typed=typed)

    def _spans(self, tokens: Phrase, *, open_end: bool) -> Iterable[Slot]:
        keys = tuple(stems(list(tokens)))
        for first in range(len(tokens)):
            for last in range(first + 1, min(len(tokens), first + self._synonyms.longest + 1)):
                key = keys[first : last + 1]
                others = self._synonyms.others(key)
                found = [Alternative(phrase, self._steps.synonym, "synonym") for phrase in others]
                if open_end and last == len(tokens) - 1:
                    found += self._continued(key[:-1], tokens[last])
                if last == len(tokens) - 1 and self._steps.going:
                    found += self._continued(key, "")
                if last == first + 1 and self._steps.joined:
                    found += self._joined(tokens[first], tokens[last])
                if found:
                    typed = " ".join(tokens[first : last + 1])
                    yield Slot(typed=typed, first=first, last=last, alternatives=_best(found))

        for whole in self._synonyms.scattered(keys):
            places = tuple(sorted({keys.index(one) for one in whole}))
            first, last = places[0], places[-1]
            if keys[first : last + 1] != whole:
                found = [Alternative(one, self._steps.scattered, "synonym") for one in self._synonyms.others(whole)]
                typed = " ".join(tokens[place] for place in places)
                yield Slot(typed=typed, first=first, last=last, alternatives=_best(found), places=places)

    def _continued(self, key: Phrase, prefix: str) -> Iterable[Alternative]:
        """What the phrases mean that begin with these stems and go on with a word in `prefix`."""
        wholes = self._synonyms.starting(key, prefix)
        if len(wholes) > _MOST_CONTINUED:
            return  # so many phrases begin like this that it says nothing yet
        for whole in wholes:
            there = len(key) + 0.5 if prefix else len(key) * self._steps.going
            weight = self._steps.synonym * sqrt(there / len(whole))
            yield from (Alternative(phrase, weight, "synonym") for phrase in self._synonyms.others(whole))

    def _joined(self, head: str, tail: str) -> Iterable[Alternative]:
        """The compounds that two words make: "geboorte premie" is also "geboortepremie"."""
        for link in LINKS:
            joined = head + link + tail
            if joined in self._lexicon:
                yield Alternative((joined,), self._steps.joined, "part")
                yield from self._same(joined, 1.0)

    def _suggest(self, slots: list[Slot], spans: tuple[Slot, ...]) -> str | None:
        covered = {place for span in spans for place in range(span.first, span.last + 1)}
        better = []
        for slot in slots:
            repaired = _meant(slot)
            known = self._lexicon.knows(slot.typed, stem(slot.typed)) or slot.first in covered
            # a compound that nobody wrote yet, unless a word of a document is one letter away
            compound = bool(slot.parts) and all(part.typed in slot.typed for part in slot.parts)
            known = known or (compound and not self._lexicon.used(repaired))
            completes = any(a.kind == "prefix" and a.words[0].startswith(slot.typed) for a in slot.alternatives)
            better.append(slot.typed if known or completes else repaired)
        return " ".join(better) if better != [slot.typed for slot in slots] else None


def _meant(slot: Slot) -> str:
    """The typed word, without its typing error."""
    return next((one.words[0] for one in slot.alternatives if one.kind == "typo" and len(one.words) == 1), slot.typed)


def _weaker(slot: Slot, share: float) -> Slot:
    """The same meanings, trusted less."""
    weaker = tuple(msgspec.structs.replace(one, weight=one.weight * share) for one in slot.alternatives)
    return msgspec.structs.replace(slot, alternatives=weaker, parts_weight=slot.parts_weight * share)


def _best(found: Iterable[Alternative]) -> tuple[Alternative, ...]:
    """The likeliest alternatives without doubles, each with its highest weight; the strongest first."""
    best: dict[Phrase, Alternative] = {}
    for alternative in found:
        if alternative.weight > 0 and (
            alternative.words not in best or best[alternative.words].weight < alternative.weight
        ):
            best[alternative.words] = alternative
    return tuple(sorted(best.values(), key=lambda alternative: -alternative.weight)[:_MOST_MEANINGS])
