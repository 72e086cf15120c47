"""The whole proof of one document."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from backend.assistant.proof.rules.conditions import faults_of_order, read_conditions
from backend.assistant.proof.rules.coverage import coverage_of, explored
from backend.assistant.proof.rules.document import faults_of_form, parse, readable
from backend.assistant.proof.rules.examples import faults_of_results, tested
from backend.assistant.proof.rules.findings import Coverage, FlowFinding, Report, Surroundings, TestResult
from backend.assistant.proof.rules.outline import Outline
from backend.assistant.proof.rules.sites import Written
from backend.assistant.proof.rules.structure import can_be_taken, faults_of_structure
from backend.assistant.proof.rules.surroundings import faults_outside
from backend.assistant.proof.rules.values import faults_of_tests, faults_of_values
from backend.assistant.proof.rules.walked import Walked
from backend.assistant.rules import DUTCH, Flow, Program, Text, compiled, reference_day


def check(
    content: bytes | str | Mapping[str, Any] | Flow, *, today: date, surroundings: Surroundings | None = None
) -> Report:
    """Prove a document; every fault at once.

    Args:
        content: JSON, what JSON reads to, or a flow.
        today: of the walks and tests of a flow that names no day itself.
        surroundings: what is outside the flow; None: that is not looked at.
    """
    if isinstance(content, Flow):
        content = msgspec.json.encode(content)
    document, faults = parse(content) if isinstance(content, bytes | str) else (content, [])
    if faults:
        return Report(findings=faults, remarks=[], tests=[])
    faults = faults_of_form(document)
    flow = _read(document if not faults else readable(document))
    if flow is None:
        return Report(findings=faults, remarks=[], tests=[])
    return _proved(flow, faults, today, surroundings)


def _read(document: Any) -> Flow | None:
    """The flow; None when the document has faults of form with which it cannot be one."""
    try:
        return msgspec.convert(document, Flow)
    except msgspec.ValidationError:
        return None


def _proved(flow: Flow, faults: list[FlowFinding], today: date, surroundings: Surroundings | None) -> Report:
    outline = Outline(flow)
    structure = list(faults_of_structure(outline))
    written, unreadable = read_conditions(flow)
    order = list(faults_of_order(outline, written))
    values = list(faults_of_values(outline, written)) if written else []
    tests = list(faults_of_tests(outline))
    outside = list(faults_outside(flow, surroundings)) if surroundings else []
    found = [*faults, *structure, *unreadable, *order, *values, *tests, *outside]
    remarks = list(_remarks(flow, written))
    results, coverage = list[TestResult](), None
    if not unreadable and can_be_taken(outline) and not any(one.code == "cycle" for one in order):
        told = frozenset(_told(written, [*order, *values]))
        walked, results, coverage, more = _taken(compiled(flow), today, told, frozenset(_tests(tests)))
        found += walked
        remarks += more
    return Report(findings=_once(found), remarks=list(dict.fromkeys(remarks)), tests=results, coverage=coverage)


def _taken(
    program: Program, today: date, told: frozenset[str], at_fault: frozenset[str]
) -> tuple[list[FlowFinding], list[TestResult], Coverage, list[str]]:
    """What shows when the flow is walked and its tests are run."""
    exploration = explored(program, reference_day(program.flow, today))
    walked = Walked(exploration, told)
    found = list(walked.faults())
    results = tested(program, today)
    found += faults_of_results(exploration.analysis.outline, results, at_fault)
    remarks = list(walked.remarks)
    if not exploration.complete:
        remarks.append("De wegwijzer is te groot om elke situatie te bekijken; wat niet gevonden is, kan er toch zijn.")
    return found, [result for result, _ in results], coverage_of(exploration), remarks


def _told(written: list[Written], faults: Iterable[FlowFinding]) -> Iterable[str]:
    """Paths of conditions with a fault of their own, or that use a fact with one."""
    paths = {fault.path for fault in faults}
    facts = {one.site.node or one.site.ids["fact"] for one in written if one.site.fact and one.site.path in paths}
    for one in written:  # facts come first, each after those that it uses
        if one.condition.names & facts or one.site.path in paths:
            yield one.site.path
            if one.site.fact:
                facts.add(one.site.fact.id)


def _tests(faults: Iterable[FlowFinding]) -> Iterable[str]:
    return (fault.test for fault in faults if fault.test)


def _once(found: list[FlowFinding]) -> list[FlowFinding]:
    return list({(one.code, one.path, one.message): one for one in found}.values())


def _remarks(flow: Flow, written: list[Written]) -> Iterable[str]:
    """What is no fault: no day of review, lists and facts that nothing uses, texts of which a language is missing."""
    if flow.review_by is None:
        yield "Er is geen dag waarop iemand de wegwijzer nakijkt (review_by). Dan herinneren wij er niemand aan."
    used = set[str]().union(*(one.condition.names for one in written))
    if written:
        for name in flow.lists:
            if name not in used:
                yield f"De lijst “{name}” wordt nergens gebruikt."
        for fact in flow.facts:
            if fact.id not in used:
                yield f"Het gegeven “{fact.id}” wordt nergens gebruikt."
    yield from _languages(flow)


def _languages(flow: Flow) -> Iterable[str]:
    texts = list(_texts(msgspec.to_builtins(flow)))
    languages = sorted(set[str]().union(*(set(text) for text in texts if isinstance(text, dict))) - {DUTCH})
    for language in languages:
        missing = sum(isinstance(text, str) or language not in text for text in texts)
        if missing:
            yield f"Van {len(texts)} teksten zijn er {missing} niet vertaald in “{language}”: daar staat Nederlands."


_TEXTS = {"title", "intro", "explain", "hint", "label", "text", "message", "why"}


def _texts(part: Any) -> Iterable[Text]:
    """Every text that people can read, wherever it stands."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name in _TEXTS and (isinstance(value, str) or DUTCH in value):
                yield value
            elif name != "tests":
                yield from _texts(value)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _texts(one)
