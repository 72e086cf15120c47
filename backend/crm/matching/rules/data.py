"""The data of the engine: weights that a script learned, classes of names, words of streets and legal forms."""

from pathlib import Path

import msgspec

_DATA = Path(__file__).parents[1] / "data"


class _Words(msgspec.Struct, frozen=True):
    nicknames: list[list[str]]
    street_words: dict[str, str]
    legal_forms: list[str]


_WORDS = msgspec.json.decode((_DATA / "words.json").read_bytes(), type=_Words)

NICKNAMES = _WORDS.nicknames
STREET_WORDS = _WORDS.street_words
LEGAL_FORMS = frozenset(_WORDS.legal_forms)


class Weights(msgspec.Struct, frozen=True):
    """What the training script learned.

    Attributes:
        version: of weights and rules together; profiles written by another version are written anew.
        made: how they were learned (draws, seeds).
        weights: `feature.level` -> weight.
    """

    version: int
    made: str
    weights: dict[str, float]


WEIGHTS = msgspec.json.decode((_DATA / "weights.json").read_bytes(), type=Weights)
