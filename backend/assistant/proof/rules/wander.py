"""Seeded random walks: whole ways through a flow, with answers of every class and wild ones."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec

from backend.assistant.proof.rules.analysis import Analysis, frozen
from backend.assistant.proof.rules.candidates import Candidate, Candidates
from backend.assistant.proof.rules.steps import Step, Steps, Trail
from backend.assistant.rules import DUTCH, TODAY, Question, Refused, countries, moment, read, replay

SEED = 20_261_129
_TRIES = 12
"""Answers that are tried where a check refuses, before a walk ends there."""
_WILD = 0.2
_NEW = 0.6
"""How often a walk prefers an answer that no walk gave yet."""


class Walk(msgspec.Struct, frozen=True, eq=False):
    """One whole way: its steps, its day, and where it ended (None: no way on, or every answer refused)."""

    day: date
    steps: list[Step]
    end: str | None
    answers: dict[str, Any]


class Disagreement(Exception):
    """A walk and the engine do not come to the same: a fault of ours, not of the flow."""


class Wanderer:
    """Random walks over one program; the same seed, the same walks."""

    def __init__(self, analysis: Analysis, candidates: Candidates, seed: int = SEED) -> None:
        self._analysis, self._candidates, self._steps = analysis, candidates, Steps(analysis)
        self._random = Random(seed)  # noqa: S311 repeatable, no secret
        self._given: set[tuple[str, Any]] = set()

    def walks(self, days: Sequence[date], number: int) -> Iterator[Walk]:
        """That many walks, the first day most often."""
        for _ in range(number):
            day = days[0] if self._random.random() < 0.7 else self._random.choice(days)  # noqa: PLR2004 mostly
            yield self.walk(day, {})

    def walk(self, day: date, fixed: dict[str, Any]) -> Walk:
        """One walk that gives the fixed answers where they can be; checked against the engine."""
        here: str | None = self._analysis.outline.first
        data: dict[str, Any] = {**self._analysis.program.lists, TODAY: moment(day)}
        steps, trail = list[Step](), None
        while here in self._analysis.asked:
            taken = self._step(here, data, trail, fixed)
            steps += taken
            if not taken or taken[-1].way == "refused":
                here = None
                break
            here, data, trail = taken[-1].target, taken[-1].data, taken[-1].trail
        walk = Walk(day, steps, here, Trail.answers(trail))
        self._check(walk)
        return walk

    def _step(self, name: str, data: dict[str, Any], trail: Trail | None, fixed: dict[str, Any]) -> list[Step]:
        if not self._steps.asks(name, data):
            return [self._steps.passed(name, data, trail)]
        question = self._analysis.program.questions[name]
        taken = list[Step]()
        for candidate in self._answers(question, data, fixed):
            taken.append(self._steps.answered(name, candidate, data, trail))
            if taken[-1].way != "refused":
                break
        return taken

    def _answers(self, question: Question, data: dict[str, Any], fixed: dict[str, Any]) -> Iterator[Candidate]:
        if question.id in fixed and (given := _read(question, fixed[question.id])):
            yield given
        good, _ = self._candidates.of(question, data)
        fresh = [one for one in good if (question.id, frozen(one.raw)) not in self._given]
        for _ in range(_TRIES if good else 0):
            chosen = self._random.choice(good)
            if fresh and self._random.random() < _NEW:
                chosen = fresh.pop(self._random.randrange(len(fresh)))
            elif self._random.random() < _WILD:
                chosen = self.wild(question, data) or chosen
            self._given.add((question.id, frozen(chosen.raw)))
            yield chosen
        yield from good

    def wild(self, question: Question, data: dict[str, Any]) -> Candidate | None:
        """An answer of no class at all; None when this one cannot be."""
        random = self._random
        raw: Any
        match question.type:
            case "integer" | "number" | "money":
                low = question.min if question.min is not None else 0
                high = question.max if question.max is not None else low + 1000
                raw = random.randint(int(low), int(high))
                raw = raw if question.type == "integer" else round(random.uniform(low, high), 2)
            case "date":
                raw = (data[TODAY] + timedelta(days=random.randint(-800, 800))).date().isoformat()
            case "postcode":
                raw = str(random.randint(1000, 9999))
            case "country":
                raw = random.choice([*countries(DUTCH)])
            case "multi":
                plain = [option.value for option in question.options or () if not option.exclusive]
                raw = [one for one in plain if random.random() < 0.5]  # noqa: PLR2004 either way
            case _:
                return None
        return _read(question, raw)

    def _check(self, walk: Walk) -> None:
        """The engine, from the answers alone, comes to the same question or outcome."""
        if not walk.steps or walk.steps[-1].way == "refused" or (walk.end is None and walk.steps[-1].target):
            return
        position = replay(self._analysis.program, walk.answers, walk.day)
        expected = walk.end or walk.steps[-1].question
        if (position.at or position.stuck) != expected or position.refused:
            raise Disagreement(f"{walk.answers} on {walk.day}: {position.at or position.stuck}, expected {expected}")


def _read(question: Question, raw: Any) -> Candidate | None:
    try:
        return Candidate(raw, read(question, raw))
    except Refused:
        return None
