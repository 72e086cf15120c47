"""Faults that the structure shows: names, ways, circles, limits, links."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import networkx as nx

from backend.assistant.proof.rules.findings import FlowFinding, pointer
from backend.assistant.proof.rules.outline import Outline, called, circle, upper
from backend.assistant.rules import TODAY, Condition, Flow, Outcome, Question

RESERVED = frozenset(
    f"""
    as break const continue else false for function if import in let loop null package namespace return true var void
    while bool bytes double duration dyn int list map null_type size string timestamp type uint has all exists
    exists_one filter {TODAY}
    """.split()
)
"""Names that conditions use themselves (cel-spec, `IDENT` and the standard types and macros)."""
_NUMBERS = {"integer", "number", "money"}


def faults_of_structure(outline: Outline) -> Iterator[FlowFinding]:
    """Everything that needs no condition to be read."""
    flow = outline.flow
    yield from _names(flow)
    yield from _targets(outline)
    yield from _unreachable(outline)
    yield from _ends(outline)
    yield from _circles(outline)
    for place, question in enumerate(flow.questions):
        yield from _question(question, place)
    for place, outcome in enumerate(flow.outcomes):
        yield from _outcome(outcome, place)
    if flow.valid_from and flow.valid_until and flow.valid_from > flow.valid_until:
        yield FlowFinding(
            code="period",
            message="De wegwijzer stopt voor hij begint: zet “geldig tot” (valid_until) na “geldig vanaf”.",
            path="/valid_until",
        )


def can_be_taken(outline: Outline) -> bool:
    """Whether a flow can be walked at all: every name is one thing, every way leads somewhere, none goes round."""
    flow = outline.flow
    nodes = [*(one.id for one in flow.questions), *(one.id for one in flow.outcomes)]
    shared = [*(one.id for one in flow.questions), *(one.id for one in flow.facts), *flow.lists]
    ways = all(way.target in outline.graph for way in outline.all_ways())
    return ways and not (_twice(nodes) or _twice(shared) or RESERVED.intersection(shared) or outline.circles())


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _names(flow: Flow) -> Iterator[FlowFinding]:
    nodes: list[Question | Outcome] = [*flow.questions, *flow.outcomes]
    for name in _twice(one.id for one in nodes):
        kinds = [one for one in nodes if one.id == name]
        said = f"{' en '.join(called(one) for one in kinds)} hebben dezelfde naam. Geef elk een eigen naam (id)."
        yield FlowFinding(code="duplicateId", message=upper(said), **_ids(kinds[0]))
    shared = [*{one.id for one in flow.questions}, *(one.id for one in flow.facts), *flow.lists]
    for name in _twice(shared):
        said = f"“{name}” is de naam van meer dan één vraag, gegeven of lijst. Geef elk een eigen naam."
        yield FlowFinding(code="duplicateId", message=said)
    for name in sorted(RESERVED.intersection(shared)):
        said = f"“{name}” kan geen naam van een vraag, gegeven of lijst zijn: voorwaarden gebruiken dat woord zelf."
        yield FlowFinding(code="duplicateId", message=said)
    for name in _twice(one.name for one in flow.tests):
        said = f"Twee tests heten “{name}”. Geef elk een eigen naam."
        yield FlowFinding(code="duplicateId", message=said, test=name)


def _ids(part: Question | Outcome) -> dict[str, Any]:
    return {"question" if isinstance(part, Question) else "outcome": part.id}


def _targets(outline: Outline) -> Iterator[FlowFinding]:
    for way in outline.all_ways():
        if way.target in outline.graph:
            continue
        word = "antwoord" if way.kind == "option" else "regel"
        yield FlowFinding(
            code="unknownTarget",
            message=f"{upper(outline.called(way.question))}: {word} {way.number} gaat naar “{way.target}”, en dat "
            "bestaat niet. Kies een vraag of uitkomst van deze wegwijzer.",
            question=way.question,
            rule=way.number,
            path=pointer(
                "questions",
                [*outline.questions].index(way.question),
                "options" if way.kind == "option" else "next",
                way.number - 1,
                "goto",
            ),
        )


def _unreachable(outline: Outline) -> Iterator[FlowFinding]:
    """Where the unreachable parts start; what only follows on those is counted, not told apart."""
    lost = outline.graph.subgraph(set(outline.graph) - outline.reachable)
    starts = {min(part): part for part in nx.strongly_connected_components(lost) if not _before(lost, part)}
    every: dict[str, list[Question | Outcome]] = {
        "questions": [*outline.flow.questions],
        "outcomes": [*outline.flow.outcomes],
    }
    for kind, parts in every.items():
        for place, part in enumerate(parts):
            if part.id in starts:
                after = len(set(nx.descendants(lost, part.id)) - outline.reachable)
                more = f" Daardoor worden ook {after} andere vragen en uitkomsten niet bereikt." if after else ""
                said = (
                    f"{upper(called(part))}: geen enkele weg komt hier. Laat een regel hierheen gaan, of haal ze weg."
                )
                path = pointer(kind, place)
                yield FlowFinding(code="unreachable", message=f"{said}{more}", path=path, **_ids(part))


def _before(graph: "nx.DiGraph[str]", part: set[str]) -> bool:
    """Whether something outside a part leads into it."""
    return any(one not in part for node in part for one in graph.predecessors(node))


def _ends(outline: Outline) -> Iterator[FlowFinding]:
    for name in outline.ends:
        yield FlowFinding(
            code="deadEnd",
            message=f"{upper(outline.called(name))} is de laatste van de lijst en zegt niet waar het verder gaat. "
            "Voeg een regel toe die naar een uitkomst gaat.",
            question=name,
            path=pointer("questions", [*outline.questions].index(name)),
        )


def _circles(outline: Outline) -> Iterator[FlowFinding]:
    for names in outline.circles():
        round_trip = " → ".join(outline.called(name) for name in [*names, names[0]])
        yield FlowFinding(
            code="cycle",
            message=f"Deze vragen gaan in een kring: {round_trip}. Laat er één verder gaan naar een latere vraag.",
            question=names[0],
        )


def circles_of_facts(facts: dict[str, Condition]) -> Iterator[FlowFinding]:
    """Facts that need themselves."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from((name, other) for name, fact in facts.items() for other in fact.names & facts.keys())
    for part in nx.strongly_connected_components(graph):
        if names := circle(graph, part):
            round_trip = " → ".join(f"“{name}”" for name in [*names, names[0]])
            said = f"Deze gegevens hebben elkaar nodig, in een kring: {round_trip}. Schrijf er één anders."
            yield FlowFinding(code="cycle", message=said, fact=names[0])


