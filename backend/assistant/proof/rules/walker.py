"""The state-merging walk: every situation of a flow, without its paths.

A situation is a question and what is left of the conditions that can still matter from there, with what is known
filled in. Two ways to the same situation are one from then on, so that a flow with billions of paths has thousands of
situations. Every situation keeps the answers of one way to it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from backend.assistant.proof.rules.analysis import Analysis
from backend.assistant.proof.rules.candidates import Candidate, Candidates
from backend.assistant.proof.rules.formula import Formula, Token, numbers, simplified
from backend.assistant.proof.rules.steps import Step, Steps, Trail
from backend.assistant.rules import TODAY, moment

FREE: tuple[Any, ...] = ("free",)
"""The token of an atom of which nothing is known yet."""
IMPOSSIBLE = 0
"""The number of what is left of a goal that cannot be reached any more."""


class Situation(msgspec.Struct, eq=False):
    """One situation.

    Attributes:
        data: what is known on the way that it keeps.
        tokens: per atom what is known of it.
        left: per node what is left of its conditions, as a number.
    """

    data: dict[str, Any]
    tokens: list[Token]
    left: list[int]
    trail: Trail | None


class Budget(msgspec.Struct):
    """How much a walk may do; counts, so that a walk does the same on every machine.

    Attributes:
        per_node: situations of one question.
        steps: answers that are given.
        looks: comparisons that are looked at to see which ways may be gone.
    """

    per_node: int
    steps: int
    looks: int = 1

    @property
    def spent(self) -> bool:
        """Whether nothing may be done any more."""
        return self.steps <= 0 or self.looks <= 0


class Shift(msgspec.Struct, frozen=True):
    """What changes between a question and one after it: atoms with the questions they still wait for, and nodes."""

    atoms: list[tuple[int, tuple[str, ...]]]
    nodes: list[int]


class Walker:
    """One walk over (a part of) a flow.

    Args:
        analysis: of the program; `candidates`: the answers to give.
        candidates: see above.
        budget: how much it may do.
        inside: the nodes to walk over; None: all.
        tracked: those of which the conditions are followed exactly; None: all.
        goal: a node, and a condition that must hold there; situations in which it cannot are left out.

    Attributes:
        complete: whether no situation was left out.
        states: how many there were.
        blocked: questions of which every answer was refused in some situation.
    """

    def __init__(
        self,
        analysis: Analysis,
        candidates: Candidates,
        budget: Budget,
        *,
        inside: frozenset[str] | None = None,
        tracked: frozenset[str] | None = None,
        goal: tuple[str, Formula] | None = None,
    ) -> None:
        self.analysis, self.candidates, self.steps = analysis, candidates, Steps(analysis)
        self.inside = frozenset(analysis.order) if inside is None else inside
        self.tracked = self.inside if tracked is None else tracked
        self.goal = goal
        self.complete, self.states = True, 0
        self.blocked = set[str]()
        self.budget = budget
        self._nodes = [one for one in analysis.order if one in self.inside]
        self._below = {name: analysis.below[name] & self.inside for name in self._nodes}
        self._place = {name: place for place, name in enumerate(self._nodes)}
        self._atoms = [sorted(self._atoms_of(name)) for name in self._nodes]
        self._live = {name: self._live_nodes(name) for name in self._nodes}
        self._shifts: dict[tuple[str, str], Shift] = {}
        self._left: dict[tuple[Any, ...], int] = {}
        self._known: dict[object, int] = {False: 0}
        self.relevant = frozenset(
            name for atoms in self._atoms for number in atoms for name in analysis.needs[number] if name != TODAY
        )

    def _atoms_of(self, name: str) -> set[int]:
        if self.goal and self.goal[0] == name:
            return numbers(self.goal[1])
        return self.analysis.asked[name].atoms if name in self.tracked and name in self.analysis.asked else set()

    def _live_nodes(self, name: str) -> list[int]:
        """The nodes with conditions that count, at or below a node."""
        below = {name} | self._below[name] | ({self.goal[0]} if self.goal else set())
        return [self._place[one] for one in self._nodes if self._atoms[self._place[one]] and one in below]

    def walk(self, days: Sequence[Any]) -> Iterator[Step]:
        """Every step from every situation, question by question."""
        first = self.analysis.outline.first
        if first not in self.inside:
            return
        waiting: dict[str, dict[tuple[int, ...], Situation]] = {name: {} for name in self._nodes}
        for day in days:
            start = self._start(first, day)
            waiting[first].setdefault(self._signature(first, start), start)
        for name in self._nodes:
            if name not in self.analysis.asked:
                continue
            for situation in waiting.pop(name).values():
                self.states += 1
                yield from self._from(name, situation, waiting)
                if self.budget.spent:
                    self.complete = False
                if not self.complete and (self.budget.spent or not self.goal):
                    return

    def _from(
        self, name: str, situation: Situation, waiting: dict[str, dict[tuple[int, ...], Situation]]
    ) -> Iterator[Step]:
        """The steps from one situation; what they lead to waits for its turn."""
        ways = set[str]()
        for step in self.each(name, situation):
            yield step
            ways.add(step.way)
            self.budget.steps -= 1
            if step.target in waiting and step.target in self.analysis.asked:
                self._arrive(name, situation, step, waiting[step.target])
        if ways == {"refused"}:
            self.blocked.add(name)

    def _start(self, first: str, day: Any) -> Situation:
        data: dict[str, Any] = {**self.analysis.program.lists, TODAY: moment(day)}
        tokens: list[Token] = [FREE] * len(self.analysis.atoms)
        open_ = {first, *self._below[first]}
        for number in {number for atoms in self._atoms for number in atoms}:
            tokens[number] = self._token(number, data, tuple(open_.intersection(self.analysis.needs[number])))
        left = [self._left_of(place, tokens) if self._atoms[place] else -1 for place in range(len(self._nodes))]
        return Situation(data, tokens, left, None)

    def _token(self, number: int, data: dict[str, Any], waits: tuple[str, ...]) -> Token:
        if not waits:
            return self.analysis.truth(number, data)
        return self.analysis.token(number, data, waits) or FREE

    def _signature(self, name: str, situation: Situation) -> tuple[int, ...]:
        return tuple([situation.left[place] for place in self._live[name]])

    def each(self, name: str, situation: Situation) -> Iterator[Step]:
        """What each answer does here."""
        if not self.steps.asks(name, situation.data):
            yield self.steps.passed(name, situation.data, situation.trail)
            return
        for candidate in self.answers(name, situation.data):
            yield self.steps.answered(name, candidate, situation.data, situation.trail)

    def answers(self, name: str, data: dict[str, Any]) -> list[Candidate]:
        """The answers to give: one per class."""
        return self.candidates.of(self.analysis.program.questions[name], data)[0]

    def _arrive(
        self,
        name: str,
        situation: Situation,
        step: Step,
        there: dict[tuple[int, ...], Situation],
    ) -> None:
        """Keep the situation after a step, when it is a new one."""
        target = step.target or ""
        shift = self._shift(name, target)
        tokens, left = situation.tokens, situation.left
        if shift.atoms:
            tokens = tokens.copy()
            for number, waits in shift.atoms:
                tokens[number] = self._token(number, step.data, waits)
            left = left.copy()
            for place in shift.nodes:
                left[place] = self._left_of(place, tokens)
        signature = tuple([left[place] for place in self._live[target]])
        if signature in there or (self.goal and left[self._place[self.goal[0]]] == IMPOSSIBLE):
            return
        if len(there) >= self.budget.per_node:
            self.complete = False
            return
        there[signature] = Situation(step.data, tokens, left, step.trail)

    def _shift(self, name: str, target: str) -> Shift:
        """Which atoms are known better after this step, as fewer questions are still to come."""
        if (name, target) not in self._shifts:
            analysis = self.analysis
            open_ = {target, *self._below[target]}
            gone = ({name} | self._below[name]) - open_
            live = self._live[target]
            atoms = sorted({number for place in live for number in self._atoms[place]})
            touched = [number for number in atoms if gone.intersection(analysis.needs[number])]
            nodes = [place for place in live if set(self._atoms[place]).intersection(touched)]
            pairs = [(number, tuple(one for one in analysis.needs[number] if one in open_)) for number in touched]
            self._shifts[name, target] = Shift(pairs, nodes)
        return self._shifts[name, target]

    def _left_of(self, place: int, tokens: list[Token]) -> int:
        """What is left of the conditions of a node, as a number: the same number, the same decisions to come."""
        key = (place, *[tokens[number] for number in self._atoms[place]])
        if key not in self._left:
            rest = self._rest(self._nodes[place], tokens.__getitem__)
            self._left[key] = self._known.setdefault(rest, len(self._known))
        return self._left[key]

    def _rest(self, name: str, known: Callable[[int], Token]) -> object:
        if self.goal and self.goal[0] == name:
            return simplified(self.goal[1], known, True)  # noqa: FBT003 the value wanted
        asked = self.analysis.asked[name]
        ask = simplified(asked.ask, known, True) if asked.ask else True  # noqa: FBT003 the value wanted
        musts = [] if ask is False else [simplified(one, known, False) for one in asked.musts]  # noqa: FBT003 as above
        rules = list[tuple[object, object]]()
        for rule, number in asked.rules:
            left = simplified(rule, known, True) if rule else True  # noqa: FBT003 as above
            if left is not False:
                rules.append((left, self._label(name, number)))
            if left is True:
                break
        return (ask, frozenset(one for one in musts if one is not True), tuple(rules))

    def _label(self, name: str, number: int) -> object:
        """What sets a rule apart: itself, or in a walk to a goal only where it leads."""
        if not self.goal:
            return number
        target = self.steps.ways[name]["rule", number]
        return target if target in self.inside else ""
