"""Conditions in words, and what is wrong with them; nothing here raises."""

from typing import Any

import msgspec

from backend.assistant.rows.rules import Row, compared_in_words, faults, in_words, rows_of
from backend.assistant.rules import Condition, ConditionFault, Fact, Flow, Language, evaluate

_FAULTS = {
    "syntax": "Deze voorwaarde is niet te lezen.",
    "name": "Deze voorwaarde noemt iets dat niet bestaat: “{detail}”.",
    "type": "Deze voorwaarde vergelijkt dingen die niet bij elkaar passen.",
    "notAllowed": "{detail}",
}


class Said(msgspec.Struct, frozen=True):
    """A condition in words, or as it is written when rows cannot say it; `fault` in Dutch."""

    words: str
    fault: str | None = None


class Conditions:
    """The conditions of one flow."""

    def __init__(self, flow: Flow, language: str) -> None:
        self._flow = flow
        self._shown = language
        self._language = Language(flow)
        self._lists = {name: list(values) for name, values in flow.lists.items()}
        self._compiled = dict[str, Condition | ConditionFault]()

    def say(self, source: str) -> Said:
        """The condition in words."""
        condition = self._condition(source)
        if isinstance(condition, ConditionFault):
            return Said(source, _explained(condition))
        group = rows_of(self._flow, condition)
        if group is None:
            return Said(source)
        wrong = faults(self._flow, group)
        return Said(in_words(self._flow, group, self._shown), wrong[0].message if wrong else None)

    def say_fact(self, fact: Fact) -> Said:
        """What a fact stands for; a number or a text as it is written."""
        if fact.type == "bool":
            return self.say(fact.expr)
        try:
            self._language.fact(fact)
        except ConditionFault as fault:
            return Said(fact.expr, _explained(fault))
        return Said(fact.expr)

    def answers(self, source: str, question: str) -> str | None:
        """Only the answers, for a condition that asks nothing but which answer to this question was chosen."""
        condition = self._condition(source)
        group = None if isinstance(condition, ConditionFault) else rows_of(self._flow, condition)
        if group is None or len(group.rows) != 1 or faults(self._flow, group):
            return None
        row = group.rows[0]
        if not isinstance(row, Row) or row.question != question or row.operator not in {"is", "oneOf"} or row.other:
            return None
        words = compared_in_words(self._flow, row, self._shown)
        return words[:1].upper() + words[1:]

    def decided(self, source: str, question: str, value: Any) -> bool | None:
        """Whether a condition holds when only this answer is known; None when that does not decide it."""
        condition = self._condition(source)
        if isinstance(condition, ConditionFault):
            return None
        found = evaluate(condition, {**self._lists, question: value})
        return found if isinstance(found, bool) else None

    def _condition(self, source: str) -> Condition | ConditionFault:
        if source not in self._compiled:
            try:
                self._compiled[source] = self._language.condition(source)
            except ConditionFault as fault:
                self._compiled[source] = fault
        return self._compiled[source]


def _explained(fault: ConditionFault) -> str:
    return _FAULTS[fault.kind].format(detail=fault.detail)