def _question(question: Question, place: int) -> Iterator[FlowFinding]:
    name, path = upper(called(question)), pointer("questions", place)
    for value in _twice(option.value for option in question.options or ()):
        said = f"{name}: het antwoord “{value}” staat er twee keer. Geef elk antwoord een eigen waarde."
        yield FlowFinding(code="duplicateId", message=said, question=question.id, path=f"{path}/options")
    default = next((number for number, rule in enumerate(question.next or (), 1) if rule.when is None), None)
    if default is not None and question.next and default < len(question.next):
        said = (
            f"{name}: na regel {default}, die altijd geldt, komt nog een regel. Die wordt nooit gebruikt. "
            "Zet de regel zonder voorwaarde als laatste."
        )
        path_of_rule = f"{path}/next/{default}"
        yield FlowFinding(
            code="ruleAfterDefault", message=said, question=question.id, rule=default + 1, path=path_of_rule
        )
    if said := _of_limits(question):
        yield FlowFinding(code="limits", message=f"{name}: {said}", question=question.id, path=path)


def _of_limits(question: Question) -> str:
    """What is wrong with the smallest and largest answer."""
    low, high = question.min, question.max
    if low is None and high is None:
        return ""
    if question.type not in _NUMBERS:
        return "alleen een getal of bedrag heeft een kleinste of grootste waarde. Haal min en max weg."
    if low is None or high is None:
        return ""
    if low > high:
        return f"het minimum ({low:g}) is groter dan het maximum ({high:g}). Wissel ze om."
    if question.type == "integer" and math.ceil(low) > math.floor(high):
        return f"er ligt geen geheel getal tussen {low:g} en {high:g}. Kies andere grenzen."
    return ""


def _outcome(outcome: Outcome, place: int) -> Iterator[FlowFinding]:
    name, path = upper(called(outcome)), pointer("outcomes", place)
    for block in _twice(block.id for block in outcome.blocks):
        said = f"{name}: twee delen heten “{block}”. Geef elk deel een eigen naam."
        yield FlowFinding(code="duplicateId", message=said, outcome=outcome.id, block=block, path=f"{path}/blocks")
    always = [link for block in outcome.blocks if block.when is None for link in block.links]
    if not (outcome.links or always or outcome.handover):
        said = (
            f"{name} heeft geen link. Voeg een product, formulier, adres of andere wegwijzer toe, "
            "of laat mensen hun vraag aan de stad stellen (handover)."
        )
        yield FlowFinding(code="noLink", message=said, outcome=outcome.id, path=path)
