"""Rows as a Dutch sentence, for the graph and for messages."""

from datetime import date

from backend.assistant.rows.rules.shape import TODAY_WORD, WORDS, Cluster, Group, Operator, Row
from backend.assistant.rows.rules.subjects import Subject, options, short, subjects
from backend.assistant.rules import DUTCH, TODAY, Flow

_JOINTS = {"all": " en ", "any": " of "}
_VERBS: dict[Operator, str] = {
    "oneOf": "is",
    "noneOf": "is niet",
    "includesOneOf": "bevat",
    "countAtLeast": "heeft minstens",
    "countAtMost": "heeft hoogstens",
    "equals": "is",
    "notEquals": "is niet",
}
"""Where a sentence says it shorter than an editor."""


def in_words(flow: Flow, group: Group, language: str = DUTCH) -> str:
    """The rows as a Dutch sentence without a full stop: `Woonplaats is “Geen van ons” en een belg geldt niet`.

    Args:
        flow: whose rows they are.
        group: also with faults: what is unknown is shown as it is.
        language: of the labels; the sentence itself is Dutch, as the screens of staff are.
    """
    known = subjects(flow)
    parts = [_entry(known, entry, language, alone=len(group.rows) == 1) for entry in group.rows]
    sentence = _JOINTS[group.match].join(parts)
    return sentence[:1].upper() + sentence[1:]


def compared_in_words(flow: Flow, row: Row, language: str = DUTCH) -> str:
    """Only what a row compares with: `“Gescheiden” of “Weduwe”`, `15 dagen na vandaag`."""
    return _compared(subjects(flow).get(row.question), row, language)


def _entry(known: dict[str, Subject], entry: Row | Cluster, language: str, *, alone: bool) -> str:
    if isinstance(entry, Row):
        return _row(known, entry, language)
    words = _JOINTS[entry.match].join(_row(known, row, language) for row in entry.rows)
    return words if alone or len(entry.rows) == 1 else f"({words})"


def _row(known: dict[str, Subject], row: Row, language: str) -> str:
    return f"{_name(row.question)} {_predicate(known.get(row.question), row, language)}"


def _predicate(subject: Subject | None, row: Row, language: str) -> str:
    verb = _VERBS.get(row.operator, WORDS[row.operator])
    if row.operator in {"holds", "holdsNot"}:
        return verb
    if row.operator in {"countAtLeast", "countAtMost"}:
        return f"{verb} {row.value} {'antwoord' if row.value == 1 else 'antwoorden'}"
    if row.operator in {"inList", "notInList"}:
        return f"{verb} “{short(str(row.value))}”"
    return f"{verb} {_compared(subject, row, language)}"


def _compared(subject: Subject | None, row: Row, language: str) -> str:
    return _several(subject, row, language) if row.values else _than(subject, row, language)


def _several(subject: Subject | None, row: Row, language: str) -> str:
    shown = [_value(subject, value, language) for value in row.values]
    return f"{', '.join(shown[:-1])} of {shown[-1]}" if len(shown) > 1 else "".join(shown)


def _than(subject: Subject | None, row: Row, language: str) -> str:
    if row.other is None:
        return _value(subject, row.value, language)
    if not row.offset_days:
        return _name(row.other)
    many = "dag" if abs(row.offset_days) == 1 else "dagen"
    return f"{abs(row.offset_days)} {many} {'na' if row.offset_days > 0 else 'voor'} {_name(row.other)}"


def _name(question: str) -> str:
    return TODAY_WORD if question == TODAY else short(question)


def _value(subject: Subject | None, value: object, language: str) -> str:
    if isinstance(value, int | float):
        return _number(subject, value)
    if subject is None:
        return str(value)
    if subject.kind == "date":
        return _day(str(value))
    possible = options(subject, language) or {}
    return possible.get(str(value), str(value))


def _number(subject: Subject | None, value: float) -> str:
    question = subject.question if subject else None
    money = question is not None and question.type == "money"
    whole = isinstance(value, int) or value.is_integer()
    shown = str(int(value)) if whole else f"{value:.2f}" if money else str(value)
    unit = f" {question.unit}" if question and question.unit and not money else ""
    return f"{'€ ' if money else ''}{shown.replace('.', ',')}{unit}"


def _day(value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    return f"{day.day}/{day.month}/{day.year}"
