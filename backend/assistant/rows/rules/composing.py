"""Rows to a condition."""

import msgspec

from backend.assistant.rows.rules.checking import faults
from backend.assistant.rows.rules.shape import COMPARED, Cluster, Group, Match, Operator, Row, RowFault, RowsRefused
from backend.assistant.rows.rules.subjects import Subject, subjects
from backend.assistant.rules import Flow

MOST_CHARACTERS = 600
"""Of a condition, as the format says."""
_JOINTS: dict[Match, str] = {"all": " && ", "any": " || "}
_FORMS: dict[Operator, str] = {
    "oneOf": "{name} in [{items}]",
    "noneOf": "!({name} in [{items}])",
    "inList": "{name} in {value}",
    "notInList": "!({name} in {value})",
    "includes": "{quoted} in {name}",
    "includesNot": "!({quoted} in {name})",
    "includesOneOf": "{name}.exists(x, x in [{items}])",
    "countAtLeast": "size({name}) >= {value}",
    "countAtMost": "size({name}) <= {value}",
    "holds": "{name}",
    "holdsNot": "!{name}",
}


def compose(flow: Flow, group: Group) -> str:
    """The condition of these rows, without a bracket too many.

    Args:
        flow: whose questions, facts and lists the rows name.
        group: at most `MOST_CHARACTERS` as a condition.

    Raises:
        RowsRefused: with every fault.
    """
    found = faults(flow, group)
    if found:
        raise RowsRefused(found)
    condition = _condition(group, subjects(flow))
    if len(condition) > MOST_CHARACTERS:
        message = (
            f"Deze voorwaarde is te lang: {len(condition)} tekens, hoogstens {MOST_CHARACTERS}. "
            "Maak een feit van een deel, of een lijst van de waarden."
        )
        raise RowsRefused([RowFault(code="tooLong", message=message)])
    return condition


def _condition(group: Group, known: dict[str, Subject]) -> str:
    parts = list[str]()
    for entry in group.rows:
        if isinstance(entry, Row):
            parts.append(_comparison(entry, known))
            continue
        part = _cluster(entry, known)
        binds_looser = entry.match == "any" and group.match == "all"
        parts.append(f"({part})" if binds_looser and len(entry.rows) > 1 and len(group.rows) > 1 else part)
    return _JOINTS[group.match].join(parts)


def _cluster(cluster: Cluster, known: dict[str, Subject]) -> str:
    return _JOINTS[cluster.match].join(_comparison(row, known) for row in cluster.rows)


def _comparison(row: Row, known: dict[str, Subject]) -> str:
    if row.operator in COMPARED:
        right = _other(row) if row.other else _literal(row, known[row.question])
        return f"{row.question} {COMPARED[row.operator]} {right}"
    items = ", ".join(map(_quoted, row.values))
    return _FORMS[row.operator].format(name=row.question, items=items, value=row.value, quoted=_quoted(row.value))


def _other(row: Row) -> str:
    if not row.offset_days:
        return str(row.other)
    sign = "+" if row.offset_days > 0 else "-"
    return f'{row.other} {sign} duration("{abs(row.offset_days) * 24}h")'


def _literal(row: Row, subject: Subject) -> str:
    match subject.kind:
        case "date":
            return f'timestamp("{row.value}T00:00:00Z")'
        case "number":
            return repr(float(row.value or 0))
        case "integer":
            return str(int(row.value or 0))
    return _quoted(row.value)


def _quoted(value: object) -> str:
    """A text as CEL writes it: as JSON does."""
    return msgspec.json.encode(str(value)).decode()
