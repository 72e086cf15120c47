"""Coverage: the merging walk and the walks to goals find what trying every answer finds, no less and no more."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from backend.assistant.proof.rules import check
from backend.assistant.proof.rules import coverage as coverage_rules
from backend.assistant.proof.rules.analysis import Analysis
from backend.assistant.proof.rules.candidates import Candidates
from backend.assistant.proof.rules.coverage import classes, explored, routes_of
from backend.assistant.proof.rules.steps import Step, Steps
from backend.assistant.rules import TODAY, Flow, Program, compiled, moment, replay
from tests.backend.assistant.flows import Json, ask, block, choice, ends, flow, large, rich, rule

TODAY_IN_TESTS = date(2026, 9, 1)


def program(document: Json) -> Program:
    return compiled(msgspec.convert(document, Flow))


class Small:
    """A flow of a few questions whose conditions are drawn at random: many can never hold, and that must be told."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        kinds = ["choice", "yesno", "integer", "multi", "date", "country"]
        self.kinds = {f"v{number}": self.random.choice(kinds) for number in range(self.random.randint(3, 5))}

    def made(self) -> Json:
        names = list(self.kinds)
        questions = [self.question(name, names[: place + 1], names[place + 1 :]) for place, name in enumerate(names)]
        outcomes = [ends(f"u{number}") for number in range(3)]
        outcomes[0]["blocks"] = [block(f"deel{number}", self.condition(names)) for number in range(3)]
        facts = [{"id": "feit", "expr": self.condition(names[:1]).replace("feit", 'v0 == "c"')}]
        lists = {"eu": ["be", "fr"], "ver": ["ma", "be"]}
        return flow(questions, outcomes, facts=facts, lists=lists)

    def question(self, name: str, known: list[str], after: list[str]) -> Json:
        kind = self.kinds[name]
        made = ask(name, kind, **{"integer": {"min": 0, "max": 6}}.get(kind, {}))
        if kind == "choice":
            made = choice(name, "a", "b", "c", dont_know=self.random.random() < 0.3)
            if self.random.random() < 0.3:
                made["options"][0]["goto"] = self.target(after)
        if kind == "multi":
            made = {**choice(name, "a", "b", "c"), "type": "multi"}
        if known[:-1] and self.random.random() < 0.4:
            made["ask_if"] = self.condition(known[:-1])
        if self.random.random() < 0.3:
            made["validate"] = [{"must": self.condition(known), "message": "Nee."}]
        if not after or self.random.random() < 0.7:
            made["next"] = [rule(self.target(after), self.condition(known)) for _ in range(self.random.randint(1, 3))]
            if self.random.random() < 0.7:
                made["next"].append(rule(self.target(after)))
        return made

    def target(self, after: list[str]) -> str:
        return self.random.choice([*after[:2], *after[:2], *after, "u0", "u1", "u2"])

    def condition(self, names: list[str], depth: int = 2) -> str:
        if depth and self.random.random() < 0.5:
            left, right = self.condition(names, depth - 1), self.condition(names, depth - 1)
            return self.random.choice(
                [f"({left} && {right})", f"({left} || {right})", f"!({left})", f"({left} ? {right} : {left})"]
            )
        return self.atom(self.random.choice(names), names)

    def atom(self, name: str, names: list[str]) -> str:  # noqa: PLR0911 one per kind
        other = self.random.choice(names)
        match self.kinds[name]:
            case "choice":
                return self.random.choice([f'{name} == "a"', f'{name} != "b"', f'{name} in ["b", "c"]', "feit"])
            case "yesno":
                return f'{name} == "ja"'
            case "integer" if self.kinds[other] == "integer":
                return self.random.choice([f"{name} + {other} > 7", f"{name} < {other}", f"{name} == 3"])
            case "integer":
                return self.random.choice([f"{name} > 2", f"{name} == 3", f"{name} >= 5", f"{name} * 2 < 5"])
            case "multi":
                return self.random.choice(
                    [f'"a" in {name}', f'!("b" in {name})', f"size({name}) > 1", f'{name}.exists(x, x == "c")']
                )
            case "date" if self.kinds[other] == "date" and other != name:
                return f'{name} - {other} > duration("240h")'
            case "date":
                return self.random.choice([f"{name} < today", f'{name} > today + duration("240h")'])
        return self.random.choice([f"{name} in eu", f"{name} in ver", f'{name} == "be"'])


