"""What a group of synonyms will do to searches: warnings before it is saved. No I/O."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from backend.catalogue.rules.synonyms import Others, meaning
from backend.kit.search.dutch import stem, words

Effect = Literal["nothingFound", "veryCommon", "chain", "containsGroup"]
"""No product has any of the phrases; a phrase of far too many products; a phrase also of another group; another group
lies within this one."""

VERY_COMMON = 0.2
"""Of the products: a synonym of a word that says so little drowns out everything else."""

_SHORTEST_PART = 4
"""Letters of a word that is looked for within longer words."""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """A warning; `place` is `phrases` or `phrases[3]`."""

    code: Effect
    place: str
    detail: str


def shares(phrases: Sequence[str], texts: Iterable[str]) -> list[float]:
    """Which part of the texts has all words of each phrase, in any form or as part of a longer word; 0 to 1."""
    wanted = [meaning(phrase) for phrase in phrases]
    keys = {one for many in wanted for one in many}
    answers: dict[str, frozenset[str]] = {}
    counts = [0] * len(wanted)
    total = 0
    for text in texts:
        total += 1
        there: set[str] = set()
        for word in set(words(text)):
            found = answers.get(word)
            if found is None:
                found = answers[word] = _answered(word, keys)
            there |= found
        for place, many in enumerate(wanted):
            counts[place] += bool(many) and there.issuperset(many)
    return [count / total if total else 0.0 for count in counts]


def _answered(word: str, keys: set[str]) -> frozenset[str]:
    own = stem(word)
    return frozenset(key for key in keys if key == own or (len(key) >= _SHORTEST_PART and key in word))


def remarks(phrases: Sequence[str], others: Others, found: Sequence[float]) -> list[Remark]:
    """Everything worth a second thought.

    Args:
        phrases: of the group, valid.
        others: looks up a phrase in the other groups.
        found: `shares` of the phrases.
    """
    told = []
    if not any(found):
        detail = "No product has any of these phrases: the group cannot help to find one."
        told.append(Remark(code="nothingFound", place="phrases", detail=detail))
    for place, (phrase, share) in enumerate(zip(phrases, found, strict=True)):
        if share > VERY_COMMON:
            detail = f"'{phrase}' is in {share:.0%} of the products: the others of the group will find all of those."
            told.append(Remark(code="veryCommon", place=f"phrases[{place}]", detail=detail))
        if groups := others(phrase):
            listed = "; ".join(", ".join(group.phrases[:3]) for group in groups)
            detail = f"'{phrase}' is also in another group, whose words are searched too: {listed}."
            told.append(Remark(code="chain", place=f"phrases[{place}]", detail=detail))
    return told + _contained(phrases, others)


def _contained(phrases: Sequence[str], others: Others) -> list[Remark]:
    own = {meaning(phrase) for phrase in phrases}
    near = {group.id: group for phrase in phrases for group in others(phrase)}
    return [
        Remark(
            code="containsGroup",
            place="phrases",
            detail=f"Holds all of group {group.id} ({', '.join(group.phrases[:3])}): remove that one.",
        )
        for group in near.values()
        if own.issuperset(map(meaning, group.phrases))
    ]
