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
from backend.assistant.proof.rules.candidates import Candidate, Candidates
from backend.assistant.proof.rules.formula import (
    All,
    Fixed,
    Formula,
    Not,
    Some,
    Token,
    Truth,
    Untrue,
    decided,
    numbers,
    reduced,
    simplified,
)
from backend.assistant.proof.rules.steps import Step, Steps, Trail
from backend.assistant.proof.rules.walker import Budget, Situation, Walker
from backend.assistant.rules import TODAY, moment

GOAL = "goal"
_PER_NODE, _STEPS = 1_500, 20_000
_TRIES, _BIG, _MOST_PINS, _MOST_BRANCHES = 6, 14, 3, 6
TURNS, FEW_TURNS = 40, 2
"""How often a walk to a goal starts again; few for what is no fault when it is not found."""


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


class Mark(msgspec.Struct, frozen=True, eq=False):
    """One step of a loose way: an answer (None: passed over), which stands fast or is a suggestion."""

    candidate: Candidate | None
    target: str | None
    fast: bool


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

    def rule(self, number: int | None) -> Goal:
        """This rule is the first that holds; None: no rule holds."""
        condition: list[Formula] = []
        for rule, place in self._asked.rules:
            if place == number:
                condition += [rule] if rule else []
                break
            condition.append(Untrue(rule) if rule else Fixed(value=False))
        ask = self._asked.ask
        condition.append(Some((self._accepted, Untrue(ask))) if ask else self._accepted)
        return Goal(self._name, All(tuple(condition)), lambda one: not self._goes_own(one), passes=ask is not None)

    def ways_to(self, target: str, condition: Formula) -> Iterator[Goal]:
        """The question leads to a node, with the answers that make a condition hold: a goal for each way."""
        for way in self._ways:
            if way.target != target:
                continue
            if way.kind == "option":
                goal = self.goes(self._options[way.number - 1].value)
            else:
                goal = self.rule(way.number if way.kind == "rule" else None)
            joined = reduced(All((goal.condition, condition)), {})
            yield Goal(self._name, joined, goal.fits, passes=goal.passes)

    def _goes_own(self, candidate: Candidate) -> bool:
        values = _values(candidate)
        return len(values) == 1 and values[0] in self._own


def _values(candidate: Candidate) -> list[Any]:
    return candidate.raw if isinstance(candidate.raw, list) else [candidate.raw]


class _Loose(Walker):
    """A walk that follows the goal and some questions exactly, and lets the others go every way they may."""

    def __init__(
        self, analysis: Analysis, candidates: Candidates, budget: Budget, goal: Goal, tracked: frozenset[str]
    ) -> None:
        inside = frozenset({goal.node, *analysis.outline.before(goal.node)})
        for pin in goal.pins:
            inside &= {pin.node, *analysis.outline.before(pin.node), *nx.descendants(analysis.outline.graph, pin.node)}
        self._pins = {pin.node: pin for pin in goal.pins}
        super().__init__(analysis, candidates, budget, inside=inside, tracked=tracked, goal=(goal.node, goal.condition))
        self._wanted = goal
        self._free: dict[str, list[Mark]] = {}

    def each(self, name: str, situation: Situation) -> Iterator[Step]:
        """What each answer may do here."""
        if name == self._wanted.node:
            yield from self._at_goal(name, situation)
            return
        for mark in self._marks(name, situation):
            if mark.target not in self.inside:
                continue
            known = situation.data
            if mark.candidate is not None and mark.fast and mark.candidate.known:
                known = {**known, name: mark.candidate.value}
            yield Step(name, mark.candidate, "", 0, mark.target, known, Trail(situation.trail, name, mark))

    def _marks(self, name: str, situation: Situation) -> Iterable[Mark]:
        if name in self._pins:
            return self._pinned(self._pins[name], situation)
        return self._exact(name, situation) if name in self.tracked else self._loose(name, situation)

    def _pinned(self, pin: Pin, situation: Situation) -> Iterator[Mark]:
        good, _ = self.candidates.of(self.analysis.program.questions[pin.node], situation.data)
        fitting: list[Candidate | None] = [one for one in good if pin.fits(one)]
        fast = pin.node in self.relevant
        for candidate in [*fitting, None] if pin.passes else fitting if fast else fitting[:1]:
            yield Mark(candidate, pin.target, fast=True)

    def _at_goal(self, name: str, situation: Situation) -> Iterator[Step]:
        good, _ = self.candidates.of(self.analysis.program.questions[name], situation.data)
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
        alone = not any(self._needs(number) & self.relevant for number in self.analysis.asked[name].atoms)
        if not fast and alone and name in self._free:
            return self._free[name]
        marks = list(self._possible(name, situation.data, fast))
        if not fast and alone:
            self._free[name] = marks
        return marks

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
        good, _ = self.candidates.of(self.analysis.program.questions[name], data)
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
        """The truth of atoms of which all is known; the others may be anything."""
        sure = self.relevant | {name}
        return lambda number: self.analysis.truth(number, data) if self._needs(number) <= sure else ("?", number)


def holds(analysis: Analysis, condition: Formula, data: dict[str, Any]) -> bool:
    """Whether a condition holds with what is known."""
    return decided(condition, lambda number: analysis.truth(number, data)) is True


class Seeker:
    """Looks for goals, one after the other.

    Attributes:
        left: steps that may still be done for all goals together.
        states: situations looked at.
    """

    def __init__(self, analysis: Analysis, candidates: Candidates, days: Sequence[date], steps: int) -> None:
        self._analysis, self._candidates, self._days = analysis, candidates, days
        self._steps = Steps(analysis)
        self.left, self.states = steps, 0

    def seek(self, goal: Goal, turns: int = TURNS) -> tuple[list[Step] | None, bool]:
        """Real steps to a goal; else None and whether it is sure that there are none."""
        sure = True
        for part in self._parts(goal):
            steps, certain = self._seek(part, turns)
            if steps is not None:
                return steps, True
            sure = sure and certain
        return None, sure

    def _parts(self, goal: Goal) -> list[Goal]:
        """The goal for each kind of answer to its question, the one with the shortest condition first.

        With the answer filled in, most of a long list of rules does not matter any more.
        """
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
            budget = Budget(_PER_NODE, min(_STEPS, self.left))
            before = budget.steps
            walker = _Loose(self._analysis, self._candidates, budget, goal, tracked)
            hit = next((step for step in walker.walk(self._days) if step.way == GOAL), None)
            self.left -= before - budget.steps
            self.states += walker.states
            if hit is None:
                return None, walker.complete
            steps, off = self._tried(goal, walker, hit)
            if off is None:
                return steps, True
            if off in tracked or self.left <= 0:
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
