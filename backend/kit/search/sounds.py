"""How a Dutch word sounds: words that sound alike are often written for each other."""

import re
from functools import lru_cache

_LETTERS = (
    ("isch", "is"),
    ("eau", "o"), ("auw", "ou"), ("ouw", "ou"), ("au", "ou"), ("ij", "y"), ("ei", "y"), ("ey", "y"), ("sch", "sg"),
    ("ch", "g"), ("gh", "g"), ("ph", "f"), ("th", "t"), ("qu", "kw"), ("x", "ks"), ("ce", "se"), ("ci", "si"),
    ("cy", "sy"), ("c", "k"), ("q", "k"), ("z", "s"), ("v", "f"), ("tie", "sie"), ("tio", "sio"), ("ae", "a"),
    ("ie", "i"),
)  # fmt: skip
_ENDINGS = (("dt", "t"), ("d", "t"), ("b", "p"))
_DOUBLE = re.compile(r"([a-z])\1+")


@lru_cache(maxsize=50_000)  # every word of the catalogue, each time the index is built
def sound(word: str) -> str:
    """A spelling by sound of a normalised word: "huurwaarborch" and "huurwaarborg" give the same."""
    for letters, spelling in _LETTERS:
        word = word.replace(letters, spelling)
    for ending, spelling in _ENDINGS:
        if word.endswith(ending):
            word = word.removesuffix(ending) + spelling
            break
    return _DOUBLE.sub(r"\1", word)
