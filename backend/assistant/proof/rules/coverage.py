"""What the walks reach: the random ones, the state-merging one, and one for each thing that those did not reach."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from backend.assistant.proof.rules.analysis import Analysis, frozen
from backend.assistant.proof.rules.candidates import Candidates
from backend.assistant.proof.rules.findings import Coverage, Tally
from backend.assistant.proof.rules.formula import decided
from backend.assistant.proof.rules.steps import Step, Trail
from backend.assistant.proof.rules.walker import Budget, Walker
from backend.assistant.proof.rules.wander import SEED, Wanderer
from backend.assistant.rules import DONT_KNOW, DUTCH, NO, YES, Program, Question, say

WALKS = 400
PER_NODE, STEPS = 1_500, 60_000
PER_GOAL, STEPS_TO_GOALS = 20_000, 200_000
"""Steps of one walk to a goal, and of all of them together."""
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
        refusing: questions of which every answer was refused in some situation, with the answers before.
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
        self._several = {one.id for one in analysis.program.flow.questions if one.type in _WORDS}

    def take(self, step: Step) -> None:
        """What one step reaches."""
        name = step.question
        if step.candidate is not None:
            self.asked.add(name)
            raw = frozen(step.candidate.raw)
            if step.way == "refused":
                self.refused.add((name, raw))
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
        states=whole.states + goals.states,
        complete=not unsure,
        unsure=unsure,
        answers=answers,
    )


class _Goals:
    """Walks to what was not reached yet, each with the conditions that matter for it alone."""

    def __init__(self, analysis: Analysis, candidates: Candidates, reached: Reached, days: Sequence[date]) -> None:
        self._analysis, self._candidates, self._reached, self._days = analysis, candidates, reached, days
        self._left = STEPS_TO_GOALS
        self.states = 0

    def walk(self, complete: bool) -> set[tuple[str, int]]:
        """Walk to everything that is missing; gives what may still be there, as (question, 0) or (outcome, block)."""
        unsure = set[tuple[str, int]]()
        if not complete:
            unsure |= {(name, 0) for name in self._analysis.order if self._open(name) and not self._to_question(name)}
        for outcome in [one for one in self._analysis.order if one in self._analysis.blocks]:
            for place, block in enumerate(self._analysis.blocks[outcome]):
                here = (outcome, place)
                seen = self._reached.shown, self._reached.hidden
                if block is None or (here in seen[0] and here in seen[1]) or outcome not in self._reached.outcomes:
                    continue
                if not self._to_block(outcome, place) and here not in seen[0]:
                    unsure.add(here)
        return unsure

    def _open(self, name: str) -> bool:
        """Whether something of a question is not reached yet, or no rule need hold there."""
        if name not in self._analysis.asked:
            return False
        question = self._analysis.program.questions[name]
        open_end = bool(question.next) and all(rule.when for rule in question.next or ())
        every = all((name, *one) in self._reached.routes for one in routes_of(question))
        options = all((name, one) in self._reached.options for one in classes(question))
        return not (every and options) or (open_end and name not in self._reached.stuck)

    def _walker(self, node: str, block: Any) -> Walker:
        inside = frozenset({node, *self._analysis.outline.before(node)})
        budget = Budget(PER_NODE, min(PER_GOAL, self._left))
        return Walker(self._analysis, self._candidates, budget, inside=inside, goal=(node, block))

    def _to_question(self, name: str) -> bool:
        """Walk to a question; whether every situation there was looked at."""
        walker = self._walker(name, None)
        complete = self._run(walker, walker.walk(self._days), lambda: False)
        return complete or not self._open(name)

    def _to_block(self, outcome: str, place: int) -> bool:
        here = (outcome, place)
        walker = self._walker(outcome, self._analysis.blocks[outcome][place])
        return self._run(
            walker,
            walker.walk(self._days),
            lambda: here in self._reached.shown and here in self._reached.hidden,
        )

    def _run(self, walker: Walker, steps: Iterator[Step], done: Any) -> bool:
        for step in steps:
            self._left -= 1
            self._reached.take(step)
            if done():
                break
        self.states += walker.states
        return walker.complete and self._left > 0


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
    titles = {one.id: say(one.title, DUTCH) for one in (*flow.questions, *flow.outcomes)}
    words = {"rule": "regel", "option": "antwoord"}
    tallies = {
        "questions": tally([one.id for one in flow.questions], lambda one: one in reached.asked, lambda one: f"vraag “{titles[one]}”"),
        "options": tally(
            options, lambda one: one in reached.options, lambda one: f"antwoord “{one[1]}” op “{titles[one[0]]}”".replace("“” op", "op")
        ),
        "rules": tally(
            routes, lambda one: one in reached.routes, lambda one: f"{words[one[1]]} {one[2]} van “{titles[one[0]]}”"
        ),
        "outcomes": tally([one.id for one in flow.outcomes], lambda one: one in reached.outcomes, lambda one: f"uitkomst “{titles[one]}”"),
        "blocks": tally(blocks, lambda one: one in reached.shown, lambda one: f"deel “{named[one]}” van “{titles[one[0]]}”"),
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
