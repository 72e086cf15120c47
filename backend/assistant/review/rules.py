"""What an author sees of a version beyond what citizens see. Pure."""

from datetime import date
from typing import Any

import networkx as nx

from backend.assistant.proof.rules.outline import Outline
from backend.assistant.proof.rules.structure import can_be_taken
from backend.assistant.rules import Known, Position, Program, read, say
from backend.kit.schema import View


class FactView(View):
    """A named condition that could be decided with these answers; `why`: what it means to people."""

    id: str
    value: Any
    why: str | None = None


class NotesView(View):
    """What colleagues see of a question or an outcome, and citizens do not."""

    agent_note: str | None = None
    agent_say: str | None = None
    prefill: str | None = None


def facts_at(program: Program, position: Position, day: date, language: str) -> list[FactView]:
    """The facts that are decided where the answers lead, in the order of the document.

    Args:
        program: the flow.
        position: as `replay` found it.
        day: on which it is taken.
        language: of `why`.
    """
    known = Known(program, day)
    for passed in position.passed:
        known.learn(passed.question.id, read(passed.question, passed.raw, language))
    found = [(fact, known.value(program.facts[fact.id])) for fact in program.flow.facts]
    return [
        FactView(id=fact.id, value=value, why=say(fact.why, language) if fact.why else None)
        for fact, value in found
        if value is not None
    ]


def notes_at(position: Position) -> NotesView | None:
    """What colleagues see at the open question or the outcome; None when that is nothing."""
    if position.question:
        question = position.question
        told = NotesView(agent_note=question.agent_note, agent_say=question.agent_say, prefill=question.prefill)
    else:
        told = NotesView(agent_note=position.outcome.agent_note if position.outcome else None)
    return told if told != NotesView() else None


def comparable(program: Program) -> bool:
    """Whether every way of a flow can be walked; a draft may name things twice, lead nowhere, or go round."""
    uses = ((name, other) for name, fact in program.facts.items() for other in fact.names & program.facts.keys())
    return can_be_taken(Outline(program.flow)) and nx.is_directed_acyclic_graph(nx.DiGraph(uses))
