"""Values in conditions and tests that no answer can have."""

from collections.abc import Iterator, Mapping

import msgspec

from backend.assistant.proof.rules.findings import FlowFinding
from backend.assistant.proof.rules.outline import Outline
from backend.assistant.proof.rules.sites import Written
from backend.assistant.rules import (
    CHOICE,
    COMPARISONS,
    DONT_KNOW,
    DUTCH,
    NO,
    YES,
    Call,
    Const,
    Exists,
    Flow,
    Items,
    Language,
    Name,
    Node,
    Question,
    Refused,
    evaluate,
    read,
    source,
    walk,
)

_LISTED = 8
"""Values that a message names; more are not helpful."""
WORDS = {"choice", "multi", "yesno", "country", "postcode"}
"""Types of which a condition can name an answer."""


class Side(msgspec.Struct, frozen=True):
    """What a part of a condition can be.

    Attributes:
        asked: the questions whose answer it is.
        given: constants, each with the list that holds it (empty: in the condition itself).
    """

    asked: frozenset[str] = frozenset()
    given: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "Side") -> "Side":
        return Side(self.asked | other.asked, self.given | other.given)


Scope = Mapping[str, Side]


def possible(question: Question, value: str) -> bool:
    """Whether conditions can find this value as (one of) the answer of a question."""
    several = question.type == "multi"
    try:
        return bool(read(question, [value] if several else value) == ([value] if several else value))
    except Refused:
        return False


def faults_of_values(outline: Outline, written: list[Written]) -> Iterator[FlowFinding]:
    """Comparisons with what is no answer, and durations or moments that are none."""
    flow = outline.flow
    scope = _scope(flow, written)
    language = Language(flow)
    pairs = [(one, list(_compared(one.condition.node, scope))) for one in written]
    fitting = {
        (value, listed)
        for _, sides in pairs
        for left, right in sides
        for value, listed in right.given
        if any(possible(outline.questions[name], value) for name in left.asked)
    }
    for one, sides in pairs:
        for left, right in sides:
            yield from _strange(outline, one, left, right, fitting)
        yield from _moments(one, language)


def _scope(flow: Flow, written: list[Written]) -> dict[str, Side]:
    scope = {one.id: Side(asked=frozenset([one.id])) for one in flow.questions if one.type in WORDS}
    scope |= {name: Side(given=frozenset((value, name) for value in values)) for name, values in flow.lists.items()}
    for one in written:
        if one.site.fact and one.site.fact.type == "string":
            scope[one.site.fact.id] = Side(asked=side(one.condition.node, scope).asked)
    return scope


def side(node: Node, scope: Scope) -> Side:
    """What a part of a condition can be: answers, constants."""
    match node:
        case Const(value):
            return Side(given=frozenset([(value, "")])) if isinstance(value, str) else Side()
        case Name(name):
            return scope.get(name, Side())
        case Items(items):
            return _all(items, scope)
        case Call(function, args) if function == CHOICE:
            return _all(args[1:], scope)
    return Side()


def _all(nodes: tuple[Node, ...], scope: Scope) -> Side:
    found = Side()
    for node in nodes:
        found |= side(node, scope)
    return found


def _compared(node: Node, scope: Scope) -> Iterator[tuple[Side, Side]]:
    """Answers, and what they are compared with."""
    match node:
        case Exists(among, name, holds):
            yield from _compared(among, scope)
            yield from _compared(holds, {**scope, name: side(among, scope)})
            return
        case Call(function, (left, right)) if function in COMPARISONS | {"@in"}:
            sides = side(left, scope), side(right, scope)
            for one, other in (sides, sides[::-1]):
                if one.asked and other.given:
                    yield one, other
        case Call("size", _):
            return
    for below in node.items if isinstance(node, Items) else node.args if isinstance(node, Call) else ():
        yield from _compared(below, scope)


def _strange(
    outline: Outline, one: Written, left: Side, right: Side, fitting: set[tuple[str, str]]
) -> Iterator[FlowFinding]:
    """Constants that no question at the other side can have; of a list, those that fit nowhere it is used."""
    asked = [outline.questions[name] for name in sorted(left.asked)]
    wrong = [value for value in sorted(right.given) if not any(possible(question, value[0]) for question in asked)]
    every = {listed for value, listed in right.given if (value, listed) not in wrong}
    for value, listed in wrong:
        if listed and listed in every and (value, listed) in fitting:
            continue
        where = f" (lijst “{listed}”)" if listed else ""
        said = f"“{value}”{where} is geen mogelijk antwoord op {outline.called(asked[0].id)}. {_choose(asked[0])}"
        yield one.site.finding("unknownValue", said)


def _choose(question: Question) -> str:
    match question.type:
        case "country":
            return "Gebruik de code van een land, bijvoorbeeld be."
        case "postcode":
            return "Een postcode heeft vier cijfers."
    values = [option.value for option in question.options] if question.options else [YES, NO]
    values += [DONT_KNOW] if question.dont_know else []
    more = ", ..." if len(values) > _LISTED else ""
    return f"Kies uit: {', '.join(values[:_LISTED])}{more}."


def _moments(one: Written, language: Language) -> Iterator[FlowFinding]:
    for node in walk(one.condition.node):
        match node:
            case Call("duration" | "timestamp" as kind, (Const(value),)):
                if evaluate(language.value(source(node)), {}) is None:
                    said = f"“{value}” is geen tijdsduur. Schrijf ze in uren: 14 dagen is 336h."
                    if kind == "timestamp":
                        said = f"“{value}” is geen moment. Schrijf het als 2027-01-01T00:00:00Z."
                    yield one.site.finding("unknownValue", said)


def faults_of_tests(outline: Outline) -> Iterator[FlowFinding]:
    """Names and answers in tests that do not exist."""
    for place, test in enumerate(outline.flow.tests):
        for said, path in _of_test(outline, place):
            message = f"Test “{test.name}”: {said}"
            yield FlowFinding(code="unknownValue", message=message, test=test.name, path=f"/tests/{place}{path}")


def _of_test(outline: Outline, place: int) -> Iterator[tuple[str, str]]:
    test = outline.flow.tests[place]
    if test.outcome not in outline.graph:
        yield f"“{test.outcome}” is geen uitkomst of vraag van deze wegwijzer.", "/outcome"
    blocks = {block.id for one in outline.flow.outcomes if one.id == test.outcome for block in one.blocks}
    if test.outcome in outline.outcomes:
        for block in test.blocks or ():
            if block not in blocks:
                yield f"{outline.called(test.outcome)} heeft geen deel “{block}”.", "/blocks"
    for name, raw in test.answers.items():
        if name not in outline.questions:
            yield f"er is geen vraag “{name}”.", f"/answers/{name}"
        elif test.outcome != name and (said := _unreadable(outline.questions[name], raw)):
            yield f"{outline.called(name)} kan dit antwoord niet krijgen. {said}", f"/answers/{name}"


def _unreadable(question: Question, raw: object) -> str:
    """Why a test's answer cannot be, for questions of which the answers are known beforehand."""
    if question.type not in WORDS:
        return ""
    try:
        read(question, raw, DUTCH)
    except Refused:
        return _choose(question)
    return ""
