"""The named tests of a flow."""

from collections.abc import Iterator
from datetime import date

from backend.assistant.proof.rules.findings import FlowFinding, TestResult
from backend.assistant.proof.rules.outline import Outline
from backend.assistant.rules import DUTCH, NamedTest, Position, Program, day_of_test, replay


def tested(program: Program, today: date) -> list[tuple[TestResult, Position]]:
    """Every named test; one without a day runs on the day of the flow (`day_of_test`)."""
    return [_tested(program, test, today) for test in program.flow.tests]


def _tested(program: Program, test: NamedTest, today: date) -> tuple[TestResult, Position]:
    position = replay(program, test.answers, day_of_test(program.flow, test, today), DUTCH)
    blocks = [block.id for block in position.blocks]
    same = test.blocks is None or sorted(blocks) == sorted(test.blocks)
    result = TestResult(
        name=test.name,
        passed=position.at == test.outcome and same,
        expected=test.outcome,
        reached=position.at,
        expected_blocks=list(test.blocks) if test.blocks is not None else None,
        blocks=blocks if test.blocks is not None or blocks else None,
    )
    return result, position


def faults_of_results(
    outline: Outline, results: list[tuple[TestResult, Position]], told: frozenset[str]
) -> Iterator[FlowFinding]:
    """What each failed test led to instead; not for those of which the answers or names are at fault."""
    for place, (result, position) in enumerate(results):
        if result.passed or result.name in told:
            continue
        yield FlowFinding(
            code="testFails",
            message=f"Test “{result.name}” {_instead(outline, result, position)} Verbeter de regels of de test.",
            test=result.name,
            path=f"/tests/{place}",
        )


def _instead(outline: Outline, result: TestResult, position: Position) -> str:
    if position.at is None:
        return f"loopt vast bij {outline.called(position.stuck or '')}: geen regel geldt."
    if position.at != result.expected:
        refused = f" (antwoord geweigerd: {position.refused})" if position.refused else ""
        return f"leidt naar {outline.called(position.at)}{refused}, niet naar {outline.called(result.expected)}."
    shown, wanted = set(result.blocks or ()), set(result.expected_blocks or ())
    more = [f"toont ook {', '.join(sorted(shown - wanted))}"] if shown - wanted else []
    less = [f"toont {', '.join(sorted(wanted - shown))} niet"] if wanted - shown else []
    return f"{' en '.join(more + less) or 'noemt een deel twee keer'} bij {outline.called(result.expected)}."
