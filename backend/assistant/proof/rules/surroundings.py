"""Faults against what is outside the flow: products, other flows, departments."""

from collections.abc import Iterator

import networkx as nx

from backend.assistant.proof.rules.findings import FlowFinding, Surroundings
from backend.assistant.proof.rules.outline import called, upper
from backend.assistant.rules import Flow, Link, Outcome


def products_of(flow: Flow) -> frozenset[str]:
    """Every product that a flow names, as it names it."""
    return frozenset(flow.products) | {link.product for _, link in flow.links() if link.product}


def flows_of(flow: Flow) -> frozenset[str]:
    """The slugs of the flows to which it links."""
    return frozenset(link.flow for _, link in flow.links() if link.flow)


def faults_outside(flow: Flow, around: Surroundings) -> Iterator[FlowFinding]:
    """Products that are not there or not published, flows that are not there or lead back, unknown departments."""
    for place, outcome in enumerate(flow.outcomes):
        links = [*outcome.links, *(link for block in outcome.blocks for link in block.links)]
        for link in links:
            yield from _link(flow, outcome, link, around, f"/outcomes/{place}")
        if outcome.handover and outcome.handover.team and outcome.handover.team not in around.departments:
            said = (
                f"{upper(called(outcome))}: de dienst “{outcome.handover.team}” bestaat niet of werkt niet meer. "
                "Kies een andere dienst."
            )
            yield FlowFinding(
                code="unknownTeam", message=said, outcome=outcome.id, path=f"/outcomes/{place}/handover/team"
            )
    for number, product in enumerate(flow.products):
        yield from _product("Deze wegwijzer", product, around, path=f"/products/{number}", outcome=None)
    if back := _way_back(flow, around):
        said = f"Deze wegwijzer gaat in een kring langs andere: {' → '.join(back)}. Haal één van die links weg."
        yield FlowFinding(code="flowLoop", message=said)


def _link(flow: Flow, outcome: Outcome, link: Link, around: Surroundings, path: str) -> Iterator[FlowFinding]:
    name = upper(called(outcome))
    if link.product:
        yield from _product(name, link.product, around, path=path, outcome=outcome.id)
    if link.flow and link.flow != flow.flow and link.flow not in around.flows:
        said = f"{name}: de wegwijzer “{link.flow}” is niet gepubliceerd. Publiceer hem eerst, of haal de link weg."
        yield FlowFinding(code="unknownFlow", message=said, outcome=outcome.id, path=path)


def _product(
    where: str, product: str, around: Surroundings, *, path: str, outcome: str | None
) -> Iterator[FlowFinding]:
    if product not in around.products:
        said = f"{where}: het product “{product}” bestaat niet in de catalogus. Kies een ander product."
        yield FlowFinding(code="unknownProduct", message=said, outcome=outcome, path=path)
    elif not around.products[product]:
        said = f"{where}: het product “{product}” is niet (meer) gepubliceerd. Kies een ander product."
        yield FlowFinding(code="productNotPublished", message=said, outcome=outcome, path=path)


def _way_back(flow: Flow, around: Surroundings) -> list[str]:
    """The flows through which links come back to this one; none when they do not."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(
        (slug, other) for slug, others in around.flows.items() if slug != flow.flow for other in others
    )
    graph.add_edges_from((flow.flow, other) for other in flows_of(flow))
    if flow.flow not in graph:
        return []
    for other in sorted(graph.successors(flow.flow)):
        if nx.has_path(graph, other, flow.flow):
            return [flow.flow, *nx.shortest_path(graph, other, flow.flow)]
    return []