class Everything:
    """What is reached by every candidate answer on every way: slow, and sure."""

    def __init__(self, made: Program) -> None:
        self.analysis = Analysis(made)
        self.candidates, self.steps = Candidates(self.analysis), Steps(self.analysis)
        self.routes: set[tuple[str, str, int]] = set()
        self.options: set[tuple[str, str]] = set()
        self.blocks: set[tuple[str, int]] = set()
        self.stuck: set[str] = set()
        self.ways = 0
        start: Json = {**made.lists, TODAY: moment(TODAY_IN_TESTS)}
        self.follow(self.analysis.outline.first, start, {})

    def follow(self, name: str, data: Json, answers: Json) -> None:
        self.ways += 1
        if name not in self.analysis.asked:
            at = replay(self.analysis.program, answers, TODAY_IN_TESTS)
            assert at.outcome is not None
            assert at.outcome.id == name
            shown = {one.id for one in at.blocks}
            self.blocks |= {(name, place) for place, one in enumerate(at.outcome.blocks) if one.id in shown}
            return
        for step in self.taken(name, data):
            given = {**answers, name: step.candidate.raw} if step.candidate else answers
            if step.candidate and step.way != "refused":
                raw = step.candidate.raw
                several = self.analysis.program.questions[name].type in {"choice", "multi", "yesno"}
                values = raw if isinstance(raw, list) else [raw]
                self.options |= {(name, one if several or one == "weet_niet" else "") for one in values}
            if step.way == "stuck":
                self.stuck.add(name)
            if step.target:
                self.routes.add((name, step.way, step.number))
                self.follow(step.target, step.data, given)

    def taken(self, name: str, data: Json) -> Iterator[Step]:
        if not self.steps.asks(name, data):
            yield self.steps.passed(name, data, None)
            return
        good, _ = self.candidates.of(self.analysis.program.questions[name], data)
        for candidate in good:
            yield self.steps.answered(name, candidate, data, None)


def same(made: Program) -> None:
    every, found = Everything(made), explored(made, TODAY_IN_TESTS, walks=0)
    reached = found.reached
    assert {route for route in reached.routes if route[1] != "next"} == {
        one for one in every.routes if one[1] != "next"
    }
    assert reached.options == every.options
    assert reached.shown == every.blocks
    assert set(reached.stuck) == every.stuck
    assert found.complete


@pytest.mark.parametrize("seed", range(120))
def test_merging_situations_loses_and_adds_nothing(seed: int) -> None:
    same(program(Small(seed).made()))


@pytest.mark.parametrize("seed", range(120))
def test_walks_to_goals_find_the_same_and_prove_the_rest(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the merging walk, every single thing is looked for alone, and what is not found is proved not to be."""
    monkeypatch.setattr(coverage_rules, "STEPS", 0)
    same(program(Small(seed).made()))


def test_a_flow_of_the_largest_size_is_covered() -> None:
    """80 questions, 120 outcomes, 150 blocks, and rules at the end that look back at everything before."""
    document = large(1)
    assert (len(document["questions"]), len(document["outcomes"])) == (80, 120)
    report = check(document, today=TODAY_IN_TESTS)
    assert not report.findings
    assert report.coverage is not None
    assert not report.coverage.missed
    assert report.proved


def test_what_is_left_of_the_budget_is_told_as_not_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk that may not look at everything claims nothing: no fault, no full coverage either."""
    monkeypatch.setattr(coverage_rules, "STEPS", 0)
    monkeypatch.setattr(coverage_rules, "STEPS_TO_GOALS", 0)
    found = explored(program(large(7, questions=20, outcomes=30, blocks=20)), TODAY_IN_TESTS, walks=0)
    assert not found.complete
    assert not coverage_rules.coverage_of(found).full


PRINTED = """
import sys, json
sys.path.insert(0, {root!r})
from datetime import date
from backend.assistant.proof.rules import check
import msgspec
from tests.backend.assistant.flows import rich, large
small = check(rich(), today=date(2026, 9, 1))
big = check(large(7, questions=30, outcomes=40, blocks=30), today=date(2026, 9, 1))
print(msgspec.json.encode([small, big]).decode())
"""


def test_the_same_flow_gives_the_same_report_in_every_process() -> None:
    """Also where the order of sets differs."""
    root = str(Path(__file__).parents[3])
    reports = [
        subprocess.run(
            [sys.executable, "-c", PRINTED.format(root=root)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=root,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert reports[0] == reports[1]
    assert '"full":true' in reports[0]


def test_an_answer_of_a_class_can_be_given() -> None:
    """Every candidate is an answer that the question reads; the limits of a question are refused just outside."""
    made = program(rich())
    candidates = Candidates(Analysis(made))
    data: dict[str, Any] = {**made.lists, TODAY: moment(TODAY_IN_TESTS)}
    for name, question in made.questions.items():
        good, refused = candidates.of(question, data)
        assert good, name
        if question.options:
            given = {one for each in good for one in (each.raw if isinstance(each.raw, list) else [each.raw])}
            assert given == set(classes(question))
        if name == "personen":
            assert {1, 500, 200, 201} <= {one.raw for one in good}
            assert {0, 501} <= set(refused)
        assert len({*map(tuple, routes_of(question))}) == len(routes_of(question))
