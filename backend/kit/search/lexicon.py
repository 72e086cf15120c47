"""The words a search engine knows: splits compounds into them, repairs typing errors to them, completes to them."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from itertools import islice

import msgspec
from rapidfuzz import process
from rapidfuzz.distance import OSA

from backend.kit.search.dutch import stems
from backend.kit.search.sounds import sound
from backend.kit.search.stop_words import STOP_WORDS

LINKS = ("", "s", "en", "e", "n", "er")
"""Letters between the parts of a compound."""

_MIN_PART = 3
_MIN_SPLIT = 7
_LONG_PART = 32
_MAX_PARTS = 4
_MIN_LOOSE = 6
_MIN_HALF = 4
_HALF_COST = 2.0
_VOWEL = re.compile("[aeiouy]")
_ONSET = re.compile(
    "(?:[bcdfghjklmnprstvwz]|bl|br|ch|chr|cl|cr|dr|dw|fl|fr|gl|gr|kl|kn|kr|kw|pl|pr|ps|sch|schr|sk|sl|sm|sn|sp"
    "|spl|spr|st|str|sw|th|tr|tw|vl|vr|wr|zw)?[aeiouy]"
)
_MIN_REPAIR = 4
_MIN_LOOSE_PREFIX = 5
_MIN_FAR_REPAIR = 9
"""From this length on a word may have two typing errors instead of one."""

_COMMON = 2
"""From this number of documents on a word is hardly a typing error of an editor."""

_LONG = 64
"""Longer "words" are noise (codes, pasted junk); they are neither split nor repaired."""


class Repair(msgspec.Struct, frozen=True):
    """A known word that somebody may have meant: how many letters differ, and how often the word is used."""

    word: str
    distance: int
    frequency: int


class Lexicon:
    """Known words with how many documents use each; immutable after construction.

    `synonyms` are words no document needs to use, but that are as good as known.
    """

    def __init__(self, frequencies: Mapping[str, int], synonyms: frozenset[str] = frozenset()) -> None:
        self._frequency = dict(frequencies)
        self._used = frozenset(frequencies)
        for word in synonyms:
            self._frequency.setdefault(word, 1)
        known = list(self._frequency)
        self.stem_of = dict(zip(known, stems(known), strict=True))
        """Every known word with its stem."""
        self._sorted = sorted(word for word in self._frequency if not word.isdigit())
        self._reversed = sorted(word[::-1] for word in self._sorted)
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in self._sorted:
            self._by_length[len(word)].append(word)
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        for word in self._sorted:
            if len(word) >= _MIN_REPAIR:
                self._by_sound[sound(word)].append(word)
        self._parts = self._find_parts()
        self._splits: dict[str, tuple[str, ...]] = {}
        self._halves: dict[str, float] = {}
        self._halves = self._find_halves()
        self._parts |= self._halves
        self._stems = frozenset([*map(self.stem_of.__getitem__, self._sorted), *stems(list(self._halves))])

    def with_words(self, words: Iterable[str], synonyms: frozenset[str]) -> "Lexicon":
        """The same words and more, of documents and as synonyms; what compounds are made of stays as it was."""
        new = copy(self)
        new.learn(frozenset(words), synonyms)
        return new

    def learn(self, words: frozenset[str], synonyms: frozenset[str]) -> None:
        """Know more words: for a copy that nobody else has yet; what the original holds is replaced."""
        fresh = sorted((words | synonyms).difference(self._frequency))
        self._used = self._used | words
        self._frequency = self._frequency | dict.fromkeys(fresh, 1)
        self.stem_of = self.stem_of | dict(zip(fresh, stems(fresh), strict=True))
        spelt = [word for word in fresh if not word.isdigit()]
        self._sorted = sorted((*self._sorted, *spelt))
        self._reversed = sorted((*self._reversed, *(word[::-1] for word in spelt)))
        self._by_length, self._by_sound = self._by_length.copy(), self._by_sound.copy()
        for word in spelt:
            self._by_length[len(word)] = [*self._by_length[len(word)], word]
            if len(word) >= _MIN_REPAIR:
                self._by_sound[sound(word)] = [*self._by_sound[sound(word)], word]
        self._stems = self._stems.union(map(self.stem_of.__getitem__, spelt))

    def __contains__(self, word: object) -> bool:
        return word in self._frequency

    def frequency(self, word: str) -> int:
        """In how many documents the word occurs; 1 for a word known only as a synonym, 0 when unknown."""
        return self._frequency.get(word, 0)

    def used(self, word: str) -> bool:
        """Whether a document has this very word: not only a synonym."""
        return word in self._used

    def knows(self, word: str, stem: str) -> bool:
        """Whether the word itself or another form of it is known."""
        return word in self._frequency or stem in self._stems

    def split(self, word: str) -> tuple[str, ...]:
        """The parts of a compound ("huursubsidie": "huur", "subsidie"); empty when it is not one."""
        if (known := self._splits.get(word)) is not None:
            return known
        return self._cut(word) if _MIN_SPLIT <= len(word) <= _LONG else ()

    def _cut(self, word: str) -> tuple[str, ...]:
        """The cheapest way to make a word from parts, from its end to its beginning."""
        best: dict[int, tuple[float, tuple[str, ...]]] = {len(word): (0.0, ())}
        for start in range(len(word) - _MIN_PART, -1, -1):
            for end in sorted(best):
                if end < start + _MIN_PART or (start == 0 and end == len(word)):
                    continue
                part = word[start:end]
                if part not in self._parts or (price := self._part_cost(part, last=end == len(word))) is None:
                    continue
                cost, rest = best[end]
                for link in LINKS:
                    # the linking letters belong to the part before them, so they stand in front of `start`
                    before = start - len(link)
                    if (start and before < _MIN_PART) or not word.startswith(link, before) or (link and not start):
                        continue
                    total = cost + price + (0.15 if link else 0.0)
                    if len(rest) < _MAX_PARTS and (before not in best or total < best[before][0]):
                        best[before] = (total, (part, *rest))
        parts = best.get(0, (0.0, ()))[1]
        return parts if len(parts) > 1 else ()

    def split_loosely(self, word: str) -> tuple[str, ...]:
        """Split a compound of which one half is misspelt: a known half and the repair of the other."""
        if len(word) < _MIN_SPLIT or len(word) > _LONG:
            return ()
        best: tuple[int, tuple[str, ...]] = (0, ())
        for cut in range(4, len(word) - 3):
            for known, other, first in ((word[:cut], word[cut:], True), (word[cut:], word[:cut], False)):
                if len(other) < _MIN_LOOSE or known not in self._frequency or known in STOP_WORDS:
                    continue
                if other in self._parts:
                    continue
                for repair in self.repair(other, most=1):
                    score = len(word) - 3 * repair.distance + len(known) + min(self.frequency(known), _COMMON)
                    if repair.distance == 1 and score > best[0]:
                        best = (score, (known, repair.word) if first else (repair.word, known))
        return best[1]

    def split_open(self, word: str) -> tuple[str, tuple[str, ...]] | None:
        """Split a compound that is still being typed: the half that is there and what the other may become.

        Nothing for the other half when only one or two of its letters are there.
        """
        for cut in range(len(word) - _MIN_PART, _MIN_PART, -1):
            if word[:cut] in self._parts and (longer := self.complete(word[cut:], most=6)):
                return word[:cut], tuple(longer)
        for cut in range(len(word) - 1, max(len(word) - _MIN_PART, _MIN_PART), -1):
            if word[:cut] in self._parts:
                return word[:cut], ()
        return None

    def rest(self, word: str) -> str | None:
        """The known word that an unknown compound ends in, or else begins with: all that there is to go by."""
        for cut in range(_MIN_PART, len(word) - _MIN_HALF + 1):
            if self._frequency.get(word[cut:], 0) >= _COMMON and word[cut:] not in STOP_WORDS:
                return word[cut:]
        for cut in range(len(word) - _MIN_PART, _MIN_HALF, -1):
            if self._frequency.get(word[:cut], 0) >= _COMMON and word[:cut] not in STOP_WORDS:
                return word[:cut]
        return None

    def repair(self, word: str, *, most: int = 3) -> list[Repair]:
        """Known words within one or two typing errors, best first; nothing for short words and numbers."""
        size = len(word)
        if size < _MIN_REPAIR or size > _LONG or any(char.isdigit() for char in word):
            return []
        limit = 1 if size < _MIN_FAR_REPAIR else 2
        alike = [other for other in self._by_sound.get(sound(word), ()) if other != word]
        found = [Repair(other, 1, self._frequency[other]) for other in alike]
        for length in range(size - limit, size + limit + 1):
            choices = self._by_length.get(length)
            if not choices:
                continue
            hits = process.extract(word, choices, scorer=OSA.distance, score_cutoff=limit, limit=2 * most)
            found += [
                Repair(hit, int(distance), self._frequency[hit])
                for hit, distance, _ in hits
                if hit != word and hit not in alike and (distance == 1 or hit[0] == word[0])
            ]
        found.sort(key=lambda hit: (hit.distance + 0.5 * (hit.word[0] != word[0]), -hit.frequency, hit.word))
        return [hit for hit in found if hit.distance <= found[0].distance + 1][:most]

    def complete(self, prefix: str, *, most: int = 12) -> list[str]:
        """Known words that begin with these letters, the shortest and most used first."""
        start = bisect_left(self._sorted, prefix)
        found = []
        for word in self._sorted[start : start + 400]:
            if not word.startswith(prefix):
                break
            if word != prefix:
                found.append(word)
        found.sort(key=self._likely)
        return found[:most]

    def complete_loosely(self, prefix: str, *, most: int = 6) -> list[str]:
        """Known words that begin with these letters but for one typing error, not in the first two letters."""
        if len(prefix) < _MIN_LOOSE_PREFIX:
            return []
        size = len(prefix)
        beginnings: dict[str, list[str]] = defaultdict(list)
        for word in islice(
            self._sorted, bisect_left(self._sorted, prefix[:2]), bisect_left(self._sorted, prefix[:2] + "~")
        ):
            if len(word) >= size:
                for length in (size - 1, size, size + 1):
                    beginnings[word[:length]].append(word)
        hits = process.extract(prefix, list(beginnings), scorer=OSA.distance, score_cutoff=1, limit=most)
        found = {word for beginning, _, _ in hits for word in beginnings[beginning]}
        return sorted(found, key=self._likely)[:most]

    def _likely(self, word: str) -> tuple[int, str]:
        """Sorts what somebody may be typing: the shortest and most used first."""
        return (len(word) - min(self._frequency[word], 4), word)

    def longer(self, ending: str, *, most: int = 12) -> list[str]:
        """Known words that end in this word and may be compounds of it, although their other half is unknown."""
        if len(ending) < _MIN_REPAIR:
            return []
        backwards = ending[::-1]
        start = bisect_left(self._reversed, backwards)
        found = []
        for word in self._reversed[start : start + 400]:
            if not word.startswith(backwards):
                break
            if len(word) >= len(ending) + _MIN_PART:
                found.append(word[::-1])
        found.sort(key=lambda word: (-self._frequency[word], len(word), word))
        return found[:most]

    def _find_parts(self) -> dict[str, float]:
        """What a compound may be made of, with a cost: the words themselves and, cheaper than nothing, stems."""
        usable = [word for word in self._sorted if _MIN_PART <= len(word) <= _LONG_PART and word not in STOP_WORDS]
        parts: dict[str, float] = {}
        for word in usable:
            stem = self.stem_of[word]
            rare = 0.5 if self._frequency[word] < _COMMON else 0.0
            short = {3: 0.9, 4: 0.3}.get(len(word), 0.0)
            parts[word] = 1.0 + rare + short
            if len(stem) > _MIN_PART and stem not in self._frequency and stem not in STOP_WORDS:
                parts[stem] = min(parts.get(stem, 9.0), 1.4 + rare + short)
        return parts

    def _find_halves(self) -> dict[str, float]:
        """Words that occur only inside compounds: of "huwelijksjubileum" we know "huwelijk", so "jubileum" is one."""
        firm = {
            word
            for word, count in self._frequency.items()
            if count >= _COMMON and _MIN_HALF <= len(word) <= _LONG_PART and word not in STOP_WORDS
        }
        halves: dict[str, float] = {}
        for word in self._sorted:
            if parts := self.split(word):
                self._splits[word] = parts
            elif 2 * _MIN_HALF <= len(word) <= _LONG_PART:
                for half in _other_halves(word, firm):
                    if half not in self._parts and half not in STOP_WORDS:
                        halves[half] = _HALF_COST
        return halves

    def _part_cost(self, part: str, *, last: bool) -> float | None:
        if len(part) == _MIN_PART and self.frequency(part) < _COMMON:
            return None
        if last and part not in self._frequency and part not in self._halves:
            return None  # the head of a compound is a whole word
        return self._parts[part]


def _other_halves(word: str, firm: set[str]) -> list[str]:
    """What is left of a word without the longest known word that it begins or ends with, and without a link."""
    cuts = range(_MIN_HALF, len(word) - _MIN_HALF + 1)
    found: list[str] = []
    if (cut := next((cut for cut in reversed(cuts) if word[:cut] in firm), 0)) > 0:
        after = word[cut:]
        found += [after[len(link) :] for link in LINKS if after.startswith(link) and _speakable(after[len(link) :])]
    if (cut := next((cut for cut in cuts if word[cut:] in firm), 0)) > 0:
        before = word[:cut]
        found += [before.removesuffix(link) for link in LINKS if before.endswith(link)]
    return [half for half in found if len(half) >= _MIN_HALF and _VOWEL.search(half)]


def _speakable(word: str) -> bool:
    """Whether a Dutch word can begin like this."""
    return bool(_ONSET.match(word))
