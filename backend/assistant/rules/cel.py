"""Conditions: checked with the types of the questions, and decided with three values (yes, no, undecided)."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import msgspec
from cel_expr_python import cel

from backend.assistant.rules.document import Fact, Flow, QuestionType
from backend.assistant.rules.tree import Node, NotAllowed, names, tree

TODAY = "today"
"""The day on which a flow is taken."""

_KINDS: dict[QuestionType, Any] = {
    "choice": cel.Type.STRING,
    "yesno": cel.Type.STRING,
    "postcode": cel.Type.STRING,
    "country": cel.Type.STRING,
    "text": cel.Type.STRING,
    "multi": cel.Type.List(cel.Type.STRING),
    "date": cel.Type.TIMESTAMP,
    "integer": cel.Type.INT,
    "number": cel.Type.DOUBLE,
    "money": cel.Type.DOUBLE,
}
_FACT_KINDS: dict[str, Any] = {
    "bool": cel.Type.BOOL,
    "number": cel.Type.DOUBLE,
    "integer": cel.Type.INT,
    "string": cel.Type.STRING,
}
_FAULT = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


class ConditionFault(Exception):
    """A condition that cannot be used.

    Args:
        kind: `syntax`, `name` (nothing is called so), `type` (cannot be compared) or `notAllowed`.
        detail: what CEL says, in English; for `name` the name itself, for `notAllowed` a sentence in Dutch.
        column: where in the condition, from 1 on.
    """

    def __init__(self, kind: str, detail: str, column: int = 1) -> None:
        super().__init__(f"{kind} at {column}: {detail}")
        self.kind = kind
        self.detail = detail
        self.column = column


class Condition(msgspec.Struct, frozen=True, eq=False):
    """A compiled condition.

    Attributes:
        source: as written.
        expression: of CEL.
        node: its tree.
        names: what it looks at.
    """

    source: str
    expression: Any
    node: Node
    names: frozenset[str]


class Language:
    """The language of the conditions of one flow: its names and their types."""

    def __init__(self, flow: Flow) -> None:
        variables = {question.id: _KINDS[question.type] for question in flow.questions}
        variables |= {fact.id: _FACT_KINDS[fact.type] for fact in flow.facts}
        variables |= dict.fromkeys(flow.lists, cel.Type.List(cel.Type.STRING))
        variables[TODAY] = cel.Type.TIMESTAMP
        self._environment = cel.NewEnv(variables=variables)

    def condition(self, source: str) -> Condition:
        """A condition, yes or no; raises `ConditionFault`."""
        return self._compiled(source, cel.Type.BOOL)

    def fact(self, fact: Fact) -> Condition:
        """The expression of a fact, of the type that it says; raises `ConditionFault`."""
        return self._compiled(fact.expr, _FACT_KINDS[fact.type])

    def value(self, source: str) -> Condition:
        """An expression of any type; raises `ConditionFault`."""
        return self._compiled(source, None)

    def _compiled(self, source: str, kind: Any) -> Condition:
        try:
            expression = self._environment.compile(source)
        except RuntimeError as error:
            raise _fault(str(error)) from None
        if kind is not None and expression.return_type() != kind:
            raise ConditionFault("type", f"gives {expression.return_type()}")
        try:
            node = tree(expression.serialize())
        except NotAllowed as error:
            raise ConditionFault("notAllowed", str(error)) from None
        return Condition(source, expression, node, frozenset(names(node)))


def evaluate(condition: Condition, data: Mapping[str, Any]) -> Any:
    """The value; None when it cannot be decided with what is known, or takes CEL more steps than it allows."""
    known = {name: data[name] for name in condition.names if name in data}  # CEL copies all that it is given
    try:
        found = condition.expression.eval(data=known)
    except RuntimeError as error:
        if "budget" not in str(error):
            raise
        return None
    return None if found.type() == cel.Type.ERROR else found.plain_value()


@lru_cache(maxsize=4_096)
def moment(day: date) -> datetime:
    """A day as conditions know it: its midnight, without zones or summer time."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _fault(message: str) -> ConditionFault:
    found = _FAULT.search(message)
    if found is None:
        return ConditionFault("syntax", message.splitlines()[0])
    column, detail = int(found[2]), found[3]
    if name := re.match(r"undeclared reference to '([^']*)'", detail):
        return ConditionFault("name", name[1], column)
    kind = "syntax" if detail.startswith("Syntax error") else "type"
    return ConditionFault(kind, detail, column)
