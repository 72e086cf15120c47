"""One answer per class: each option, and for each limit the answers just below, at and just above it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import msgspec

from backend.assistant.proof.rules.analysis import EPOCH, Analysis, frozen
from backend.assistant.proof.rules.formula import numbers
from backend.assistant.rules import (
    DONT_KNOW,
    DUTCH,
    LONGEST,
    NO,
    TODAY,
    UNKNOWN,
    YES,
    Call,
    Const,
    Name,
    Node,
    Question,
    Refused,
    countries,
    evaluate,
    read,
    walk,
)

_FAR = timedelta(days=36_525)
"""A hundred years: beyond every term of a city."""
_MANY = 1_000_000
_MOST_TOGETHER = 6
"""Options of one question in one condition of which every combination is tried."""
_DIGITS = {"integer": 0, "number": 6, "money": 2}
_STEP = {"integer": 1, "number": 0.01, "money": 0.01}
_FEW = 12
"""Remainders of a division that are all tried."""


class Candidate(msgspec.Struct, frozen=True, eq=False):
    """An answer of some class.

    Attributes:
        raw: as JSON has it.
        value: as conditions know it; `UNKNOWN` for who does not know.
    """

    raw: Any
    value: Any

    @property
    def known(self) -> bool:
        """Whether who answers knows it."""
        return self.value is not UNKNOWN


class Candidates:
    """The answers to try, per question and what is known; the same every time."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._lists = analysis.program.lists
        self._given: dict[tuple[Any, ...], tuple[list[Candidate], list[Any]]] = {}
        self._beside: dict[tuple[str, tuple[int, ...] | None], list[str]] = {}
        self._tied = {name: set(self._tied_options(question)) for name, question in analysis.program.questions.items()}

    def of(
        self, question: Question, data: Mapping[str, Any], among: tuple[int, ...] | None = None
    ) -> tuple[list[Candidate], list[Any]]:
        """The answers that can be, and the raw ones at a limit of the question that cannot.

        Args:
            question: that is answered.
            data: what is known.
            among: the atoms of which the limits matter; None: all that look at the question.
        """
        atoms = self._analysis.of_question[question.id] if among is None else among
        if (question.id, among) not in self._beside:
            self._beside[question.id, among] = self._others(question, atoms)
        key = (question.id, among, *(frozen(data.get(name)) for name in self._beside[question.id, among]))
        if key not in self._given:
            found: dict[Any, Candidate] = {}
            refused = dict[Any, Any]()
            for raw in self._raw(question, data, atoms):
                try:
                    found.setdefault(frozen(raw), Candidate(raw, read(question, raw)))
                except Refused:
                    refused.setdefault(frozen(raw), raw)
            self._given[key] = (list(found.values()), list(refused.values()))
        return self._given[key]

    def _others(self, question: Question, atoms: Sequence[int]) -> list[str]:
        """What is looked at together with a question."""
        analysis, beside = self._analysis, {TODAY} if question.type == "date" else set[str]()
        for number in atoms:
            beside.update(analysis.needs[number])
        return sorted(beside - {question.id})

    def _nodes(self, question: Question) -> Iterator[Node]:
        for number in self._analysis.of_question[question.id]:
            yield self._analysis.atoms[number].node

    def _raw(self, question: Question, data: Mapping[str, Any], atoms: Sequence[int]) -> Iterator[Any]:
        kinds = {
            "multi": self._multi,
            "date": self._date,
            "integer": self._number,
            "number": self._number,
            "money": self._number,
            "postcode": self._code,
            "country": self._code,
            "text": self._words,
        }
        yield from kinds.get(question.type, self._choice)(question, data, atoms)
        if question.dont_know:
            yield DONT_KNOW

    def _choice(self, question: Question, _data: Mapping[str, Any], _atoms: Sequence[int]) -> Iterator[Any]:
        yield from [option.value for option in question.options] if question.options else (YES, NO)

    def _multi(self, question: Question, _data: Mapping[str, Any], _atoms: Sequence[int]) -> Iterator[Any]:
        options = question.options or ()
        plain = [option.value for option in options if not option.exclusive]
        for option in options:
            yield [option.value]
        for length in range(2, len(plain) + 1):
            yield plain[:length]
        for out in plain:
            yield [one for one in plain if one != out]
        if not question.dont_know and len(plain) == len(options):
            yield []
        for together in sorted(self._tied[question.id]):
            most = len(together) if len(together) <= _MOST_TOGETHER else 2
            for length in range(2, most + 1):
                yield from map(list, combinations(together, length))

    def _tied_options(self, question: Question) -> Iterator[tuple[str, ...]]:
        """Options that one condition names together, of which all combinations matter, and those that any names."""
        if question.type != "multi":
            return
        analysis = self._analysis
        conditions = [formula for blocks in analysis.blocks.values() for formula in blocks if formula]
        for asked in analysis.asked.values():
            conditions += [one for one in (asked.ask, *asked.musts, *(rule for rule, _ in asked.rules)) if one]
        plain = [option.value for option in question.options or () if not option.exclusive]
        everywhere = set[Any]()
        for condition in conditions:
            used = numbers(condition).intersection(analysis.of_question[question.id])
            named = {value for number in used for value in self._constants(analysis.atoms[number].node)}
            everywhere |= named
            together = tuple(one for one in plain if one in named)
            if len(together) <= _MOST_TOGETHER:
                yield together
        yield tuple(one for one in plain if one in everywhere)

    def _constants(self, node: Node) -> Iterator[Any]:
        """The constants of a condition, those in its lists too."""
        for part in walk(node):
            if isinstance(part, Const):
                yield part.value
            elif isinstance(part, Name):
                yield from self._lists.get(part.name, ())

    def _code(self, question: Question, data: Mapping[str, Any], _atoms: Sequence[int]) -> Iterator[Any]:
        """Postcodes and countries: every constant, one per combination of lists, one outside all of it."""
        every = list(countries(DUTCH)) if question.type == "country" else [str(code) for code in range(1000, 10_000)]
        fits = set(every)
        named, lists = dict[str, None](), dict[str, None]()
        for node in self._nodes(question):
            for part in walk(node):
                if isinstance(part, Const) and isinstance(part.value, str):
                    named[part.value] = None
                elif isinstance(part, Name) and part.name in self._lists:
                    lists[part.name] = None
                elif isinstance(part, Name) and isinstance(known := data.get(part.name), str):
                    named[known] = None
        if question.type == "postcode":
            named |= {str(int(one) + step): None for one in list(named) if one.isdigit() for step in (-1, 1)}
        yield from (one for one in named if one in fits)
        sets = [frozenset(self._lists[name]) for name in lists]
        seen = set[tuple[bool, ...]]()
        ordered = [*(value for name in lists for value in self._lists[name] if value in fits), *every]
        for one in ordered:
            signature = tuple(one in inside for inside in sets)
            if signature not in seen and one not in named:
                seen.add(signature)
                yield one

    def _words(self, question: Question, _data: Mapping[str, Any], _atoms: Sequence[int]) -> Iterator[Any]:
        lengths = {1, 12, LONGEST}
        for node in self._nodes(question):
            for value in self._constants(node):
                if isinstance(value, str):
                    yield value
                elif isinstance(value, int):
                    lengths |= {value - 1, value, value + 1}
        yield from ("a" * length for length in sorted(lengths) if 1 <= length <= LONGEST)

    def _number(self, question: Question, data: Mapping[str, Any], atoms: Sequence[int]) -> Iterator[Any]:
        step, kind = _STEP[question.type], int if question.type == "integer" else float
        low = kind(question.min if question.min is not None else 0)
        high = kind(question.max if question.max is not None else max(low, 0) + _MANY)
        found = [low, high]
        if question.min is not None:
            found.append(low - step)
        if question.max is not None:
            found.append(high + step)
        for limit in self._limits(question, data, atoms, low, high):
            near = {math.floor(limit), math.ceil(limit)} if kind is int else {limit}
            found += [one + turn * step for one in sorted(near) for turn in (-1, 0, 1)]
        for one in found:
            yield kind(round(one, _DIGITS[question.type]))

    def _date(self, question: Question, data: Mapping[str, Any], atoms: Sequence[int]) -> Iterator[Any]:
        today = data[TODAY]
        found = [today, today - timedelta(days=1), today + timedelta(days=1), today - _FAR, today + _FAR]
        for limit in self._limits(question, data, atoms, today - _FAR, today + _FAR):
            day = datetime(limit.year, limit.month, limit.day, tzinfo=UTC)
            near = [day] if day == limit else [day, day + timedelta(days=1)]
            found += [one + timedelta(days=turn) for one in near for turn in (-1, 0, 1)]
        for one in found:
            yield one.date().isoformat()

    def days(self, today: date) -> list[date]:
        """The days to start on: the given one, and those around the limits of conditions about the day alone."""
        start = datetime(today.year, today.month, today.day, tzinfo=UTC)
        found = [today]
        for number in self._analysis.of_question[TODAY]:
            if self._analysis.needs[number] == (TODAY,):
                for limit in self._solved(number, TODAY, {TODAY: start}, start, EPOCH):
                    found += [(limit + timedelta(days=turn)).date() for turn in (-1, 0, 1)]
        return list(dict.fromkeys(found))

    def _limits(
        self, question: Question, data: Mapping[str, Any], atoms: Sequence[int], low: Any, high: Any
    ) -> Iterator[Any]:
        """Where a comparison turns, with the others as known (not known yet: at their own ends)."""
        for number in atoms:
            if question.type in _STEP:
                yield from self._constant_limits(number, question.id)
            open_ = [one for one in self._analysis.needs[number] if one != question.id and one not in data]
            for known in self._ends(open_, data):
                yield from self._solved(number, question.id, known, low, high)

    def _ends(self, names: list[str], data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """What is known, with each unknown number at its least and at its most."""
        if not names:
            yield data
            return
        questions = [self._analysis.program.questions[name] for name in names]
        for end in ("min", "max"):
            values = {one.id: getattr(one, end) for one in questions if one.type in _STEP}
            if len(values) == len(names) and None not in values.values():
                whole = {one.id for one in questions if one.type == "integer"}
                yield {
                    **data,
                    **{name: int(value) if name in whole else float(value) for name, value in values.items()},
                }

    def _constant_limits(self, number: int, name: str) -> Iterator[Any]:
        """Numbers in a list of the condition (`x in [1, 3]`), remainders (`x % 4`), constants of what is no line."""
        if not self._analysis.sums[number]:
            yield from (one for one in self._constants(self._analysis.atoms[number].node) if _is_number(one))
        for part in walk(self._analysis.atoms[number].node):
            match part:
                case Call("@in", (Name(asked), other)) if asked == name:
                    yield from (one for one in self._constants(other) if _is_number(one))
                case Call("_%_", (_, Const(value))) if _is_number(value):
                    yield from range(min(int(value), _FEW))

    def _solved(self, number: int, name: str, data: Mapping[str, Any], low: Any, high: Any) -> Iterator[Any]:
        """Where left and right are equal: by two trials for a straight line, else by halving."""
        condition = self._analysis.differences[number]
        if condition is None or not self._analysis.sums[number]:
            yield from self._halved(number, name, data, low, high)
            return
        first, second = (evaluate(condition, {**data, name: trial}) for trial in (low, high))
        if first is None or second is None or first == second:
            return
        share = first / (first - second)
        if isinstance(low, datetime):
            yield from _within(low, (high - low).total_seconds() * share)
        else:
            yield round(low + (high - low) * share, 6)

    def _halved(self, number: int, name: str, data: Mapping[str, Any], low: Any, high: Any) -> Iterator[Any]:
        """Where a comparison turns from one truth to the other, when it does so once."""
        least: Any = timedelta(days=1) if isinstance(low, datetime) else 1 if isinstance(low, int) else 0.01
        at_low = self._analysis.truth(number, {**data, name: low})
        if at_low == self._analysis.truth(number, {**data, name: high}):
            return
        while high - low > least * 1.5:
            middle = low + (high - low) / 2 // least * least if isinstance(low, datetime) else (low + high) / 2
            middle = int(middle) if isinstance(low, int) else middle
            if not low < middle < high:  # so large that the numbers between are further apart than `least`
                break
            if self._analysis.truth(number, {**data, name: middle}) == at_low:
                low = middle
            else:
                high = middle
        yield high


def _within(start: datetime, seconds: float) -> Iterator[datetime]:
    try:
        yield (start + timedelta(seconds=round(seconds))).astimezone(UTC)
    except OverflowError:
        return


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
