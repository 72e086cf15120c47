"""How rare a name is, for one search."""

from collections.abc import Sequence

from backend.crm.matching.rules import given_key, rarity_of, surname_key, word_key
from backend.crm.matching.service.frequencies import LEAST, Frequencies
from backend.crm.matching.service.sealing import hashed
from backend.kit.crypto import KeyRing

UNCOUNTED = 6
"""Customers with a name that is in no table and was not asked for: between 1 and 49."""
_KEYS = {"S": surname_key, "G": given_key, "W": word_key}


class Names:
    """Rarities, each worked out once.

    Args:
        known: counted before.
        ring: makes keys of names.
    """

    def __init__(self, known: Frequencies, ring: KeyRing) -> None:
        self.everybody = known.everybody
        self._known = known.customers
        self._ring = ring
        self._counted: dict[int, int] = {}
        self._rarities: dict[tuple[str, str], float] = {}

    def learn(self, counts: Sequence[tuple[int, int]], most: int) -> None:
        """Take counts of this search; one above `most` is the least it can be."""
        for key, held in counts:
            self._counted[key] = held if held <= most else max(held, self._known.get(key, 0))

    def rarity(self, kind: str, sound: str) -> float:
        """Minus the natural logarithm of the share of customers with a name."""
        found = self._rarities.get((kind, sound))
        if found is None:
            (key,) = hashed([_KEYS[kind](sound)], self._ring)
            customers = self._counted.get(key)
            if customers is None:
                customers = self._known.get(key, UNCOUNTED)
            found = self._rarities[kind, sound] = rarity_of(customers, self.everybody)
        return found


__all__ = ["LEAST", "Names"]
