"""Walks to one thing at a time, with only the conditions that turn out to matter for it.

A walk to a goal follows the condition of the goal exactly and lets every other question go every way that it may. A
goal that such a walk cannot reach can never be reached. A way that it finds is tried with real answers: where these do
not follow it, the conditions of that question are followed too, and the walk starts again
(counterexample-guided abstraction refinement: Clarke et al., 2000).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from random import Random
from typing import Any

import msgspec
import networkx as nx

from backend.assistant.proof.rules.analysis import Analysis
from backend.assistant.proof.rules.asking import Asking, Goal, Pin
from backend.assistant.proof.rules.candidates import Candidate, Candidates
from backend.assistant.proof.rules.formula import (
    All,
    Fixed,
    Formula,
    Token,
    Truth,
    decided,
    numbers,
    reduced,
    simplified,
)
from backend.assistant.proof.rules.steps import Step, Steps, Trail
from backend.assistant.proof.rules.walker import Budget, Situation, Walker
from backend.assistant.rules import TODAY, moment

GOAL = "goal"
_PER_NODE, _STEPS = 2_500, 40_000
LOOKS, _TURN, _PART = 2_000_000, 1_000, 500
"""Comparisons looked at for all goals together; and, in comparisons, what it takes to begin a walk or to split a goal.

