"""The list of a flow as plain Dutch text."""

from collections.abc import Iterator

from backend.assistant.graph.rules.shape import (
    Outline,
    OutlineBlock,
    OutlineLink,
    OutlineOutcome,
    OutlineQuestion,
    OutlineTarget,
)
from backend.assistant.rows.rules import short

_NAMES = {"question": "vraag", "outcome": "uitkomst"}


def told(outline: Outline) -> str:
    """The whole list, one line per thing, with what belongs to it underneath."""
    lines = [_line(outline.title), "", "Vragen"]
    for question in outline.questions:
        lines += ["", *_question(question)]
    if outline.facts:
        lines += ["", "Feiten", ""]
        for fact in outline.facts:
            why = f" ({_line(fact.why)})" if fact.why else ""
            lines.append(f"- {short(fact.id)}{why}: {_line(fact.words)}{_fault(fact.fault)}")
    lines += ["", "Uitkomsten"]
    for outcome in outline.outcomes:
        lines += ["", *_outcome(outcome)]
    return "\n".join(lines) + "\n"


def _question(question: OutlineQuestion) -> Iterator[str]:
    yield f"Vraag {question.number}. {_line(question.title)} ({question.kind})"
    for fault in question.faults:
        yield f"  Fout: {_line(fault)}"
    if question.asked_when:
        yield f"  Alleen gevraagd als: {_line(question.asked_when)}"
    for answer in question.answers:
        yield f"  Antwoord: {_line(answer.label)} → {_target(answer.leads) if answer.leads else 'zie de regels'}"
    for rule in question.rules:
        yield f"  Als {_line(rule.words)} → {_target(rule.leads)}{_fault(rule.fault)}"
    if question.otherwise:
        always = not question.rules and not any(answer.leads for answer in question.answers)
        yield f"  {'Daarna' if always else 'Anders'} → {_target(question.otherwise)}"


def _outcome(outcome: OutlineOutcome) -> Iterator[str]:
    yield f"Uitkomst {outcome.number}. {_line(outcome.title)} ({outcome.kind})"
    for fault in outcome.faults:
        yield f"  Fout: {_line(fault)}"
    if outcome.reached_from:
        yield f"  Na {', '.join(f'vraag {one.number}' for one in outcome.reached_from)}"
    for block in outcome.blocks:
        yield from _block(block)
    yield from (f"  {_link(link)}" for link in outcome.links)
    if outcome.handover:
        yield f"  Vraag stellen aan de stad: {_line(outcome.handover)}"


def _block(block: OutlineBlock) -> Iterator[str]:
    kind = f" ({block.kind})" if block.kind else ""
    yield f"  Deel{kind}: {_line(block.text)}"
    if block.shown_when:
        yield f"    Alleen als: {_line(block.shown_when)}{_fault(block.fault)}"
    yield from (f"    {_link(link)}" for link in block.links)


def _link(link: OutlineLink) -> str:
    return f"Link: {_line(link.label)} ({_line(link.to)})"


def _target(target: OutlineTarget) -> str:
    if target.kind == "unknown":
        return f"bestaat niet: {target.id}"
    return f"{_NAMES[target.kind]} {target.number}: {_line(target.title or '')}"


def _fault(fault: str | None) -> str:
    return f" [fout: {_line(fault)}]" if fault else ""


def _line(text: str) -> str:
    return " ".join(text.split())
