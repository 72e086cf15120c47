"""What can still come in a flow, given answers in any order."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from backend.assistant.rules import Condition, Known, Position, Program, Refused, onward, own_way, read
from backend.assistant.steps.rules import every_own

EITHER = frozenset({True, False})


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Questions that may still be asked, the open one included, and outcomes that may be reached."""

    questions: frozenset[str]
    outcomes: frozenset[str]


def passed_over(program: Program, position: Position, today: date) -> frozenset[str]:
    """The questions on the way whose condition did not hold."""
    known, over = Known(program, today), set[str]()
    here: str | None = program.flow.questions[0].id

    def until(name: str | None) -> None:
        nonlocal here
        while here is not None and here != name and here in program.questions and here not in over:
            over.add(here)
            here = onward(program, known, here, None)

    for one in position.passed:
        until(one.question.id)
        known.learn(one.question.id, read(one.question, one.raw))
        here = one.led_to
    until(position.at)
    return frozenset(over)


def reach(program: Program, position: Position, answers: Mapping[str, Any], today: date) -> Reach:
    """What can still come: at least all that really can.

    A condition is decided by the answers on the way. Answers to questions that are still ahead count as far as they
    rule something out: whether their question comes is not sure, and without it a condition does not hold either. One
    that a check may refuse by then counts as not given. A condition that needs an answer to a question that cannot come
    any more does not hold.

    Args:
        program: the flow.
        position: where the answers lead.
        answers: those that can be, by id of the question; without the one that is open.
        today: in Brussels.
    """
    if position.question is None:
        return Reach(questions=frozenset(), outcomes=frozenset({position.outcome.id} if position.outcome else ()))
    return _Looking(program, position, answers, today).from_(position.question.id)


class _Looking:
    def __init__(self, program: Program, position: Position, answers: Mapping[str, Any], today: date) -> None:
        self._program = program
        self._sure = {one.question.id: read(one.question, one.raw) for one in position.passed}
        self._today = today
        self._answers = {
            name: raw for name, raw in answers.items() if name not in self._sure and self._stands(name, raw)
        }
        self._known = self._knowing({})
        ahead = {name: read(program.questions[name], raw) for name, raw in self._answers.items()}
        self._wide = self._knowing(ahead)
        self._open = frozenset(program.questions) - ahead.keys() - self._sure.keys()

    def _knowing(self, more: Mapping[str, Any]) -> Known:
        known = Known(self._program, self._today)
        for name, value in (self._sure | dict(more)).items():
            known.learn(name, value)
        return known

    def _stands(self, name: str, raw: Any) -> bool:
        """Whether no check can refuse an answer once its question comes; another one would be given then."""
        known = self._knowing({name: read(self._program.questions[name], raw)})
        return all(known.value(condition) is True for condition, _ in self._program.musts.get(name, ()))

    def from_(self, start: str) -> Reach:
        """What can come from an open question on; what is found not to come may rule out more."""
        while True:
            found = self._once(start)
            still = self._open & found.questions
            if still == self._open:
                return found
            self._open = still

    def _once(self, start: str) -> Reach:
        seen, asked, stack = set[str](), set[str](), [start]
        while stack:
            here = stack.pop()
            if here in seen:
                continue
            seen.add(here)
            if here not in self._program.questions:
                continue
            condition = self._program.ask_if.get(here) if here != start else None
            may = self._may(condition, self._known)
            if True in may:
                asked.add(here)
                stack += self._from_asked(here)
            if False in may:
                stack += self._after(here, self._known)
        return Reach(questions=frozenset(asked), outcomes=frozenset(seen & self._program.outcomes.keys()))

    def _from_asked(self, name: str) -> list[str]:
        """Where a question can lead once it is answered."""
        question = self._program.questions[name]
        if name in self._answers:
            raw = self._answers[name]
            own = own_way(question, raw)
            return [own] if own else self._after(name, self._knowing({name: read(question, raw)}))
        chosen = [one.goto for one in question.options or () if one.goto]
        return chosen if every_own(question) else [*chosen, *self._after(name, self._known)]

    def _after(self, name: str, known: Known) -> list[str]:
        """Where the rules of a question can lead, else the one that follows."""
        if name not in self._program.rules:
            return [self._program.following[name]] if name in self._program.following else []
        found = []
        for condition, goto in self._program.rules[name]:
            may = self._may(condition, known)
            if True in may:
                found.append(goto)
            if False not in may:
                break
        return found

    def _may(self, condition: Condition | None, known: Known) -> frozenset[bool]:
        """Whether a condition can hold, and whether it can fail to."""
        if condition is None:
            return frozenset({True})
        value = known.value(condition)
        if value is not None:
            return frozenset({value is True})
        wide = self._wide.value(condition)
        never = wide is False or (wide is None and not self._looked_at(condition.names) & self._open)
        return frozenset({False}) if never else EITHER

    def _looked_at(self, names: frozenset[str]) -> set[str]:
        """The questions behind names, those of facts too."""
        facts = (self._program.facts[name].names for name in names if name in self._program.facts)
        return set(names).union(*map(self._looked_at, facts))


def readable(program: Program, answers: Mapping[str, Any], language: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers to questions of this flow that can be, and why the others cannot."""
    good, refused = dict[str, Any](), dict[str, str]()
    for name, raw in answers.items():
        if name not in program.questions:
            continue
        try:
            read(program.questions[name], raw, language)
        except Refused as refusal:
            refused[name] = str(refusal)
        else:
            good[name] = raw
    return good, refused
