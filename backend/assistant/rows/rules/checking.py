"""What can be wrong with rows, in words for who made them."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from backend.assistant.rows.rules.shape import COMPARED, OPERATORS, WORDS, Group, Operator, Row, RowFault
from backend.assistant.rows.rules.subjects import Subject, options, subjects
from backend.assistant.rules import Flow, say

MOST_DAYS = 36_500
LARGEST = 1_000_000_000_000
_POSTCODE = re.compile(r"[1-9]\d{3}", re.ASCII)
_RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"}
    | {"namespace", "null", "package", "return", "true", "var", "void", "while"}
)
"""Words that CEL keeps to itself: its language definition, IDENT."""
_SEVERAL = frozenset({"oneOf", "noneOf", "includesOneOf"})
_LISTS = frozenset({"inList", "notInList"})
_COUNTS = frozenset({"countAtLeast", "countAtMost"})
_FACTS = frozenset({"holds", "holdsNot"})

_Fault = Callable[..., RowFault]


def faults(flow: Flow, group: Group) -> list[RowFault]:
    """Everything that is wrong with the rows, but for their length together."""
    known = subjects(flow)
    found = list[RowFault]()
    if not group.rows:
        found.append(RowFault(code="empty", message="Voeg minstens één rij toe."))
    for place, entry in enumerate(group.rows):
        if isinstance(entry, Row):
            found += _faults_of_row(flow, known, entry, (place,))
            continue
        if not entry.rows:
            found.append(RowFault(path=(place,), code="empty", message="Deze groep is leeg: voeg een rij toe."))
        for under, row in enumerate(entry.rows):
            found += _faults_of_row(flow, known, row, (place, under))
    return found


def _faults_of_row(flow: Flow, known: dict[str, Subject], row: Row, path: tuple[int, ...]) -> Iterator[RowFault]:
    fault = partial(RowFault, path=path)
    subject = known.get(row.question)
    if subject is None:
        message = f"Er is geen vraag en geen feit met de naam “{row.question}”."
        yield fault(code="name", field="question", message=message)
    elif subject.id in _RESERVED:
        message = f"De naam “{subject.id}” kan niet in een voorwaarde. Geef de vraag een andere naam."
        yield fault(code="name", field="question", message=message)
    elif row.operator not in OPERATORS[subject.kind]:
        yield fault(code="operator", field="operator", message=_wrong_operator(subject, row.operator))
    else:
        yield from _faults_of_value(flow, known, row, subject, fault)


def _wrong_operator(subject: Subject, operator: Operator) -> str:
    if subject.kind == "free":
        return f"“{_title(subject)}” is een antwoord in eigen woorden. Dat kan niet in een voorwaarde."
    return f"Bij “{_title(subject)}” past “{WORDS[operator]}” niet. Kies een andere vergelijking."


def _title(subject: Subject) -> str:
    return say(subject.question.title, "nl") if subject.question else subject.id


def _faults_of_value(
    flow: Flow, known: dict[str, Subject], row: Row, subject: Subject, fault: _Fault
) -> Iterator[RowFault]:
    """What is wrong with what it is compared with: exactly one of `value`, `values` and `other`, or nothing at all."""
    given = {"value": row.value is not None, "values": bool(row.values), "other": row.other is not None}
    wanted = _wanted(row.operator)
    for field, there in given.items():
        if there and field not in wanted:
            yield fault(code="value", field=field, message=f"Bij “{WORDS[row.operator]}” hoort dit niet.")
    if row.offset_days and (row.other is None or subject.kind != "date"):
        message = "Een aantal dagen hoort bij “vandaag” of een andere datum."
        yield fault(code="value", field="offsetDays", message=message)
    chosen = [field for field in wanted if given[field]]
    if wanted and not chosen:
        yield fault(code="value", field=wanted[0], message="Kies een waarde.")
    elif len(chosen) > 1:
        yield fault(code="value", field=wanted[0], message="Kies een waarde of een andere vraag, niet allebei.")
    elif chosen == ["other"]:
        yield from _faults_of_other(known, row, subject, fault)
    elif chosen:
        yield from _faults_of_values(flow, row, subject, fault)


def _wanted(operator: Operator) -> tuple[str, ...]:
    if operator in _FACTS:
        return ()
    if operator in _SEVERAL:
        return ("values",)
    return ("value", "other") if operator in COMPARED else ("value",)


def _faults_of_values(flow: Flow, row: Row, subject: Subject, fault: _Fault) -> Iterator[RowFault]:
    if row.operator in _LISTS:
        if row.value not in flow.lists:
            yield fault(code="list", field="value", message=f"Er is geen lijst met de naam “{row.value}”.")
        return
    several = row.operator in _SEVERAL
    field = "values" if several else "value"
    wrong = [_wrong_word(subject, one) for one in row.values] if several else [_wrong_value(row, subject)]
    for message in wrong:
        if message is not None:
            yield fault(code="value", field=field, message=message)


def _faults_of_other(known: dict[str, Subject], row: Row, subject: Subject, fault: _Fault) -> Iterator[RowFault]:
    other = known.get(str(row.other))
    if other is None or other.id in _RESERVED:
        message = f"Er is geen vraag en geen feit met de naam “{row.other}”."
        yield fault(code="name", field="other", message=message)
    elif not alike(subject, other):
        message = f"“{_title(subject)}” en “{_title(other)}” zijn niet van dezelfde soort."
        yield fault(code="other", field="other", message=message)
    elif abs(row.offset_days) > MOST_DAYS:
        message = f"Geef hoogstens {MOST_DAYS} dagen."
        yield fault(code="value", field="offsetDays", message=message)


def alike(one: Subject, other: Subject) -> bool:
    """Whether two can be compared: the same kind, and for what is chosen from a list the same type."""
    return one.kind == other.kind and (
        one.kind != "word" or not (one.question and other.question) or one.type == other.type
    )


def _wrong_value(row: Row, subject: Subject) -> str | None:
    if row.operator in _COUNTS:
        right = isinstance(row.value, int) and 0 <= row.value <= LARGEST
        return None if right else "Geef een aantal antwoorden: 0 of meer."
    match subject.kind:
        case "date":
            return None if _is_day(row.value) else "Geef een datum, bijvoorbeeld 2026-12-01."
        case "integer":
            return None if isinstance(row.value, int) and abs(row.value) <= LARGEST else "Geef een geheel getal."
        case "number":
            right = isinstance(row.value, int | float) and abs(row.value) <= LARGEST
            return None if right else "Geef een getal."
    return _wrong_word(subject, row.value)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _wrong_word(subject: Subject, value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return "Kies een waarde."
    if subject.type == "postcode":
        return None if _POSTCODE.fullmatch(value) else f"“{value}” is geen Belgische postcode van vier cijfers."
    possible = options(subject)
    if possible is not None and value not in possible:
        return f"“{value}” is geen antwoord op “{_title(subject)}”."
    return None
