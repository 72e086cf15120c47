"""A customer base in memory that finds candidates as the database does: for training and quick looks."""

import math
import os
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from backend.crm.matching.rules import keys
from backend.crm.matching.rules.compare import Level, compare
from backend.crm.matching.rules.prepared import Prepared, prepare
from backend.crm.matching.rules.score import rarity_of
from scripts.matching.draw import rows, subject

MOST = 80
CAP = 100


def ready(row: dict[str, Any]) -> Prepared:
    """A line, prepared."""
    return prepare(subject(row), lambda digits: [f"1:{digits}"])


class Base:
    """Profiles by key.

    Args:
        profiles: the file.
    """

    def __init__(self, profiles: Iterable[dict[str, Any]]) -> None:
        hashes, owners = array("q"), array("i")
        self.prepared: list[Prepared] = []
        self.ids: list[Any] = []
        for place, row in enumerate(profiles):
            one = ready(row)
            self.prepared.append(one)
            self.ids.append(row["pid"])
            for key in keys.stored(one):
                hashes.append(hash(key))
                owners.append(place)
        found = np.frombuffer(hashes, dtype=np.int64)
        order = np.argsort(found, kind="stable")
        self.hashes, self.owners = found[order], np.frombuffer(owners, dtype=np.int32)[order]
        self.number = len(self.prepared)

    def count(self, key: str) -> tuple[int, int]:
        """(start, end) of the rows of a key."""
        hashed = hash(key)
        return int(np.searchsorted(self.hashes, hashed)), int(np.searchsorted(self.hashes, hashed, "right"))

    def candidates(self, one: Prepared, most: int = MOST, skip: str = "") -> list[int]:
        """The best candidates, best first."""
        asked = keys.asked(one, small=self.number <= keys.SMALL_BASE)
        found = np.array([hash(key) for key in asked], dtype=np.int64)
        starts, ends = np.searchsorted(self.hashes, found), np.searchsorted(self.hashes, found, "right")
        scores: dict[int, float] = {}
        for key, start, end in zip(asked, starts.tolist(), ends.tolist(), strict=True):
            number = end - start
            if not 0 < number <= CAP or key[0] in skip:
                continue
            weight = keys.FACTORS[key[0]] * math.log(self.number * 2 / number)
            for owner in self.owners[start:end].tolist():
                scores[owner] = scores.get(owner, 0.0) + weight
        return sorted(scores, key=scores.__getitem__, reverse=True)[:most]

    def rarity(self, kind: str, sound: str) -> float:
        """As in the product; here all counts are known."""
        start, end = self.count(kind + sound + (keys.ORGANISATION if kind == "W" else ""))
        return rarity_of(end - start, self.number)

    def levels(self, one: Prepared, other: int) -> list[Level]:
        """The levels of a candidate."""
        return compare(one, self.prepared[other], self.rarity)


def load(folder: Path) -> tuple[Base, list[dict[str, Any]]]:
    """The base and the queries of a draw."""
    return Base(rows(folder / "profiles.jsonl")), list(rows(folder / "queries.jsonl"))


def nice() -> None:
    """Training lets others go first."""
    os.nice(5)
