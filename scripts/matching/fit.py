"""Weights of a conditional logit: the true customer against the other candidates and against nobody, all at once."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import optimize, sparse

from scripts.matching.base import Base, ready

Example = tuple[list[list[tuple[str, float]]], int, float]
"""Levels of each candidate, which one is the truth (`NOBODY` when none is), logarithm of the size of the base."""

NOBODY = -1
SIZE = "base.size"
CONSTANT = "base.constant"

FREE = (
    "base.",
    "partly.",
    "whole.",
    "wholeRarity.",
    "married.",
    "noGiven.",
    "initial.",
    "place.town",
    "place.postcode",
)
"""What may speak for or against: read together with the features it combines."""
AGAINST = ("household.", "namesake.", "order.")
AGAINST_LEVELS = (".different", ".differentOnly", ".otherInitial", ".otherKind", "Known")


CERTAIN = dict.fromkeys(
    (
        "ssin.exact",
        "enterpriseNumber.exact",
        *(f"o_{kind}.exact" for kind in ("enterpriseNumber", "establishmentUnitNumber", "vCode")),
    ),
    14.0,
)
"""Official numbers are not learned. Two share one only by a typing error that keeps the check digits right and hits a
number that exists: less than one in a million, about e^-14.
"""


def bounds(name: str) -> tuple[float | None, float | None]:
    """Agreement never speaks against, difference never for: an explanation has to make sense."""
    name = name.removeprefix("o_")
    if name in {"place.postcodeOnly", "place.townOnly"}:
        return 0.0, None
    if name.startswith(AGAINST) or name.endswith(AGAINST_LEVELS):
        return None, 0.0
    return (None, None) if name.startswith(FREE) else (0.0, None)


class Examples:
    """Candidates of many queries as rows of features."""

    def __init__(self) -> None:
        self.columns: dict[str, int] = {}
        self.rows: list[int] = []
        self.where: list[int] = []
        self.values: list[float] = []
        self.query: list[int] = []
        self.truth: list[int] = []
        self.number = 0

    def add(self, queries: Sequence[Example]) -> None:
        """Add queries."""
        for candidates, truth, size in queries:
            query = len(self.truth)
            self.truth.append(self.number + truth if truth != NOBODY else NOBODY)
            for levels in candidates:
                for level, value in [*levels, (SIZE, size), (CONSTANT, 1.0)]:
                    self.rows.append(self.number)
                    self.where.append(self.columns.setdefault(level, len(self.columns)))
                    self.values.append(value)
                self.query.append(query)
                self.number += 1

    def fit(self, known: Mapping[str, float], ridge: float = 1.0) -> dict[str, float]:
        """The weights that make what is true most likely.

        Args:
            known: weights that stay as they are.
            ridge: how strongly weights are drawn to 0.
        """
        shape = (self.number, len(self.columns))
        features = sparse.csr_matrix((self.values, (self.rows, self.where)), shape=shape)
        query, truth = np.array(self.query), np.array(self.truth)
        right = truth[truth != NOBODY]
        number = len(truth)
        shrink = np.full(shape[1], ridge)
        for name in (SIZE, CONSTANT):
            shrink[self.columns[name]] = 1e-3
        agreed = np.asarray(features[right].sum(axis=0)).ravel()

        def loss(weights: Any) -> tuple[float, Any]:
            scores = features @ weights
            top = np.zeros(number)
            np.maximum.at(top, query, scores)
            shares = np.exp(scores - top[query])
            total = np.exp(-top) + np.bincount(query, shares, number)
            likely = scores[right].sum() - (top + np.log(total)).sum()
            slope = agreed - features.T @ (shares / total[query])
            return -likely + 0.5 * (shrink * weights**2).sum(), -slope + shrink * weights

        limits = [(known[name],) * 2 if name in known else bounds(name) for name in self.columns]
        start = np.array([known.get(name, 0.0) for name in self.columns])
        found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": 400})
        return {name: round(float(found.x[place]), 4) for name, place in sorted(self.columns.items())}


def example(base: Base, places: dict[Any, int], row: dict[str, Any]) -> Example:
    """One query: its candidates and which is the truth."""
    one = ready(row)
    candidates = base.candidates(one)
    truth = places.get(row["truth"], NOBODY) if row["truth"] is not None else NOBODY
    levels = [base.levels(one, candidate) for candidate in candidates]
    return levels, candidates.index(truth) if truth in candidates else NOBODY, math.log(max(base.number, 1000))
