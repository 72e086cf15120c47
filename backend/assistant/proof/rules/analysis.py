"""What a program looks at: the atoms of its conditions, what each needs, and who can still be asked where."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
import networkx as nx

from backend.assistant.proof.rules.formula import Formula, Truth, formula, numbers, written_out
from backend.assistant.proof.rules.outline import Outline
from backend.assistant.rules import (
    COMPARISONS,
    TODAY,
    Call,
    Condition,
    ConditionFault,
    Const,
    Language,
    Name,
    Node,
    Program,
    Question,
    evaluate,
    source,
)

LINEAR = {"_+_", "_-_", "-_"}
_ABSENT = object()
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Some moment, to count from."""


class Asked(msgspec.Struct, frozen=True):
    """The conditions of one question as formulas; a rule is a formula (None: always) and its number."""

    ask: Formula | None
    musts: list[Formula]
    rules: list[tuple[Formula | None, int]]

    @property
    def atoms(self) -> set[int]:
        """All that decide here."""
        parts = [self.ask, *self.musts, *(rule for rule, _ in self.rules)]
        return set[int]().union(*(numbers(part) for part in parts if part))


class Analysis:
    """A program as atoms.

    Attributes:
        atoms: the compiled comparisons; `needs`: per atom the questions (and `today`) that it looks at.
        asked: per question its conditions; `blocks`: per outcome those of its blocks (None: always shown).
        below: per question those that can still be asked after it; for an outcome none.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.outline = Outline(program.flow)
        self._language = Language(program.flow)
        self._facts = self._written_facts(program.facts)
        self._numbers: dict[str, int] = {}
        self.atoms: list[Condition] = []
        self.needs: list[tuple[str, ...]] = []
        self._after: dict[str, frozenset[str]] = {}
        self._memo: dict[tuple[Any, ...], Truth] = {}
        self.asked = {name: self._asked(name) for name in program.questions}
        self.control = frozenset[int]().union(*(one.atoms for one in self.asked.values()))
        self.blocks: dict[str, list[Formula | None]] = {
            name: [self._formula(condition) if condition else None for condition, _ in blocks]
            for name, blocks in program.blocks.items()
        }
        self.below = self._below()

    def _written_facts(self, facts: Mapping[str, Condition]) -> dict[str, Node]:
        done: dict[str, Node] = {}

        def write(name: str) -> Node:
            if name not in done:
                fact = facts[name]
                done[name] = written_out(fact.node, {other: write(other) for other in fact.names & facts.keys()})
            return done[name]

        return {name: write(name) for name in facts}

    def _asked(self, name: str) -> Asked:
        program = self.program
        ask = program.ask_if.get(name)
        return Asked(
            ask=self._formula(ask) if ask else None,
            musts=[self._formula(condition) for condition, _ in program.musts.get(name, ())],
            rules=[
                (self._formula(condition) if condition else None, number)
                for number, (condition, _) in enumerate(program.rules.get(name, ()), 1)
            ],
        )

    def _formula(self, condition: Condition) -> Formula:
        return formula(written_out(condition.node, self._facts), self._number)

    def _number(self, node: Node) -> int:
        text = source(node)
        if text not in self._numbers:
            condition = self._language.value(text)
            self._numbers[text] = len(self.atoms)
            self.atoms.append(condition)
            known = self.program.questions.keys() | {TODAY}
            self.needs.append(tuple(sorted(condition.names & known)))
        return self._numbers[text]

    def _below(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = dict.fromkeys(self.outline.outcomes, frozenset())
        for name in reversed(self.order):
            if name in self.outline.questions:
                after = set(self.outline.graph.successors(name))
                found[name] = frozenset((after & self.outline.questions.keys()).union(*(found[one] for one in after)))
        return found

    @cached_property
    def order(self) -> list[str]:
        """Questions and outcomes that can be reached, each after all that lead to it."""
        return [one for one in nx.topological_sort(self.outline.graph) if one in self.outline.reachable]

    def below_or_end(self, node: str) -> frozenset[str]:
        """Everything that can come after a node, outcomes too."""
        if node not in self._after:
            self._after[node] = frozenset(nx.descendants(self.outline.graph, node))
        return self._after[node]

    @cached_property
    def of_question(self) -> dict[str, list[int]]:
        """The atoms that look at each question."""
        found: dict[str, list[int]] = {name: [] for name in [*self.program.questions, TODAY]}
        for number, names in enumerate(self.needs):
            for name in names:
                found[name].append(number)
        return found

    @cached_property
    def need_sets(self) -> list[frozenset[str]]:
        """Per atom the questions that it looks at."""
        return [frozenset(names) - {TODAY} for names in self.needs]

    def truth(self, number: int, data: Mapping[str, Any]) -> Truth:
        """Whether an atom holds with what is known; remembered by what it looks at."""
        key = (number, *(frozen(data.get(name, _ABSENT)) for name in self.needs[number]))
        if key not in self._memo:
            found = evaluate(self.atoms[number], data)
            self._memo[key] = found if isinstance(found, bool) else None
        return self._memo[key]

    def token(self, number: int, data: Mapping[str, Any], unknown: Iterable[str]) -> tuple[Any, ...]:
        """What an atom depends on when `unknown` questions are still to come: what is known of the others."""
        left = set(unknown)
        known = tuple(frozen(data.get(name)) for name in self.needs[number] if name not in left)
        if len(known) > 1 and self.sums[number] and (total := self.differences[number]):
            found = evaluate(total, {**data, **{name: self._zeros[name] for name in left}})
            return (found,) if found is not None else known
        return known

    @cached_property
    def differences(self) -> list[Condition | None]:
        """Per comparison left minus right; None when these are no numbers or moments."""
        return [self._difference(one.node) for one in self.atoms]

    @cached_property
    def sums(self) -> list[bool]:
        """Which comparisons only add, subtract and multiply by a constant: straight lines."""
        return [_is_sum(one.node) for one in self.atoms]

    @cached_property
    def _zeros(self) -> dict[str, Any]:
        return {name: _zero(question) for name, question in self.program.questions.items()}

    def _difference(self, node: Node) -> Condition | None:
        if not isinstance(node, Call) or node.function not in COMPARISONS:
            return None
        try:
            return self._language.value(source(Call("_-_", node.args)))
        except ConditionFault:
            return None


def _zero(question: Question) -> Any:
    """Some value of the question's type, to count with."""
    return {"date": EPOCH, "integer": 0, "number": 0.0, "money": 0.0}.get(question.type, "")


def _is_sum(node: Node) -> bool:
    """Whether a comparison is a straight line."""
    return isinstance(node, Call) and node.function in COMPARISONS and all(map(_adds, node.args))


def _adds(node: Node) -> bool:
    match node:
        case Const() | Name():
            return True
        case Call("duration" | "timestamp", (Const(),)):
            return True
        case Call("_*_", (left, right)):
            return (isinstance(left, Const) or isinstance(right, Const)) and _adds(left) and _adds(right)
        case Call(function, args):
            return function in LINEAR and all(map(_adds, args))
    return False


def frozen(value: Any) -> Any:
    """A value that can be a key."""
    if isinstance(value, dict):
        return tuple((name, frozen(one)) for name, one in value.items())
    return tuple(map(frozen, value)) if isinstance(value, list) else value
