"""What the walks reach: the random ones, the state-merging one, and one for each thing that those did not reach."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec

from backend.assistant.proof.rules.analysis import Analysis, frozen
from backend.assistant.proof.rules.asking import Asking, Goal
from backend.assistant.proof.rules.candidates import Candidates
from backend.assistant.proof.rules.findings import Coverage, Tally
from backend.assistant.proof.rules.formula import Untrue, decided
from backend.assistant.proof.rules.goals import FEW_TURNS, TURNS, Seeker
from backend.assistant.proof.rules.steps import Step, Trail
from backend.assistant.proof.rules.walker import Budget, Walker
from backend.assistant.proof.rules.wander import SEED, Wanderer
from backend.assistant.rules import DONT_KNOW, DUTCH, NO, YES, Program, Question, say

WALKS = 200
PER_NODE, STEPS = 600, 12_000
STEPS_TO_GOAL, STEPS_TO_GOALS = (6_000, 100_000), 700_000
"""Steps of a walk to one thing, at first and when that was not enough, and of all of those together."""
_SITUATIONS = 20
_WORDS = {"choice", "multi", "yesno"}
ANY = ""
"""The one class of a question without options; its limits are counted apart."""

Route = tuple[str, str, int]
"""A question, `rule` or `option`, and its number."""


class Reached:
    """What was reached so far.

    Attributes:
        arrived: questions that a walk came to; `asked`: and that were asked.
        accepted: questions of which an answer was taken; `options`: with the answer.
        stuck: questions after which no rule held, with the answers of one such way.
        refusing: what was known in some situations in which an answer was refused.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self.arrived: set[str] = {analysis.outline.first}
        self.asked: set[str] = set()
        self.accepted: set[str] = set()
        self.options: set[tuple[str, str]] = set()
        self.routes: dict[Route, dict[str, Any]] = {}
        self.outcomes: dict[str, dict[str, Any]] = {}
        self.shown: set[tuple[str, int]] = set()
        self.hidden: set[tuple[str, int]] = set()
        self.stuck: dict[str, dict[str, Any]] = {}
        self.limits: set[tuple[str, Any]] = set()
        self.refused: set[tuple[str, Any]] = set()
        self.refusing: dict[str, list[dict[str, Any]]] = {}
        self._several = {one.id for one in analysis.program.flow.questions if one.type in _WORDS}

    def take(self, step: Step) -> None:
        """What one step reaches."""
        name = step.question
        if step.candidate is not None:
            self.asked.add(name)
            raw = frozen(step.candidate.raw)
            if step.way == "refused":
                self.refused.add((name, raw))
                if len(before := self.refusing.setdefault(name, [])) < _SITUATIONS:
                    before.append({**step.data})
                return
            self._answer(name, raw)
        if step.way == "stuck":
            if name not in self.stuck:
                self.stuck[name] = Trail.answers(step.trail)
            return
        if (name, step.way, step.number) not in self.routes:
            self.routes[name, step.way, step.number] = Trail.answers(step.trail)
        if step.target in self._analysis.asked:
            self.arrived.add(step.target)
        elif step.target is not None:
            self._end(step.target, step)

    def _answer(self, name: str, raw: Any) -> None:
        self.accepted.add(name)
        if name in self._several:
            self.options.update((name, one) for one in (raw if isinstance(raw, tuple) else (raw,)))
        elif raw == DONT_KNOW:
            self.options.add((name, raw))
        else:
            self.options.add((name, ANY))
            self.limits.add((name, raw))

    def _end(self, outcome: str, step: Step) -> None:
        if outcome not in self.outcomes:
            self.outcomes[outcome] = Trail.answers(step.trail)
        for place, block in enumerate(self._analysis.blocks[outcome]):
            here = (outcome, place)
            if here in self.shown and (here in self.hidden or block is None):
                continue
            holds = block is None or decided(block, lambda number: self._analysis.truth(number, step.data)) is True
            (self.shown if holds else self.hidden).add(here)


