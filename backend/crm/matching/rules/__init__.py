"""What is compared, how, and what it weighs. Pure."""

from backend.crm.matching.rules.compare import compare
from backend.crm.matching.rules.data import WEIGHTS
from backend.crm.matching.rules.keys import (
    COUNTED,
    FACTORS,
    SMALL_BASE,
    asked,
    given_key,
    kind_of,
    stored,
    surname_key,
    word_key,
)
from backend.crm.matching.rules.prepared import Prepared, named, prepare, restored
from backend.crm.matching.rules.ruled_out import ruled_out
from backend.crm.matching.rules.score import base_levels, explained, probabilities, rarity_of, total
from backend.crm.matching.rules.subject import Match, Part, PersonName, Place, Subject

VERSION = 1
"""Of normal forms and keys: profiles that another version wrote are written anew."""

__all__ = [
    "COUNTED",
    "FACTORS",
    "SMALL_BASE",
    "VERSION",
    "WEIGHTS",
    "Match",
    "Part",
    "PersonName",
    "Place",
    "Prepared",
    "Subject",
    "asked",
    "base_levels",
    "compare",
    "explained",
    "given_key",
    "kind_of",
    "named",
    "prepare",
    "probabilities",
    "rarity_of",
    "restored",
    "ruled_out",
    "stored",
    "surname_key",
    "total",
    "word_key",
]
