"""The ways through a flow as a graph, and how its parts are called for people."""

from collections.abc import Iterator

import msgspec
import networkx as nx

from backend.assistant.rules import DUTCH, Flow, Outcome, Question, say


class Way(msgspec.Struct, frozen=True):
    """One way on: a rule, an option with a `goto`, or the next question of the list.

    Attributes:
        kind: `rule`, `option` or `next`.
        number: of the rule or option, from 1.
    """

    question: str
    kind: str
    number: int
    target: str


class Outline:
    """The graph of a flow.

    Attributes:
        ways: per question, those to what does not exist too.
        ends: questions after which a flow falls off the end of the list.
        graph: of questions and outcomes that exist.
    """

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.questions = {one.id: one for one in flow.questions}
        self.outcomes = {one.id: one for one in flow.outcomes}
        self.ways: dict[str, list[Way]] = {}
        self.ends: list[str] = []
        for place, question in enumerate(flow.questions):
            after = flow.questions[place + 1].id if place + 1 < len(flow.questions) else None
            self.ways[question.id] = list(_ways(question, after))
            if after is None and _goes_on(question):
                self.ends.append(question.id)
        self.graph: nx.DiGraph[str] = nx.DiGraph()
        self.graph.add_nodes_from([*self.questions, *self.outcomes])
        known = self.questions.keys() | self.outcomes.keys()
        self.graph.add_edges_from((way.question, way.target) for way in self.all_ways() if way.target in known)
        self.first = flow.questions[0].id
        self.reachable = {self.first, *nx.descendants(self.graph, self.first)}

    def all_ways(self) -> Iterator[Way]:
        """Every way of every question."""
        for ways in self.ways.values():
            yield from ways

    def before(self, node: str) -> set[str]:
        """The questions that can have been answered when one comes to a question or outcome."""
        return set(nx.ancestors(self.graph, node)) if node in self.graph else set()

    def circles(self) -> list[list[str]]:
        """Questions that lead back to themselves, one way round per knot."""
        return [one for part in nx.strongly_connected_components(self.graph) if (one := circle(self.graph, part))]

    def called(self, node: str) -> str:
        """A question or outcome as it stands in a sentence."""
        if node in self.questions:
            return called(self.questions[node])
        return called(self.outcomes[node]) if node in self.outcomes else f"“{node}”"


def _ways(question: Question, after: str | None) -> Iterator[Way]:
    for number, option in enumerate(question.options or (), 1):
        if option.goto:
            yield Way(question.id, "option", number, option.goto)
    for number, rule in enumerate(question.next or (), 1):
        yield Way(question.id, "rule", number, rule.goto)
    if after is not None and _goes_on(question):
        yield Way(question.id, "next", 1, after)


def _goes_on(question: Question) -> bool:
    """Whether an answer can lead to the next question of the list."""
    every = bool(question.options) and all(option.goto for option in question.options or ())
    alone = question.type != "multi" or all(option.exclusive for option in question.options or ())
    return not question.next and not (every and alone and not question.dont_know and not question.ask_if)


def circle(graph: "nx.DiGraph[str]", part: set[str]) -> list[str]:
    """The nodes of a circle within a strongly connected part; none when it has no circle."""
    inside = graph.subgraph(part)
    if len(part) == 1 and not inside.number_of_edges():
        return []
    return [start for start, *_ in nx.find_cycle(inside, min(part))]


def called(part: Question | Outcome) -> str:
    """A question or outcome by its title, and by its id where titles may be alike."""
    kind = "vraag" if isinstance(part, Question) else "uitkomst"
    return f"{kind} “{say(part.title, DUTCH)}” ({part.id})"


def upper(sentence: str) -> str:
    """With a capital."""
    return sentence[:1].upper() + sentence[1:]
