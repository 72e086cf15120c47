"""A condition to rows. What means the same is read too: `!(a == "x")` is a row `is niet`."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time

import msgspec

from backend.assistant.rows.rules.checking import alike
from backend.assistant.rows.rules.shape import Cluster, Group, Match, Operator, Row
from backend.assistant.rows.rules.subjects import Subject, subjects
from backend.assistant.rules import (
    AND,
    COMPARISONS,
    NOT,
    OR,
    Call,
    Condition,
    ConditionFault,
    Const,
    Exists,
    Flow,
    Items,
    Language,
    Name,
    Node,
)

_FLIPPED = {"_<_": "_>_", "_>_": "_<_", "_<=_": "_>=_", "_>=_": "_<=_", "_==_": "_==_", "_!=_": "_!=_"}
_NUMBERS: dict[str, Operator] = {
    "_==_": "equals",
    "_!=_": "notEquals",
    "_>=_": "atLeast",
    "_<=_": "atMost",
    "_>_": "moreThan",
    "_<_": "lessThan",
}
_DATES: dict[str, Operator] = {
    "_==_": "is",
    "_!=_": "isNot",
    "_<_": "before",
    "_>_": "after",
    "_<=_": "onOrBefore",
    "_>=_": "onOrAfter",
}
_WORDS: dict[str, Operator] = {"_==_": "is", "_!=_": "isNot"}
_PAIRS: tuple[tuple[Operator, Operator], ...] = (
    ("is", "isNot"),
    ("oneOf", "noneOf"),
    ("inList", "notInList"),
    ("includes", "includesNot"),
    ("equals", "notEquals"),
    ("atLeast", "lessThan"),
    ("atMost", "moreThan"),
    ("before", "onOrAfter"),
    ("after", "onOrBefore"),
    ("holds", "holdsNot"),
)
_OPPOSITE = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_DURATION = re.compile(r"(-?)(\d{1,12})([hms])", re.ASCII)
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_DAY = 86_400


class _NotRows(Exception):
    """A condition that is more than rows can say."""


class _Parts(msgspec.Struct, frozen=True):
    match: Match
    entries: tuple["Row | _Parts", ...]


def rows_of(flow: Flow, condition: Condition | str, language: Language | None = None) -> Group | None:
    """The rows of a condition, or None when it is more than rows can say, or no condition at all.

    Args:
        flow: whose condition it is.
        condition: compiled, or as text.
        language: of the flow, when there is one already: to compile a text with.
    """
    try:
        compiled = (language or Language(flow)).condition(condition) if isinstance(condition, str) else condition
        return _group(_Reader(flow).read(compiled.node, holds=True))
    except (ConditionFault, _NotRows):
        return None


def _group(found: Row | _Parts) -> Group:
    if isinstance(found, Row):
        return Group(match="all", rows=(found,))
    return Group(match=found.match, rows=tuple(one if isinstance(one, Row) else _flat(one) for one in found.entries))


def _flat(parts: _Parts) -> Cluster:
    rows = [one for one in parts.entries if isinstance(one, Row)]
    if len(rows) < len(parts.entries):
        raise _NotRows
    return Cluster(match=parts.match, rows=tuple(rows))


def _joined(match: Match, found: list[Row | _Parts]) -> Row | _Parts:
    entries = list[Row | _Parts]()
    for one in found:
        entries += one.entries if isinstance(one, _Parts) and one.match == match else (one,)
    return _Parts(match, tuple(entries))


def _negated(row: Row) -> Row | _Parts:
    """The row that holds when this one does not; undecided stays undecided."""
    if row.operator in {"countAtLeast", "countAtMost"} and isinstance(row.value, int):
        more = row.operator == "countAtMost"
        return _count(row.question, "countAtLeast" if more else "countAtMost", row.value + (1 if more else -1))
    if row.operator == "includesOneOf":
        return _joined("all", [Row(question=row.question, operator="includesNot", value=one) for one in row.values])
    return msgspec.structs.replace(row, operator=_OPPOSITE[row.operator])


def _count(question: str, operator: Operator, value: int) -> Row:
    if value < 0:
        raise _NotRows
    return Row(question=question, operator=operator, value=value)


class _Reader:
    """Reads trees of conditions of one flow."""

    def __init__(self, flow: Flow) -> None:
        self._subjects = subjects(flow)
        self._lists = flow.lists

    def read(self, node: Node, *, holds: bool) -> Row | _Parts:
        """What must be so for this to hold, or not to hold."""
        match node:
            case Call(function, args) if function in {AND, OR}:
                match: Match = "all" if (function == AND) is holds else "any"
                return _joined(match, [self.read(arg, holds=holds) for arg in args])
            case Call(function, (arg,)) if function == NOT:
                return self.read(arg, holds=not holds)
        row = self._row(node)
        return row if holds else _negated(row)

    def _row(self, node: Node) -> Row:
        match node:
            case Name(name) if self._kind(node) == "fact":
                return Row(question=name, operator="holds")
            case Call("@in", (one, among)):
                return self._within(one, among)
            case Exists(Name(question) as among, name, holds) if self._kind(among) == "multi":
                return Row(question=question, operator="includesOneOf", values=_alternatives(holds, name))
            case Call(function, (left, right)) if function in COMPARISONS:
                return self._compared(function, left, right)
        raise _NotRows

    def _kind(self, node: Node) -> str | None:
        subject = self._subject(node)
        return subject.kind if subject else None

    def _subject(self, node: Node) -> Subject | None:
        return self._subjects.get(node.name) if isinstance(node, Name) else None

    def _within(self, one: Node, among: Node) -> Row:
        match one, among:
            case Name(question), Items(items) if self._kind(one) == "word":
                return Row(question=question, operator="oneOf", values=_texts(items))
            case Name(question), Name(name) if self._kind(one) == "word" and name in self._lists:
                return Row(question=question, operator="inList", value=name)
            case Const(str(value)), Name(question) if self._kind(among) == "multi":
                return Row(question=question, operator="includes", value=value)
        raise _NotRows

    def _compared(self, function: str, left: Node, right: Node) -> Row:
        if not self._starts(left):
            function, left, right = _FLIPPED[function], right, left
        if isinstance(left, Call):
            return self._counted(function, left, right)
        subject = self._subject(left)
        readers: dict[str, Callable[[Subject, str, Node], Row]] = {
            "word": self._word,
            "integer": self._number,
            "number": self._number,
            "date": self._date,
        }
        if subject is None or subject.kind not in readers:
            raise _NotRows
        return readers[subject.kind](subject, function, right)

    def _starts(self, node: Node) -> bool:
        return self._subject(node) is not None or (isinstance(node, Call) and node.function == "size")

    def _counted(self, function: str, sized: Call, right: Node) -> Row:
        match sized, right:
            case Call("size", (Name(question) as of,)), Const(int(value)) if self._kind(of) == "multi":
                match function:
                    case "_>=_" | "_>_":
                        return _count(question, "countAtLeast", value + (function == "_>_"))
                    case "_<=_" | "_<_":
                        return _count(question, "countAtMost", value - (function == "_<_"))
        raise _NotRows

    def _word(self, subject: Subject, function: str, right: Node) -> Row:
        if function not in _WORDS:
            raise _NotRows  # an order of texts is no answer's
        if isinstance(right, Const) and isinstance(right.value, str):
            return Row(question=subject.id, operator=_WORDS[function], value=right.value)
        return Row(question=subject.id, operator=_WORDS[function], other=self._other(subject, right))

    def _number(self, subject: Subject, function: str, right: Node) -> Row:
        if isinstance(right, Const) and not isinstance(right.value, str):
            return Row(question=subject.id, operator=_NUMBERS[function], value=right.value)
        return Row(question=subject.id, operator=_NUMBERS[function], other=self._other(subject, right))

    def _date(self, subject: Subject, function: str, right: Node) -> Row:
        operator = _DATES[function]
        match right:
            case Call("timestamp", (Const(str(value)),)):
                return Row(question=subject.id, operator=operator, value=_day(value))
            case Call("_+_" | "_-_" as sign, (base, Call("duration", (Const(str(length)),)))):
                days = _days(length) * (1 if sign == "_+_" else -1)
                return Row(question=subject.id, operator=operator, other=self._other(subject, base), offset_days=days)
        return Row(question=subject.id, operator=operator, other=self._other(subject, right))

    def _other(self, subject: Subject, node: Node) -> str:
        other = self._subject(node)
        if other is None or not alike(subject, other):
            raise _NotRows
        return other.id


def _texts(items: tuple[Node, ...]) -> tuple[str, ...]:
    found = tuple(one.value for one in items if isinstance(one, Const) and isinstance(one.value, str))
    if not found or len(found) < len(items):
        raise _NotRows
    return found


def _alternatives(holds: Node, name: str) -> tuple[str, ...]:
    """The values of `x in [...]`, of `x == ...`, and of those joined with or."""
    match holds:
        case Call("@in", (Name(one), Items(items))) if one == name:
            return _texts(items)
        case Call("_==_", (Name(one), Const() as value)) if one == name:
            return _texts((value,))
        case Call(function, (left, right)) if function == OR:
            return _alternatives(left, name) + _alternatives(right, name)
    raise _NotRows


def _day(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _NotRows from None
    if moment.tzinfo is None or moment.utcoffset() or moment.time() != time.min:
        raise _NotRows
    return moment.astimezone(UTC).date().isoformat()


def _days(length: str) -> int:
    found = _DURATION.fullmatch(length)
    if found is None:
        raise _NotRows
    seconds = int(found[2]) * _SECONDS[found[3]]
    if seconds % _DAY:
        raise _NotRows
    return seconds // _DAY * (-1 if found[1] else 1)
