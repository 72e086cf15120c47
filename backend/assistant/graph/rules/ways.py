"""The ways of a flow: from each question to where its answers lead, in an order in which causes come first."""

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Literal

import msgspec
import networkx as nx

from backend.assistant.graph.rules.conditions import Conditions
from backend.assistant.graph.rules.shape import OutlineTarget
from backend.assistant.rules import Flow, Option, Question, say

ELSE, SKIPPED = "anders", "niet gevraagd"

WayKind = Literal["answer", "rule", "default", "next"]


class Way(msgspec.Struct, frozen=True):
    """One way out of a question.

    Attributes:
        kind: by the answer itself, by a rule, by the rule that always holds, or on to the next of the list.
        words: when; empty when always.
        to: id of a question or an outcome, or of nothing.
        short: words for on an arrow, shorter where the question itself is asked about.
    """

    kind: WayKind
    words: str
    to: str
    short: str
    fault: str | None = None


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A flow as ways between questions, which are known by their place in the list (drafts may name two the same).

    Attributes:
        order: places of the questions; no question before one that leads to it, as far as there are no circles.
        numbers: of each question in that order, from 1 on, by place.
        places: of each question by id; of two with the same id the one that counts, the last.
        outcomes: number of each outcome by id, from 1 on.
        ways: by place.
        asked: when each is asked, by place.
        faults: of each question, by place.
    """

    flow: Flow
    language: str
    conditions: Conditions
    order: list[int]
    numbers: dict[int, int]
    places: dict[str, int]
    outcomes: dict[str, int]
    ways: list[list[Way]]
    asked: list[str | None]
    faults: list[list[str]]

    def title(self, place: int) -> str:
        """The title of a question."""
        return say(self.flow.questions[place].title, self.language)

    def target(self, name: str) -> OutlineTarget:
        """What an id stands for: as in the engine, an outcome goes before a question."""
        if name in self.outcomes:
            number = self.outcomes[name]
            return OutlineTarget(
                id=name, kind="outcome", number=number, title=say(self.flow.outcomes[number - 1].title, self.language)
            )
        if name in self.places:
            return self.question(self.places[name])
        return OutlineTarget(id=name, kind="unknown")

    def question(self, place: int) -> OutlineTarget:
        """A question as a target."""
        question = self.flow.questions[place]
        return OutlineTarget(id=question.id, kind="question", number=self.numbers[place], title=self.title(place))


def chart(flow: Flow, language: str) -> Chart:
    """The ways of a flow; a draft with faults has them marked."""
    conditions = Conditions(flow, language)
    outcomes = {outcome.id: number for number, outcome in enumerate(flow.outcomes, 1)}
    places = {question.id: place for place, question in enumerate(flow.questions)}
    ends = {**dict.fromkeys(places), **dict.fromkeys(outcomes)}
    ways = [list(_ways(flow, conditions, place, language, ends)) for place in range(len(flow.questions))]
    onward = [{places[way.to] for way in found if way.to in places and way.to not in outcomes} for found in ways]
    order = _order(onward)
    asked = [conditions.say(question.ask_if) if question.ask_if else None for question in flow.questions]
    faults = _faults(flow, ways, onward)
    for place, when in enumerate(asked):
        if when and when.fault:
            faults[place].append(when.fault)
    return Chart(
        flow=flow,
        language=language,
        conditions=conditions,
        order=order,
        numbers={place: number for number, place in enumerate(order, 1)},
        places=places,
        outcomes=outcomes,
        ways=ways,
        asked=[when.words if when else None for when in asked],
        faults=faults,
    )


def complete(question: Question) -> bool:
    """Whether every answer goes its own way, so that rules only count when the question is passed over."""
    options = question.options or ()
    return (
        question.type == "choice"
        and bool(options)
        and not question.dont_know
        and all(one.goto for one in options or ())
    )


def _ways(flow: Flow, conditions: Conditions, place: int, language: str, ends: dict[str, None]) -> Iterator[Way]:
    question = flow.questions[place]
    own = [one for one in question.options or () if one.goto]
    for option in own:
        yield _by_answer(option, language, ends)
    always = False
    for rule in question.next or ():
        late = "Deze regel komt na de regel die altijd geldt." if always else None
        unknown = _unknown(rule.goto, ends)
        if rule.when is None:
            words = SKIPPED if complete(question) else ELSE if own or len(question.next or ()) > 1 else ""
            yield Way("default", words, rule.goto, words, unknown or late)
            always = True
        else:
            found = conditions.say(rule.when)
            short = conditions.answers(rule.when, question.id) or found.words
            yield Way("rule", found.words, rule.goto, short, found.fault or unknown or late)
    following = flow.questions[place + 1].id if place + 1 < len(flow.questions) else None
    if not question.next and following and (question.ask_if or not complete(question)):
        words = SKIPPED if complete(question) else ELSE if own else ""
        yield Way("next", words, following, words)


def _by_answer(option: Option, language: str, ends: dict[str, None]) -> Way:
    label, goto = say(option.label, language), option.goto or ""
    return Way("answer", label, goto, label, _unknown(goto, ends))


def _unknown(goto: str, ends: dict[str, None]) -> str | None:
    return None if goto in ends else f"Er is geen vraag en geen uitkomst met de naam “{goto}”."


def _order(onward: list[set[int]]) -> list[int]:
    """Causes first, else as in the list; a circle is entered where the flow enters it."""
    straight = _without_circles(onward)
    waiting = Counter(after for found in straight for after in found)
    ready = [place for place in range(len(straight)) if not waiting[place]]
    order = list[int]()
    while ready:
        place = heappop(ready)
        order.append(place)
        for after in straight[place]:
            waiting[after] -= 1
            if not waiting[after]:
                heappush(ready, after)
    return order


def _without_circles(onward: list[set[int]]) -> list[set[int]]:
    """The same without the ways that lead back to a question on the way to them."""
    straight, above, done = [set(found) for found in onward], set[int](), set[int]()

    def visit(place: int) -> None:
        above.add(place)
        for after in sorted(onward[place]):
            if after in above:
                straight[place].discard(after)
            elif after not in done:
                visit(after)
        above.discard(place)
        done.add(place)

    for place in range(len(onward)):
        if place not in done:
            visit(place)
    return straight


def _faults(flow: Flow, ways: list[list[Way]], onward: list[set[int]]) -> list[list[str]]:
    drawn: nx.DiGraph[int] = nx.DiGraph([(place, after) for place, found in enumerate(onward) for after in found])
    drawn.add_nodes_from(range(len(onward)))
    reached = {0, *nx.descendants(drawn, 0)}
    circles = {place for part in nx.strongly_connected_components(drawn) if len(part) > 1 for place in part}
    circles |= {place for place, found in enumerate(onward) if place in found}
    ids = Counter(question.id for question in flow.questions)
    found = list[list[str]]()
    for place, question in enumerate(flow.questions):
        told = {
            f"Er zijn {ids[question.id]} vragen met de naam “{question.id}”.": ids[question.id] > 1,
            "Geen enkele weg leidt naar deze vraag.": place not in reached,
            "Deze vraag leidt naar zichzelf terug.": place in circles,
            "Na deze vraag gaat het niet verder.": not ways[place],
        }
        found.append([message for message, so in told.items() if so])
    return found
