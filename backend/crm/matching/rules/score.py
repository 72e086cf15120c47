"""From levels to scores, from scores to probabilities: every candidate against all others and against nobody."""

import math
from collections.abc import Sequence

from backend.crm.matching.rules.compare import OF_ORGANISATION, Level
from backend.crm.matching.rules.data import WEIGHTS
from backend.crm.matching.rules.subject import Part
from backend.crm.matching.rules.wording import text_of

LEAST = 1000
"""A smaller base counts as one of so many customers: its counts say little yet."""
MOST_RARITY = 14.0
TOP_SCORE = 60.0

_WEIGHTS = WEIGHTS.weights
_JOINED = {"familyRarity": "family", "givenRarity": "given", "organisationRarity": "organisation", "base": "base"}
"""Features that are told as one with another one."""


def rarity_of(customers: int, everybody: int) -> float:
    """How rare a name is: minus the natural logarithm of the share of customers with it.

    Args:
        customers: with this name.
        everybody: in the base.
    """
    return min(math.log((max(everybody, LEAST) + 1) / (customers + 1)), MOST_RARITY)


def base_levels(everybody: int) -> tuple[Level, ...]:
    """What every candidate has against it: the more customers, the sooner two look the same."""
    return ("base.size", math.log(max(everybody, LEAST))), ("base.constant", 1.0)


def total(levels: Sequence[Level]) -> float:
    """The score of a candidate."""
    return sum(_WEIGHTS.get(name, 0.0) * times for name, times in levels)


def explained(levels: Sequence[Level]) -> tuple[Part, ...]:
    """The parts of a score in words; their weights add up to it."""
    weights: dict[str, float] = {}
    level_of: dict[str, str] = {}
    rare: dict[str, float] = {}
    for name, times in levels:
        feature, _, level = name.removeprefix(OF_ORGANISATION).partition(".")
        whole = f"whole.{level}" if feature == "wholeRarity" else _JOINED.get(feature, feature)
        if feature in {"household", "married", "noGiven", "namesake", "partly", "whole", "initial"}:
            whole = f"{feature}.{level}"
        weights[whole] = weights.get(whole, 0.0) + _WEIGHTS.get(name, 0.0) * times
        if feature == whole.partition(".")[0]:
            level_of.setdefault(whole, level)
        elif feature != "wholeRarity":
            rare[whole] = times
    return tuple(
        Part(
            feature=whole.partition(".")[0],
            level=level_of[whole],
            weight=weight,
            text=text_of(whole.partition(".")[0], level_of[whole], rare.get(whole)),
        )
        for whole, weight in weights.items()
    )


def probabilities(scores: Sequence[float]) -> list[float]:
    """How likely each candidate is, when one of them is the one or nobody is (whose score is 0)."""
    top = max(0.0, *scores) if scores else 0.0
    shares = [math.exp(score - top) for score in scores]
    everything = math.exp(-top) + sum(shares)
    return [share / everything for share in shares]
