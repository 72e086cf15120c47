"""What can be reached at a question, as conditions: that it is asked, takes an answer, goes some way."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from backend.assistant.proof.rules.analysis import Analysis
from backend.assistant.proof.rules.candidates import Candidate
from backend.assistant.proof.rules.formula import All, Fixed, Formula, Not, Untrue, reduced


class Pin(msgspec.Struct, frozen=True, eq=False):
    """A question on the way that goes somewhere by some of its answers; the condition of the goal makes that true."""

    node: str
    target: str
    fits: Callable[[Candidate], bool]
    passes: bool


class Goal(msgspec.Struct, frozen=True, eq=False):
    """What to reach.

    Attributes:
        node: a question, or an outcome.
        condition: what must hold there, with the answer to the question.
        fits: which answers of the question lead to it; `passes`: also when it is passed over.
        pins: questions that must be on the way.
    """

    node: str
    condition: Formula
    fits: Callable[[Candidate], bool] = lambda _: True
    passes: bool = False
    pins: tuple[Pin, ...] = ()


class Asking:
    """The conditions of one question as goals."""

    def __init__(self, analysis: Analysis, name: str) -> None:
        self._name, self._asked = name, analysis.asked[name]
        asks = [self._asked.ask] if self._asked.ask else []
        taken = [Untrue(Not(must)) for must in self._asked.musts]
        self._accepted: Formula = All((*asks, *taken)) if asks or taken else Fixed(value=True)
        self._ways = analysis.outline.ways[name]
        self._options = analysis.program.questions[name].options or ()
        self._own = {option.value for option in self._options if option.goto}

    def is_asked(self) -> Goal:
        """The question is asked."""
        return Goal(self._name, self._asked.ask or Fixed(value=True))

    def accepts(self, value: str | None = None) -> Goal:
        """An answer is taken: with this option, or any."""
        return Goal(self._name, self._accepted, lambda one: value is None or value in _values(one))

    def goes(self, value: str) -> Goal:
        """The option goes its own way."""
        return Goal(self._name, self._accepted, lambda one: _values(one) == [value])

    def rule(self, number: int | None) -> list[Goal]:
        """This rule is the first that holds (None: no rule does): with an answer, and when it is passed over."""
        conditions: list[Formula] = []
        for rule, place in self._asked.rules:
            if place == number:
                conditions += [rule] if rule else []
                break
            conditions.append(Untrue(rule) if rule else Fixed(value=False))
        given = All((*conditions, self._accepted))
        found = [Goal(self._name, given, lambda one: not self._goes_own(one))]
        if self._asked.ask is not None:
            over = All((*conditions, Untrue(self._asked.ask)))
            found.append(Goal(self._name, over, lambda _: False, passes=True))
        return found

    def ways_to(self, target: str, condition: Formula) -> Iterator[Goal]:
        """The question leads to a node, with the answers that make a condition hold: a goal for each way."""
        for way in self._ways:
            if way.target != target:
                continue
            if way.kind == "option":
                goals = [self.goes(self._options[way.number - 1].value)]
            else:
                goals = self.rule(way.number if way.kind == "rule" else None)
            for goal in goals:
                joined = reduced(All((goal.condition, condition)), {})
                yield Goal(self._name, joined, goal.fits, passes=goal.passes)

    def _goes_own(self, candidate: Candidate) -> bool:
        values = _values(candidate)
        return len(values) == 1 and values[0] in self._own


def _values(candidate: Candidate) -> list[Any]:
    return candidate.raw if isinstance(candidate.raw, list) else [candidate.raw]
