"""The placeholders of answer templates, filling them in, and which template suits a question. Pure.

A template is text, never code: what stands between braces is one of these names, and it is filled in once, so that a
value cannot bring placeholders of its own.
"""

import re
from collections.abc import Collection, Mapping

import msgspec

PLACEHOLDERS = (
    "customerName",
    "reference",
    "subject",
    "department",
    "deadline",
    "askedOn",
    "agentName",
    "city",
    "cityPhone",
    "product.name",
    "product.description",
    "product.firstLine",
    "product.transactionUrl",
)
"""What a template may hold between braces."""

_PLACE = re.compile(r"\{([^{}]*)\}")


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A template filled in; what is not known stays between its braces and is named in `missing`."""

    text: str
    missing: tuple[str, ...]


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What a template is for; None: for everything."""

    kind: str | None
    product_id: object | None
    theme: str | None
    department_id: object | None


def fault(text: str) -> str | None:
    """What is wrong with the text of a template, for who wrote it; None when it is good."""
    unknown = [name for name in _PLACE.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        return f"{{{unknown[0][:60]}}} is no placeholder; these are: {', '.join(PLACEHOLDERS)}."
    if {"{", "}"} & set(_PLACE.sub("", text)):
        return "A brace that does not belong to a placeholder."
    return None


def used(text: str) -> frozenset[str]:
    """The placeholders in a template."""
    return frozenset(_PLACE.findall(text))


def fill(text: str, known: Mapping[str, str | None]) -> Filled:
    """The text with what is known filled in.

    Args:
        text: of a template without faults.
        known: values by placeholder; None or empty: not known.
    """
    missing = tuple(name for name in dict.fromkeys(_PLACE.findall(text)) if not known.get(name))
    return Filled(text=_PLACE.sub(lambda place: known.get(place[1]) or place[0], text), missing=missing)


def score(fit: Fit, *, kind: str, product_id: object | None, themes: Collection[str]) -> int | None:
    """How well a template suits a question, more is better; None: it is for other questions.

    The product says most, then the theme, the kind, the department.

    Args:
        fit: what the template is for.
        kind: of the question.
        product_id: of the question.
        themes: of that product.
    """
    if (
        (fit.kind is not None and fit.kind != kind)
        or (fit.product_id is not None and fit.product_id != product_id)
        or (fit.theme is not None and fit.theme not in themes)
    ):
        return None
    said = (fit.product_id, fit.theme, fit.kind, fit.department_id)
    return sum(weight for weight, one in zip((8, 4, 2, 1), said, strict=True) if one is not None)
