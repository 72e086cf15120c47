"""What a group of synonyms will do to searches: warnings before it is saved. No I/O."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from backend.catalogue.rules.synonyms import Others, meaning

Effect = Literal["nothingFound", "veryCommon", "chain", "containsGroup"]
"""No product has any of the phrases; a phrase of far too many products; a phrase also of another group; another group
lies within this one."""

VERY_COMMON = 0.2
"""Of the products: a synonym of a word that says so little drowns out everything else."""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """A warning; `place` is `phrases` or `phrases[3]`."""

    code: Effect
    place: str
    detail: str


def remarks(phrases: Sequence[str], others: Others, found: Sequence[float]) -> list[Remark]:
    """Everything worth a second thought.

    Args:
        phrases: of the group, valid.
        others: looks up a phrase in the other groups.
        found: which part of the products has each phrase, 0 to 1.
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
