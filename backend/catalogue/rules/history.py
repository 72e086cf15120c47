"""What an import changed in the facts of a product, small enough to keep beside every change."""

from typing import Any

import msgspec

from backend.catalogue.rules.facts import ProductFacts

MOST_TEXT = 200
"""Characters of a text that are kept."""
_MOST_OTHER = 500
"""Bytes of JSON of anything else that is kept."""
_CUT = "…"
_EVERY_TIME = frozenset({"snapshot_id", "generated_at", "modified_at"})
"""What is different in every snapshot, and is not what a reader sees."""


def fact_changes(before: ProductFacts, after: ProductFacts) -> tuple[dict[str, Any], dict[str, Any]]:
    """The facts that differ, before and after, by their JSON name.

    Long texts are cut off; another long value is `…`.
    """
    names = zip(ProductFacts.__struct_fields__, ProductFacts.__struct_encode_fields__, strict=True)
    differing = {
        name: (was, became)
        for field, name in names
        if field not in _EVERY_TIME and (was := getattr(before, field)) != (became := getattr(after, field))
    }
    return (
        {name: _small(was) for name, (was, _) in differing.items()},
        {name: _small(became) for name, (_, became) in differing.items()},
    )


def _small(value: object) -> Any:
    plain = msgspec.to_builtins(value)
    if isinstance(plain, dict):  # a text by language
        return {tag: _cut(text) for tag, text in plain.items()} or None
    if isinstance(plain, str):
        return _cut(plain) or None
    return plain if len(msgspec.json.encode(plain)) <= _MOST_OTHER else _CUT


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} {_CUT}"
