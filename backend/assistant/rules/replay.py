"""The engine: answers lead to a question or an outcome. Pure and without memory; every step starts from the first."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

import msgspec

from backend.assistant.rules.answers import UNKNOWN, Refused, read
from backend.assistant.rules.cel import TODAY, Condition, Language, evaluate, moment
from backend.assistant.rules.document import Block, Flow, Must, Outcome, Question, following
from backend.assistant.rules.languages import say


class Program(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A flow that is ready to be taken.

    Attributes:
        following: the question after each in the list.
        facts: in order, by name.
        ask_if, musts, rules: conditions of questions, by id of the question; a default rule has no condition.
        blocks: per outcome its blocks with their conditions.
        lists: as conditions know them.
    """

    flow: Flow
    questions: dict[str, Question]
    outcomes: dict[str, Outcome]
    following: dict[str, str]
    facts: dict[str, Condition]
    ask_if: dict[str, Condition]
    musts: dict[str, list[tuple[Condition, Must]]]
    rules: dict[str, list[tuple[Condition | None, str]]]
    blocks: dict[str, list[tuple[Condition | None, Block]]]
    lists: dict[str, list[str]]


class Passed(msgspec.Struct, frozen=True):
    """A question that was answered on the way, the answer as given, and where that led."""

    question: Question
    raw: Any
    led_to: str


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where answers lead.

    Attributes:
        passed: the questions that count, in the order asked.
        question: what is asked now; None at an outcome, and where a flow does not go on.
        outcome: the end.
        blocks: those of the outcome that are shown.
        refused: why the answer to `question` cannot be, for who gave it.
        stuck: the question after which no rule holds, or the one that holds leads to nothing; a flow that is proved
            has none.
    """

    passed: list[Passed]
    question: Question | None = None
    outcome: Outcome | None = None
    blocks: list[Block] = []
    refused: str | None = None
    stuck: str | None = None

    @property
    def at(self) -> str | None:
        """The id of the question or outcome; None where a flow does not go on."""
        reached = self.question or self.outcome
        return reached.id if reached else None


class Known:
    """What is known on the way: answers by question, lists, the day; facts are decided once they are needed."""

    def __init__(self, program: Program, today: date) -> None:
        self._facts = program.facts
        self._open = set(program.facts)
        self.data: dict[str, Any] = {**program.lists, TODAY: moment(today)}

    def learn(self, name: str, value: Any) -> None:
        """An answer; what somebody does not know stays unknown."""
        if value is not UNKNOWN:
            self.data[name] = value

    def value(self, condition: Condition) -> Any:
        """The value of a condition; None when it cannot be decided."""
        if self._open:
            self._decide(condition.names)
        return evaluate(condition, self.data)

    def holds(self, condition: Condition | None) -> bool:
        """Whether a condition holds; one that cannot be decided does not. No condition always holds."""
        return condition is None or self.value(condition) is True

    def _decide(self, names: Iterable[str]) -> None:
        """Facts that these names need. Once decided a fact stays so, as answers are only added."""
        for name in self._open.intersection(names):
            fact = self._facts[name]
            self._open.discard(name)
            self._decide(fact.names)
            found = evaluate(fact, self.data)
            if found is None:
                self._open.add(name)
            else:
                self.data[name] = found


def compiled(flow: Flow) -> Program:
    """A flow made ready; `ConditionFault` at the first condition that cannot be used."""
    language = Language(flow)
    return Program(
        flow=flow,
        questions={question.id: question for question in flow.questions},
        outcomes={outcome.id: outcome for outcome in flow.outcomes},
        following=following(flow),
        facts={fact.id: language.fact(fact) for fact in flow.facts},
        ask_if={one.id: language.condition(one.ask_if) for one in flow.questions if one.ask_if},
        musts={
            one.id: [(language.condition(must.must), must) for must in one.validate]
            for one in flow.questions
            if one.validate
        },
        rules={
            one.id: [(language.condition(rule.when) if rule.when else None, rule.goto) for rule in one.next]
            for one in flow.questions
            if one.next
        },
        blocks={
            one.id: [(language.condition(block.when) if block.when else None, block) for block in one.blocks]
            for one in flow.outcomes
        },
        lists={name: list(values) for name, values in flow.lists.items()},
    )


def replay(program: Program, answers: Mapping[str, Any], today: date, language: str = "nl") -> Position:
    """Where these answers lead.

    Args:
        program: the flow.
        answers: by id of the question, as JSON has them; answers off the path, and to what is no question, do nothing.
        today: the day on which it is taken.
        language: in which an answer is refused.
    """
    known, passed = Known(program, today), list[Passed]()
    here: str | None = program.flow.questions[0].id
    stop = partial(Position, passed=passed)
    for _ in range(len(program.questions) + 1):  # more steps than questions: a circle, which no proved flow has
        if here is None or here in program.outcomes:
            break
        question = program.questions[here]
        if not asked(program, known, here):
            led = onward(program, known, here, None)
            if led is None:
                return stop(stuck=here)
            here = led
            continue
        if here not in answers:
            return stop(question=question)
        refused = take(program, known, question, answers[here], language)
        if refused:
            return stop(question=question, refused=refused)
        led = onward(program, known, here, answers[here])
        if led is None:
            return stop(stuck=here)
        passed.append(Passed(question, answers[here], led))
        here = led
    if here in program.outcomes:
        return stop(outcome=program.outcomes[here], blocks=shown(program, known, here))
    return stop(stuck=here)


def asked(program: Program, known: Known, question: str) -> bool:
    """Whether a question is asked here."""
    return known.holds(program.ask_if.get(question))


def take(program: Program, known: Known, question: Question, raw: Any, language: str) -> str | None:
    """Take an answer; gives why it cannot be."""
    try:
        known.learn(question.id, read(question, raw, language))
    except Refused as refusal:
        return str(refusal)
    for condition, must in program.musts.get(question.id, ()):
        if known.value(condition) is False:
            return say(must.message, language)
    return None


def onward(program: Program, known: Known, question: str, raw: Any) -> str | None:
    """Where it goes after a question: the answer's own way, the first rule that holds, the next of the list.

    None when no rule holds, the last question has no rule, or there is nothing where it goes (in a draft).
    """
    to = _told(program, known, question, raw)
    return to if to in program.questions or to in program.outcomes else None


def _told(program: Program, known: Known, question: str, raw: Any) -> str | None:
    if own := own_way(program.questions[question], raw):
        return own
    if question in program.rules:
        return next((goto for condition, goto in program.rules[question] if known.holds(condition)), None)
    return program.following.get(question)


def own_way(question: Question, raw: Any) -> str | None:
    """Where an answer itself leads to, before any rule: an option that has a way, and is the only one chosen."""
    alone = raw[0] if isinstance(raw, list) and len({*raw}) == 1 else raw
    return next((one.goto for one in question.options or () if one.goto and one.value == alone), None)


def shown(program: Program, known: Known, outcome: str) -> list[Block]:
    """The blocks of an outcome that are shown."""
    return [block for condition, block in program.blocks[outcome] if known.holds(condition)]
