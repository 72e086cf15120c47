"""What a row is: a question, an operator, a value; and groups of them, two levels at most."""

from typing import Annotated, Literal

from msgspec import Meta

from backend.kit.schema import View

Kind = Literal["word", "multi", "integer", "number", "date", "fact", "free"]
"""How a question, fact or `today` is compared; `free` (an answer in own words) is not."""

Match = Literal["all", "any"]

Operator = Literal[
    "is",
    "isNot",
    "oneOf",
    "noneOf",
    "inList",
    "notInList",
    "includes",
    "includesNot",
    "includesOneOf",
    "countAtLeast",
    "countAtMost",
    "equals",
    "notEquals",
    "atLeast",
    "atMost",
    "moreThan",
    "lessThan",
    "before",
    "after",
    "onOrBefore",
    "onOrAfter",
    "holds",
    "holdsNot",
]

_NUMBERS: tuple[Operator, ...] = ("equals", "notEquals", "atLeast", "atMost", "moreThan", "lessThan")
OPERATORS: dict[Kind, tuple[Operator, ...]] = {
    "word": ("is", "isNot", "oneOf", "noneOf", "inList", "notInList"),
    "multi": ("includes", "includesNot", "includesOneOf", "countAtLeast", "countAtMost"),
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "date": ("before", "after", "onOrBefore", "onOrAfter", "is", "isNot"),
    "fact": ("holds", "holdsNot"),
    "free": (),
}
"""The operators of each kind, in the order in which an editor offers them."""

COMPARED: dict[Operator, str] = {
    "is": "==",
    "isNot": "!=",
    "equals": "==",
    "notEquals": "!=",
    "atLeast": ">=",
    "atMost": "<=",
    "moreThan": ">",
    "lessThan": "<",
    "before": "<",
    "after": ">",
    "onOrBefore": "<=",
    "onOrAfter": ">=",
}
"""The signs of the operators that compare with a value or with another question."""

TODAY_WORD = "vandaag"
WORDS: dict[Operator, str] = {
    "is": "is",
    "isNot": "is niet",
    "oneOf": "is een van",
    "noneOf": "is geen van",
    "inList": "staat in de lijst",
    "notInList": "staat niet in de lijst",
    "includes": "bevat",
    "includesNot": "bevat niet",
    "includesOneOf": "bevat een van",
    "countAtLeast": "heeft minstens zoveel antwoorden",
    "countAtMost": "heeft hoogstens zoveel antwoorden",
    "equals": "is gelijk aan",
    "notEquals": "is niet gelijk aan",
    "atLeast": "is minstens",
    "atMost": "is hoogstens",
    "moreThan": "is meer dan",
    "lessThan": "is minder dan",
    "before": "is vroeger dan",
    "after": "is later dan",
    "onOrBefore": "is ten laatste",
    "onOrAfter": "is ten vroegste",
    "holds": "geldt",
    "holdsNot": "geldt niet",
}
"""The operators as an editor shows them."""


class Row(View, forbid_unknown_fields=True, tag_field="kind", tag="row"):
    """One comparison.

    Attributes:
        question: id of a question or a fact, or `today`.
        value: with what it is compared: an option, a country (two letters), a postcode, a number, a day (`2026-12-31`),
            the name of a list, how many answers.
        values: several, for `oneOf`, `noneOf` and `includesOneOf`.
        other: id of another question or fact to compare with, or `today`, instead of a value.
        offset_days: days after the other date; before it when negative.
    """

    question: Annotated[str, Meta(max_length=50, examples=["woonplaats"])]
    operator: Operator
    value: Annotated[str, Meta(examples=["een"])] | int | float | None = None
    values: tuple[str, ...] = ()
    other: Annotated[str, Meta(max_length=50)] | None = None
    offset_days: int = 0


class Cluster(View, forbid_unknown_fields=True, tag_field="kind", tag="group"):
    """Rows of which all or any must hold, within a group."""

    match: Match
    rows: tuple[Row, ...]


class Group(View, forbid_unknown_fields=True):
    """Rows, and groups of rows, of which all or any must hold."""

    match: Match
    rows: tuple[Row | Cluster, ...]


class RowFault(View):
    """Why rows cannot be a condition.

    Attributes:
        path: which row: its place in the group, and then in the group within it, from 0 on; empty for the whole.
        field: of the row, as it is called in JSON; absent for a whole row or group.
        message: in Dutch, for who made the row.
    """

    path: tuple[int, ...] = ()
    code: Literal["empty", "name", "operator", "value", "list", "other", "tooLong"]
    field: str | None = None
    message: str


class RowsRefused(Exception):
    """Rows that cannot be a condition.

    Args:
        faults: every one, in the order of the rows.
    """

    def __init__(self, faults: list[RowFault]) -> None:
        super().__init__(" ".join(fault.message for fault in faults))
        self.faults = faults
