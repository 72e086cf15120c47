"""Names of organisations side by side."""

from collections.abc import Callable, Sequence

from rapidfuzz.distance import OSA

from backend.crm.matching.rules.spelling import code

Level = tuple[str, float]
NEAR = 0.85
LONG = 5


def organisation_levels(ours: Sequence[str], theirs: Sequence[str], rarity: Callable[[str, str], float]) -> list[Level]:
    """How well the best pair of names agrees, and how rare the words are that they share."""
    best, shared = min((_pair(one.split(), other.split()) for one in ours for other in theirs), key=lambda p: p[0])
    levels = [(f"organisation.{_LEVELS[best]}", 1.0)]
    if shared:
        levels.append(("organisationRarity.words", sum(sorted(rarity("W", one) for one in shared)[-3:])))
    return levels


_LEVELS = ("exact", "spelling", "oneLetter", "contained", "sharedMost", "sharedSome", "different")


def _pair(one: list[str], other: list[str]) -> tuple[int, list[str]]:
    ours, theirs = [code(word) for word in one], [code(word) for word in other]
    shared = [word for word in dict.fromkeys(ours) if word in theirs]
    whole, whole2 = "".join(one), "".join(other)
    if whole == whole2:
        return 0, shared
    if "".join(ours) == "".join(theirs) or sorted(ours) == sorted(theirs):
        return 1, shared
    if OSA.distance(whole, whole2, score_cutoff=1) <= 1 and min(len(whole), len(whole2)) >= LONG:
        return 2, shared
    if not shared:
        return (3 if OSA.normalized_similarity(whole, whole2) >= NEAR else 6), shared
    if len(shared) in {len(set(ours)), len(set(theirs))}:
        return 3, shared
    half = 2 * len(shared) >= min(len(set(ours)), len(set(theirs)))
    return (4 if half or OSA.normalized_similarity(whole, whole2) >= NEAR else 5), shared
