"""How a Dutch word sounds: words that sound alike are often written for each other."""

import re

_SPELLINGS = (
    ("eau", "o"), ("auw|ouw|au", "ou"), ("ij|ei|ey", "y"), ("sch", "sg"), ("ch|gh", "g"), ("ph", "f"), ("th", "t"),
    ("qu", "kw"), ("x", "ks"), ("c(?=[eiy])", "s"), ("[cq]", "k"), ("z", "s"), ("v", "f"), ("ti(?=[eo])", "si"),
    ("ae", "a"), ("ie", "i"), ("dt?$", "t"), ("b$", "p"), (r"([a-z])\1+", r"\1"),
)  # fmt: skip
_RULES = tuple((re.compile(pattern), spelling) for pattern, spelling in _SPELLINGS)


def sound(word: str) -> str:
    """A spelling by sound of a normalised word: "huurwaarborch" and "huurwaarborg" give the same."""
    for pattern, spelling in _RULES:
        word = pattern.sub(spelling, word)
    return word