class Exploration(msgspec.Struct, frozen=True, eq=False):
    """What is known of a program once it was walked.

    Attributes:
        unsure: outcomes' blocks and questions' ways that were not reached by a walk that left situations out.
        always: blocks with a condition that are shown to everybody.
        blocked: questions of which every answer is refused in some situation.
        days: on which it was walked, the day of the flow first.
        answers: whole ways, with their day: of every random walk.
    """

    analysis: Analysis
    candidates: Candidates
    reached: Reached
    days: list[date]
    walks: int
    states: int
    complete: bool
    unsure: set[tuple[str, int]]
    always: set[tuple[str, int]]
    blocked: set[str]
    answers: list[tuple[date, dict[str, Any]]]


def explored(program: Program, today: date, *, walks: int = WALKS) -> Exploration:
    """Walk a program; the same program and day, the same result."""
    analysis = Analysis(program)
    candidates = Candidates(analysis)
    reached, days = Reached(analysis), candidates.days(today)
    answers = list[tuple[date, dict[str, Any]]]()
    for walk in Wanderer(analysis, candidates, SEED).walks(days, walks):
        for step in walk.steps:
            reached.take(step)
        if walk.end is not None:
            answers.append((walk.day, walk.answers))
    whole = Walker(analysis, candidates, Budget(PER_NODE, STEPS))
    for step in whole.walk(days):
        reached.take(step)
    goals = _Goals(analysis, candidates, reached, days)
    unsure = goals.walk(whole.complete)
    return Exploration(
        analysis=analysis,
        candidates=candidates,
        reached=reached,
        days=days,
        walks=walks,
        states=whole.states + goals.seeker.states,
        complete=not unsure,
        unsure=unsure,
        always=goals.always,
        blocked=whole.blocked,
        answers=answers,
    )


class _Goals:
    """Walks to what was not reached yet, one thing at a time: first all of them a little, then longer."""

    def __init__(self, analysis: Analysis, candidates: Candidates, reached: Reached, days: Sequence[date]) -> None:
        self._analysis, self._reached = analysis, reached
        self.seeker = Seeker(analysis, candidates, days, STEPS_TO_GOALS)
        self._never = set[tuple[Any, ...]]()
        self._most = 0
        self._unsure = set[tuple[str, int]]()
        self.always = set[tuple[str, int]]()

    def walk(self, complete: bool) -> set[tuple[str, int]]:
        """Walk to everything that is missing; gives what may still be there, as (question, 0) or (outcome, block)."""
        for self._most in STEPS_TO_GOAL:
            self._unsure = set()
            for name in self._analysis.order:
                if name in self._analysis.blocks:
                    self._blocks(name)
                elif not complete:
                    self._question(name)
            if not self._unsure:
                break
        return self._unsure

    def _question(self, name: str) -> None:
        question, asking, reached = self._analysis.program.questions[name], Asking(self._analysis, name), self._reached
        self._seek((name, "asked"), [asking.is_asked()], lambda: name in reached.asked)
        if name in reached.asked:
            self._seek((name, "accepted"), [asking.accepts()], lambda: name in reached.accepted)
        for value in classes(question):
            here, goal = (name, value), asking.accepts(None if value == ANY else value)
            self._seek((name, "value", value), [goal], lambda here=here: here in reached.options)  # type: ignore[misc]
        for kind, number in routes_of(question):
            option = (question.options or ())[number - 1].value if kind == "option" else ""
            goals = asking.rule(number) if kind == "rule" else [asking.goes(option)]
            route = (name, kind, number)
            self._seek(route, goals, lambda route=route: route in reached.routes)  # type: ignore[misc]
        if question.next and all(rule.when for rule in question.next):
            self._seek((name, "stuck"), asking.rule(None), lambda: name in reached.stuck)

    def _blocks(self, outcome: str) -> None:
        shown, hidden = self._reached.shown, self._reached.hidden
        for place, block in enumerate(self._analysis.blocks[outcome]):
            here = (outcome, place)
            if block is None:
                continue
            self._seek((*here, "shown"), [Goal(outcome, block)], lambda here=here: here in shown, here)  # type: ignore[misc]
            if here in shown and self._most == STEPS_TO_GOAL[0]:
                goals = [Goal(outcome, Untrue(block))]
                done: Callable[[], bool] = lambda here=here: here in hidden  # type: ignore[misc] # noqa: E731
                if not done() and self._sought(goals, FEW_TURNS) and not done():
                    self.always.add(here)

    def _seek(
        self,
        key: tuple[Any, ...],
        goals: list[Goal],
        done: Callable[[], bool],
        item: tuple[str, int] | None = None,
    ) -> None:
        """Walk to a goal unless it is reached, or surely cannot be."""
        if done() or key in self._never:
            return
        sure = self._sought(goals, TURNS)
        if done():
            return
        if sure:
            self._never.add(key)
        else:
            self._unsure.add(item or (key[0], 0))

    def _sought(self, goals: list[Goal], turns: int) -> bool:
        """Walk to one of the goals; true when it is sure that none can be reached."""
        steps, sure = self.seeker.seek(goals, turns, self._most)
        for step in steps or ():
            self._reached.take(step)
        return sure and not steps


