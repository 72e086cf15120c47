r"""Filters as values, written out in the server's own language: nobody glues strings together.

In quotes the server first takes the backslash off `\"`, then resolves every other backslash escape, so both characters
get a backslash (crates/filter-parser/src/value.rs of the server).
"""

import re
from typing import TypeAlias

import msgspec

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Eq(msgspec.Struct, frozen=True):
    """The attribute has this value (one of its values, when it is a list)."""

    attribute: str
    value: str


class In(msgspec.Struct, frozen=True):
    """The attribute has one of these values; of none it has none."""

    attribute: str
    values: tuple[str, ...]


class Not(msgspec.Struct, frozen=True):
    """The filter does not hold."""

    filter: "Filter"


class And(msgspec.Struct, frozen=True):
    """Every filter holds."""

    filters: "tuple[Filter, ...]"


class Or(msgspec.Struct, frozen=True):
    """At least one filter holds."""

    filters: "tuple[Filter, ...]"


Filter: TypeAlias = Eq | In | Not | And | Or


def written(wanted: Filter) -> str:
    """The filter in the server's language.

    Raises:
        ValueError: an attribute that is no plain name, or an And or Or of nothing.
    """
    match wanted:
        case Eq(attribute, value):
            return f"{_name(attribute)} = {_quoted(value)}"
        case In(attribute, values):
            return f"{_name(attribute)} IN [{', '.join(_quoted(value) for value in values)}]"
        case Not(inner):
            return f"NOT ({written(inner)})"
        case And(many):
            return _joined(many, " AND ")
        case Or(many):
            return _joined(many, " OR ")


def _joined(many: tuple[Filter, ...], word: str) -> str:
    if not many:
        raise ValueError("a filter of nothing says nothing")
    return word.join(f"({written(one)})" for one in many)


def _name(attribute: str) -> str:
    if not _ATTRIBUTE.fullmatch(attribute):
        raise ValueError(f"{attribute!r} is no name of an attribute")
    return attribute


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