The largest flows that people write take less than half of it; it ends the proof of one that is a riddle.
"""
_TRIES, _BIG, _MOST_PINS, _MOST_BRANCHES = 6, 14, 3, 6
TURNS, FEW_TURNS = 40, 2
"""How often a walk to a goal starts again; few for what is no fault when it is not found."""


class Mark(msgspec.Struct, frozen=True, eq=False):
    """One step of a loose way: an answer (None: passed over), which stands fast or is a suggestion."""

    candidate: Candidate | None
    target: str | None
    fast: bool


class _Loose(Walker):
    """A walk that follows the goal and some questions exactly, and lets the others go every way they may."""

    def __init__(
        self, analysis: Analysis, candidates: Candidates, budget: Budget, goal: Goal, tracked: frozenset[str]
    ) -> None:
        inside = frozenset({goal.node, *analysis.outline.before(goal.node)})
        for pin in goal.pins:
            inside &= {pin.node, *analysis.outline.before(pin.node), *nx.descendants(analysis.outline.graph, pin.node)}
        self._pins = {pin.node: pin for pin in goal.pins}
        tracked |= _without_more(analysis, inside, tracked, goal.condition)
        super().__init__(analysis, candidates, budget, inside=inside, tracked=tracked, goal=(goal.node, goal.condition))
        self._wanted = goal
        self._among: dict[str, tuple[int, ...]] = {}
        self._free: dict[str, list[Mark]] = {}
        self._deciding: dict[str, list[tuple[int, tuple[str, ...]]]] = {}

    def each(self, name: str, situation: Situation) -> Iterator[Step]:
        """What each answer may do here."""
        if name == self._wanted.node:
            yield from self._at_goal(name, situation)
            return
        seen = set[object]()
        for mark in self._marks(name, situation):
            if mark.target not in self.inside:
                continue
            known = situation.data
            if mark.candidate is not None and mark.fast and mark.candidate.known:
                known = {**known, name: mark.candidate.value}
            key = (mark.target, *[self._token(number, known, waits) for number, waits in self._touched(name)])
            if key in seen:
                continue  # the same from here on as an answer before it
            seen.add(key)
            yield Step(name, mark.candidate, "", 0, mark.target, known, Trail(situation.trail, name, mark))

    def answers(self, name: str, data: dict[str, Any]) -> list[Candidate]:
        """One answer per class of what this walk looks at."""
        if name not in self._among:
            own = self.analysis.asked[name].atoms
            looked = {number for atoms in self._atoms for number in atoms} | own
            self._among[name] = tuple(sorted(looked.intersection(self.analysis.of_question[name])))
        return self.candidates.of(self.analysis.program.questions[name], data, self._among[name])[0]

    def _touched(self, name: str) -> list[tuple[int, tuple[str, ...]]]:
        """The atoms that an answer decides, each with the questions that it still waits for."""
        if name not in self._deciding:
            below, needs = self._below[name], self.analysis.needs
            atoms = sorted({number for atoms in self._atoms for number in atoms if name in needs[number]})
            self._deciding[name] = [(one, tuple(each for each in needs[one] if each in below)) for one in atoms]
        return self._deciding[name]

    def _marks(self, name: str, situation: Situation) -> Iterable[Mark]:
        if name in self._pins:
            return self._pinned(self._pins[name], situation)
        return self._exact(name, situation) if name in self.tracked else self._loose(name, situation)

    def _pinned(self, pin: Pin, situation: Situation) -> Iterator[Mark]:
        good = self.answers(pin.node, situation.data)
        fitting: list[Candidate | None] = [one for one in good if pin.fits(one)]
        fast = pin.node in self.relevant
        for candidate in [*fitting, None] if pin.passes else fitting if fast else fitting[:1]:
            yield Mark(candidate, pin.target, fast=True)

    def _at_goal(self, name: str, situation: Situation) -> Iterator[Step]:
        good = self.answers(name, situation.data)
        fitting: list[Candidate | None] = [one for one in good if self._wanted.fits(one)]
        for candidate in [*fitting, None] if self._wanted.passes else fitting:
            known = situation.data
            if candidate is not None and candidate.known:
                known = {**known, name: candidate.value}
            if holds(self.analysis, self._wanted.condition, known):
                yield Step(name, candidate, GOAL, 0, None, known, situation.trail)

    def _exact(self, name: str, situation: Situation) -> Iterator[Mark]:
        for step in super().each(name, situation):
            yield Mark(step.candidate, step.target, fast=True)

    def _loose(self, name: str, situation: Situation) -> list[Mark]:
        """Ways that are possible with what is known; of a question that does not matter one answer per way."""
        fast = name in self.relevant
        if fast:
            return list(self._possible(name, situation.data, fast))
        if name not in self._free:
            self._free[name] = list(self._possible(name, situation.data, fast))
        return self._free[name]

    def _needs(self, number: int) -> frozenset[str]:
        return self.analysis.need_sets[number]

    def _possible(self, name: str, data: dict[str, Any], fast: bool) -> Iterator[Mark]:
        asked = self.analysis.asked[name]
        ask = simplified(asked.ask, self._sure(name, data), True) if asked.ask else True  # noqa: FBT003 value wanted
        seen = set[str]()
        if ask is not True:
            for target in self._targets(name, data):
                seen.add(target)
                yield Mark(None, target, fast)
        if ask is False:
            return
        good = self.answers(name, data)
        for candidate in good:
            for target in self._after(name, candidate, data):
                if fast or target not in seen:
                    seen.add(target)
                    yield Mark(candidate, target, fast)

    def _after(self, name: str, candidate: Candidate, data: dict[str, Any]) -> list[str]:
        """Where an answer may lead."""
        known = {**data, name: candidate.value} if candidate.known else data
        tokens = self._sure(name, known)
        for must in self.analysis.asked[name].musts:
            if simplified(must, tokens, False) is False:  # noqa: FBT003 the value wanted
                return []
        if own := self.steps.own_way(name, candidate):
            return [own]
        return self._targets(name, known)

    def _targets(self, name: str, known: dict[str, Any]) -> list[str]:
        """Where the rules may lead."""
        tokens, found = self._sure(name, known), list[str]()
        for rule, number in self.analysis.asked[name].rules:
            left = simplified(rule, tokens, True) if rule else True  # noqa: FBT003 the value wanted
            if left is not False:
                found.append(self.steps.ways[name]["rule", number])
            if left is True:
                return found
        after = self.steps.ways[name].get(("next", 1))
        return [*found, after] if after else found

    def _sure(self, name: str, data: dict[str, Any]) -> Callable[[int], Token]:
        """The truth of atoms about this question alone; the others may be anything.

        What is known of other questions is not used: situations that differ in it were merged.
        """
        sure, budget = {name}, self.budget

        def token(number: int) -> Token:
            budget.looks -= 1
            return self.analysis.truth(number, data) if self._needs(number) <= sure else ("?", number)

        return token


def _without_more(
    analysis: Analysis, inside: frozenset[str], tracked: frozenset[str], condition: Formula
) -> frozenset[str]:
    """Questions that can be followed exactly without looking at any question that is not looked at already."""
    atoms = numbers(condition).union(*(analysis.asked[name].atoms for name in tracked))
    relevant = frozenset[str]().union(*(analysis.need_sets[number] for number in atoms))
    return frozenset(
        name
        for name in inside & analysis.asked.keys()
        if (own := analysis.asked[name].atoms)
        and len(own) <= _BIG
        and all(analysis.need_sets[number] <= relevant for number in own)
    )


def holds(analysis: Analysis, condition: Formula, data: dict[str, Any]) -> bool:
    """Whether a condition holds with what is known."""
    return decided(condition, lambda number: analysis.truth(number, data)) is True


class Seeker:
    """Looks for goals, one after the other.

    Attributes:
        left, looks: steps and looks that may still be done for all goals together.
        states: situations looked at.
    """

    def __init__(self, analysis: Analysis, candidates: Candidates, days: Sequence[date], steps: int) -> None:
        self._analysis, self._candidates, self._days = analysis, candidates, days
        self._steps = Steps(analysis)
        self.left, self.looks, self.states, self._rest = steps, LOOKS, 0, 0

    def seek(self, goals: Sequence[Goal], turns: int, most: int) -> tuple[list[Step] | None, bool]:
        """Real steps to one of the goals, in at most so many steps; else None and whether it is sure that none are."""
        sure = True
        self._rest = most
        if self.looks <= 0:
            return None, False
        for part in [part for goal in goals for part in self._parts(goal)]:
            steps, certain = self._seek(part, turns)
            if steps is not None:
                return steps, True
            sure = sure and certain
        return None, sure

    def _parts(self, goal: Goal) -> list[Goal]:
        """The goal for each kind of answer to its question, the one with the shortest condition first.

        With the answer filled in, most of a long list of rules does not matter any more.
        """
        self.looks -= _PART
        if goal.node not in self._analysis.asked:
            befores = self._analysis.outline.graph.predecessors(goal.node)
            found_before = [
                one for name in befores for one in Asking(self._analysis, name).ways_to(goal.node, goal.condition)
            ]
            return [part for one in found_before for part in self._parts(one)]
        own = [one for one in sorted(numbers(goal.condition)) if self._analysis.need_sets[one] <= {goal.node}]
        question = self._analysis.program.questions[goal.node]
        start: dict[str, Any] = {**self._analysis.program.lists, TODAY: moment(self._days[0])}
        dated = len(self._days) > 1 and any(TODAY in self._analysis.needs[one] for one in own)
        if not own or dated:
            return [goal]
        found: dict[tuple[Truth, ...], Goal] = {}
        truths = self._own_truths(own, goal.node)
        candidates: list[Candidate | None] = [one for one in self._candidates.of(question, start)[0] if goal.fits(one)]
        for candidate in [*candidates, None] if goal.passes else candidates:
            known = truths(candidate)
            condition = reduced(goal.condition, dict(zip(own, known, strict=True)))
            if known not in found and not (isinstance(condition, Fixed) and condition.value is not True):
                found[known] = Goal(
                    goal.node,
                    condition,
                    lambda one, known=known: goal.fits(one) and truths(one) == known,  # type: ignore[misc]
                    passes=goal.passes and truths(None) == known,
                )
        return sorted(found.values(), key=lambda one: len(numbers(one.condition)))

    def _own_truths(self, own: list[int], name: str) -> Callable[[Candidate | None], tuple[Truth, ...]]:
        """What an answer (None: none) makes of the comparisons that look at its question alone."""
        start: dict[str, Any] = {**self._analysis.program.lists, TODAY: moment(self._days[0])}

        def truths(candidate: Candidate | None) -> tuple[Truth, ...]:
            data = {**start, name: candidate.value} if candidate and candidate.known else start
            return tuple(self._analysis.truth(number, data) for number in own)

        return truths

    def _seek(self, goal: Goal, turns: int) -> tuple[list[Step] | None, bool]:
        tracked = frozenset[str]()
        for _ in range(turns):
            budget = Budget(_PER_NODE, max(0, min(_STEPS, self.left, self._rest)), self.looks - _TURN)
            before = budget.steps
            if budget.spent:
                return None, False
            walker = _Loose(self._analysis, self._candidates, budget, goal, tracked)
            hit = next((step for step in walker.walk(self._days) if step.way == GOAL), None)
            self.left -= before - budget.steps
            self._rest -= before - budget.steps
            self.looks = budget.looks
            self.states += walker.states
            if hit is None:
                return None, walker.complete
            steps, off = self._tried(goal, walker, hit)
            if off is None:
                return steps, True
            if off in tracked or self.left <= 0 or self._rest <= 0:
                break
            if len(self._analysis.asked[off].atoms) > _BIG and len(goal.pins) < _MOST_PINS:
                return self._pinned(goal, off, turns), False
            tracked |= {off}
        return None, False

    def _pinned(self, goal: Goal, name: str, turns: int) -> list[Step] | None:
        """Over a question with a long list of rules: by one kind of answer at a time, with only the rules it needs."""
        asking, found = Asking(self._analysis, name), list[Goal]()
        for target in dict.fromkeys(way.target for way in self._analysis.outline.ways[name]):
            if target == goal.node or goal.node in self._analysis.below_or_end(target):
                for part in [one for way in asking.ways_to(target, Fixed(value=True)) for one in self._parts(way)]:
                    pin = Pin(name, target, part.fits, part.passes)
                    condition = reduced(All((goal.condition, part.condition)), {})
                    found.append(Goal(goal.node, condition, goal.fits, goal.passes, (*goal.pins, pin)))
        found.sort(key=lambda one: len(numbers(one.condition)))
        for one in found[:_MOST_BRANCHES]:
            steps, _ = self._seek(one, turns // 2)
            if steps is not None:
                return steps
        return None

    def _tried(self, goal: Goal, walker: Walker, hit: Step) -> tuple[list[Step], str | None]:
        """The way with real answers; where the first ones do not follow it, others are tried at random.

        Gives the question where the best try left the way, None when it did not.
        """
        way = [*_marks(hit.trail), (hit.question, Mark(hit.candidate, None, fast=True))]
        furthest = -1
        for number in range(_TRIES):
            steps = self._real(goal, walker, hit, way, Random(number) if number else None)  # noqa: S311 repeatable
            if len(steps) == len(way):
                return steps, None
            furthest = max(furthest, len(steps))
        return [], way[furthest][0]

    def _real(
        self, goal: Goal, walker: Walker, hit: Step, way: list[tuple[str, Mark]], random: Random | None
    ) -> list[Step]:
        """Real steps along a way, as far as they follow it."""
        data: dict[str, Any] = {**self._analysis.program.lists, TODAY: hit.data[TODAY]}
        steps, trail = list[Step](), None
        for name, mark in way:
            fast = mark.fast or name in walker.tracked or name == goal.node
            step = self._follow(name, mark, data, trail, last=name == goal.node, fast=fast, random=random)
            if step is None:
                break
            steps.append(step)
            data, trail = step.data, step.trail
        return steps

    def _follow(
        self,
        name: str,
        mark: Mark,
        data: dict[str, Any],
        trail: Trail | None,
        *,
        last: bool,
        fast: bool,
        random: Random | None,
    ) -> Step | None:
        """The real step that goes where the mark goes."""
        if not self._steps.asks(name, data):
            if fast and mark.candidate is not None:
                return None
            step = self._steps.passed(name, data, trail)
            return step if last or step.target == mark.target else None
        if fast:
            options = [mark.candidate] if mark.candidate else []
        else:
            good, _ = self._candidates.of(self._analysis.program.questions[name], data)
            options = [mark.candidate, *good] if mark.candidate else list(good)
            if random:
                random.shuffle(options)
        for candidate in options:
            step = self._steps.answered(name, candidate, data, trail)
            if last or step.target == mark.target:
                return step
        return None


def _marks(trail: Trail | None) -> Iterator[tuple[str, Mark]]:
    found = list[tuple[str, Mark]]()
    while trail is not None:
        found.append((trail.question, trail.raw))
        trail = trail.before
    yield from reversed(found)