def classes(question: Question) -> list[str]:
    """The answers of a question that are counted: each option, not knowing, and one for any other answer."""
    if question.type in _WORDS:
        found = [option.value for option in question.options] if question.options else [YES, NO]
    else:
        found = [ANY]
    return list(dict.fromkeys([*found, *([DONT_KNOW] if question.dont_know else [])]))


def routes_of(question: Question) -> list[tuple[str, int]]:
    """The rules and the options that go somewhere of their own."""
    found = [("option", number) for number, option in enumerate(question.options or (), 1) if option.goto]
    return found + [("rule", number) for number in range(1, len(question.next or ()) + 1)]


def coverage_of(found: Exploration) -> Coverage:
    """The numbers, and by name what was missed."""
    flow, reached = found.analysis.program.flow, found.reached
    missed = list[str]()

    def tally(total: Sequence[Any], has: Any, called: Any) -> Tally:
        missing = [one for one in total if not has(one)]
        missed.extend(called(one) for one in missing)
        return Tally(total=len(total), reached=len(total) - len(missing))

    options = [(one.id, value) for one in flow.questions for value in classes(one)]
    routes = [(one.id, *route) for one in flow.questions for route in routes_of(one)]
    blocks = [(one.id, place) for one in flow.outcomes for place in range(len(one.blocks))]
    named = {(one.id, place): block.id for one in flow.outcomes for place, block in enumerate(one.blocks)}
    hidden = [one for one in blocks if found.analysis.blocks[one[0]][one[1]] is not None]
    titles = {one.id: say(one.title, DUTCH) for one in flow.questions}
    titles |= {one.id: say(one.title, DUTCH) for one in flow.outcomes}
    words = {"rule": "regel", "option": "antwoord"}
    tallies = {
        "questions": tally(
            [one.id for one in flow.questions], lambda one: one in reached.asked, lambda one: f"vraag “{titles[one]}”"
        ),
        "options": tally(
            options,
            lambda one: one in reached.options,
            lambda one: f"antwoord “{one[1]}” op “{titles[one[0]]}”".replace("“” op", "op"),
        ),
        "rules": tally(
            routes, lambda one: one in reached.routes, lambda one: f"{words[one[1]]} {one[2]} van “{titles[one[0]]}”"
        ),
        "outcomes": tally(
            [one.id for one in flow.outcomes],
            lambda one: one in reached.outcomes,
            lambda one: f"uitkomst “{titles[one]}”",
        ),
        "blocks": tally(
            blocks, lambda one: one in reached.shown, lambda one: f"deel “{named[one]}” van “{titles[one[0]]}”"
        ),
    }
    return Coverage(
        **tallies,
        blocks_hidden=Tally(total=len(hidden), reached=sum(one in reached.hidden for one in hidden)),
        limits=len(reached.limits),
        refused=len(reached.refused),
        missed=missed,
        walks=found.walks,
        states=found.states,
        complete=found.complete,
        full=not missed,
    )
