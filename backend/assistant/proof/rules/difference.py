"""What a new version changes for people: which answers now lead elsewhere."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Literal

import msgspec

from backend.assistant.proof.rules.analysis import frozen
from backend.assistant.proof.rules.coverage import Exploration, explored
from backend.assistant.proof.rules.wander import Wanderer
from backend.assistant.rules import DUTCH, Flow, Position, Program, day_of_test, label, reference_day, replay, say
from backend.kit.schema import View

WALKS = 300


class Place(View):
    """Where answers lead: an outcome, a question that is open, or `stuck` after a question."""

    kind: Literal["outcome", "question", "stuck"]
    id: str
    title: str


class ExampleAnswer(View):
    """An answer of an example, as people read it."""

    question: str
    title: str
    answer: str


class Moved(View):
    """Answers that led to one place and now to another.

    Attributes:
        count: of the representative answers.
        example: one of them, on its `day`.
    """

    before: Place
    after: Place
    count: int
    day: date
    example: list[ExampleAnswer]


class BlocksMoved(View):
    """An outcome that is the same, and shows other blocks for some answers."""

    outcome: Place
    added: list[str]
    removed: list[str]
    count: int
    day: date
    example: list[ExampleAnswer]


class NowRefused(View):
    """An answer that was taken and is now refused."""

    question: str
    title: str
    answer: str
    reason: str
    count: int
    day: date
    example: list[ExampleAnswer]


class OutcomeDiff(View):
    """What changed between two versions.

    Attributes:
        compared: representative answers; `same` lead to the same outcome with the same blocks.
        added_questions: and so on: titles by id.
    """

    compared: int
    same: int
    moved: list[Moved]
    blocks: list[BlocksMoved]
    refused: list[NowRefused]
    added_questions: dict[str, str]
    removed_questions: dict[str, str]
    added_outcomes: dict[str, str]
    removed_outcomes: dict[str, str]


class _Case(msgspec.Struct, frozen=True, eq=False):
    """One set of answers, and where both versions bring it."""

    day: date
    answers: dict[str, Any]
    before: Position
    after: Position


def differences(old: Program, new: Program, today: date) -> OutcomeDiff:
    """Which answers now lead elsewhere.

    Both versions are walked; whole ways of either are taken through both, a question that only one asks answered.

    Args:
        old: the earlier version; `new`: the later one.
        new: see above.
        today: of the walks when the new version names no day itself.
    """
    day = reference_day(new.flow, today)
    cases = list(_cases(explored(old, day, walks=WALKS), explored(new, day, walks=WALKS), day))
    changed = [case for case in cases if not _same(case)]
    asked = [{one.id: say(one.title, DUTCH) for one in program.flow.questions} for program in (old, new)]
    ends = [{one.id: say(one.title, DUTCH) for one in program.flow.outcomes} for program in (old, new)]
    return OutcomeDiff(
        compared=len(cases),
        same=len(cases) - len(changed),
        moved=_moved(old, new, changed),
        blocks=_blocks(old, new, changed),
        refused=_refused(old, new, changed),
        added_questions=_without(asked[1], asked[0]),
        removed_questions=_without(asked[0], asked[1]),
        added_outcomes=_without(ends[1], ends[0]),
        removed_outcomes=_without(ends[0], ends[1]),
    )


def _without(these: dict[str, str], those: dict[str, str]) -> dict[str, str]:
    return {name: title for name, title in these.items() if name not in those}


def _cases(old: Exploration, new: Exploration, day: date) -> Iterator[_Case]:
    seen = set[Any]()
    for mine, other in ((old, new), (new, old)):
        through = Wanderer(other.analysis, other.candidates)
        for when, answers in representative(mine, day):
            complete = {**through.walk(when, answers).answers, **answers}
            key = (when, frozenset((name, frozen(raw)) for name, raw in complete.items()))
            if key not in seen:
                seen.add(key)
                before, after = (replay(one.analysis.program, complete, when) for one in (old, new))
                yield _Case(when, complete, before, after)


def representative(found: Exploration, day: date) -> Iterator[tuple[date, dict[str, Any]]]:
    """Whole ways: to every outcome, over every rule, the named tests, and the random ones."""
    through = Wanderer(found.analysis, found.candidates)
    starts: Iterable[dict[str, Any]] = [*found.reached.outcomes.values(), *found.reached.routes.values()]
    for answers in starts:
        yield day, through.walk(day, answers).answers
    flow: Flow = found.analysis.program.flow
    for test in flow.tests:
        when = day_of_test(flow, test, day)
        yield when, through.walk(when, test.answers).answers
    yield from found.answers


def _shown(position: Position) -> list[str]:
    return sorted(block.id for block in position.blocks)


def _same(case: _Case) -> bool:
    before, after = case.before, case.after
    return (before.at, before.stuck, bool(before.refused), _shown(before)) == (
        after.at,
        after.stuck,
        bool(after.refused),
        _shown(after),
    )


def _place(program: Program, position: Position) -> Place:
    if position.outcome:
        return Place(kind="outcome", id=position.outcome.id, title=say(position.outcome.title, DUTCH))
    if position.question:
        return Place(kind="question", id=position.question.id, title=say(position.question.title, DUTCH))
    stuck = program.questions[position.stuck or program.flow.questions[0].id]
    return Place(kind="stuck", id=stuck.id, title=say(stuck.title, DUTCH))


def _example(old: Program, new: Program, case: _Case) -> list[ExampleAnswer]:
    """The answers that count in either version, in the order asked."""
    found = dict[str, ExampleAnswer]()
    for program, position in ((new, case.after), (old, case.before)):
        names = [passed.question.id for passed in position.passed]
        names += [position.question.id] if position.question and position.refused else []
        for name in names:
            question = program.questions[name]
            answer = label(question, case.answers[name])
            found.setdefault(name, ExampleAnswer(question=name, title=say(question.title, DUTCH), answer=answer))
    return list(found.values())


def _moved(old: Program, new: Program, cases: list[_Case]) -> list[Moved]:
    groups = dict[Any, list[_Case]]()
    for case in cases:
        before, after = _place(old, case.before), _place(new, case.after)
        if (before.kind, before.id) != (after.kind, after.id) and not case.after.refused:
            groups.setdefault((before.kind, before.id, after.kind, after.id), []).append(case)
    found = [
        Moved(
            before=_place(old, each[0].before),
            after=_place(new, each[0].after),
            count=len(each),
            day=each[0].day,
            example=_example(old, new, each[0]),
        )
        for each in groups.values()
    ]
    return sorted(found, key=lambda one: -one.count)


def _blocks(old: Program, new: Program, cases: list[_Case]) -> list[BlocksMoved]:
    groups = dict[Any, list[_Case]]()
    for case in cases:
        before, after = set(_shown(case.before)), set(_shown(case.after))
        if case.before.outcome and case.before.at == case.after.at and before != after:
            key = (case.before.at, tuple(sorted(after - before)), tuple(sorted(before - after)))
            groups.setdefault(key, []).append(case)
    found = [
        BlocksMoved(
            outcome=_place(new, each[0].after),
            added=list(key[1]),
            removed=list(key[2]),
            count=len(each),
            day=each[0].day,
            example=_example(old, new, each[0]),
        )
        for key, each in groups.items()
    ]
    return sorted(found, key=lambda one: -one.count)


def _refused(old: Program, new: Program, cases: list[_Case]) -> list[NowRefused]:
    groups = dict[Any, list[_Case]]()
    for case in cases:
        question = case.after.question
        if question and case.after.refused and not (case.before.refused and case.before.at == case.after.at):
            groups.setdefault((question.id, case.after.refused), []).append(case)
    found = [
        NowRefused(
            question=name,
            title=say(new.questions[name].title, DUTCH),
            answer=label(new.questions[name], each[0].answers[name]),
            reason=reason,
            count=len(each),
            day=each[0].day,
            example=_example(old, new, each[0]),
        )
        for (name, reason), each in groups.items()
    ]
    return sorted(found, key=lambda one: -one.count)
