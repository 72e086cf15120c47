"""Numbers that somebody wrote in words, such as those of a telephone: what may not be kept of a search."""

import re
from collections.abc import Sequence

from backend.kit.search.stop_words import STOP_WORDS

DIGITS = "0"

_DUTCH = """
nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien
negentien twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd duizend
"""
_FRENCH = """
zero un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt vingts trente
quarante cinquante soixante septante nonante cent cents mille
"""
_ENGLISH = """
one two three four five seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
"""
_NUMBERS = "|".join(sorted(f"{_DUTCH} {_FRENCH} {_ENGLISH}".split(), key=len, reverse=True))
_NUMBER = re.compile(_NUMBERS)
_ONLY_NUMBERS = re.compile(f"(?:(?:{_NUMBERS})(?:en|et|and)?)+")
"""Also "vierenzeventig" and "soixante-et-onze", which is one word here."""
_MULTIPLIED = "dubbel dubbele driedubbel maal keer plus min komma streep streepje fois double triple"
_BETWEEN = frozenset(_MULTIPLIED.split())
_ROW = 2
"""From so many numbers in a row on they are those of a telephone, a birthday …; one alone counts children."""


def numbers_in(texts: Sequence[str]) -> set[int]:
    """The places of two or more numbers in a row: "nul vier zeven", "vier of vijf", and "vierenzeventig".

    Args:
        texts: the words of a search in their order, folded; a piece with a digit is `DIGITS`, whatever it was.
    """
    gone: set[int] = set()
    row: list[int] = []
    count = 0
    for place, text in enumerate([*texts, ""]):
        if many := counted(text):
            row.append(place)
            count += many
        elif text not in STOP_WORDS and text not in _BETWEEN:
            gone.update(row if count >= _ROW else ())
            row, count = [], 0
    return gone


def counted(text: str) -> int:
    """How many numbers a word is; those that are little words too ("een", "onze") do not count."""
    if text == DIGITS:
        return 1
    if text in STOP_WORDS or not _ONLY_NUMBERS.fullmatch(text):
        return 0
    return len(_NUMBER.findall(text))
