"""Whatever is sent, the answer is a flow or the list of its faults; and whatever is a flow can be looked at."""

import json
from copy import deepcopy
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.assistant.graph.rules import mermaid, outline
from backend.assistant.proof.rules import FlowFinding, Report, check
from backend.assistant.review.rules import facts_at, notes_at
from backend.assistant.rules import ConditionFault, Flow, compiled, replay
from backend.assistant.versions.rules import Misshapen, changed_parts, conditions, first_draft, shaped, slots, stored
from tests.backend.assistant.authoring import document

DAY = date(2026, 12, 1)
WHOLE = document(
    facts=[{"id": "met_veel", "expr": "gezin > 3"}],
    lists={"scholen": ["a", "b"]},
    intro={"nl": "Kort", "fr": "Bref"},
    products=["ipdc:1"],
)
WHOLE["questions"][0] |= {
    "ask_if": "true",
    "validate": [{"must": "gezin < 15", "message": "Zoveel?"}],
    "options": [{"value": "a", "label": "A", "goto": "klein"}, {"value": "b", "label": "B"}],
    "type": "choice",
}
del WHOLE["questions"][0]["min"], WHOLE["questions"][0]["max"]
WHOLE["outcomes"][0]["blocks"] = [{"id": "meer", "if": "met_veel", "text": "Meer"}]
words = st.sampled_from(["gezin", "klein", "nergens", "in", "today", "true", "a", "", "nl", "ja", "2026-12-01", "é “"])
cel = st.sampled_from(
    ["gezin", "gezin > 3", "met_veel && !met_veel", "gezin in [1]", "((", "scholen.exists(x, x == 'a')"]
)
rows = st.fixed_dictionaries(
    {"match": st.sampled_from(["all", "any", "none"])},
    optional={
        "rows": st.lists(
            st.fixed_dictionaries(
                {
                    "kind": st.sampled_from(["row", "group"]),
                    "question": words,
                    "operator": st.sampled_from(["is", "x"]),
                },
                optional={"value": st.none() | words | st.integers() | st.floats(allow_nan=False)},
            ),
            max_size=3,
        )
    },
)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words | cel | rows,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every part of a document: its holder, and where it stands in that."""
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    return [place for key in list(keys) for place in ((node, key), *places(node[key]))]


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """The document with up to three parts that are something else."""
    found = deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(places(found)))
        if isinstance(holder, dict) and draw(st.booleans()):
            holder.pop(key)
            holder[draw(words | st.just(key))] = draw(anything)
        else:
            holder[key] = draw(anything)
        if not places(found):
            break
    return found


def tried(sent: Any) -> Flow | list[FlowFinding]:
    """The flow, or what is wrong."""
    try:
        return shaped(sent)
    except Misshapen as wrong:
        return wrong.findings


@settings(max_examples=300, deadline=None)
@given(documents())
def test_every_document_is_a_flow_or_told_what_is_wrong(sent: Any) -> None:
    before = json.dumps(sent)
    flow = tried(sent)
    assert json.dumps(sent) == before, "what was sent stays as it was"
    if isinstance(flow, list):
        assert flow
        assert all(one.message for one in flow)
        return
    assert shaped(stored(flow)) == flow
    assert changed_parts(flow, flow) == []
    assert len(conditions(flow)) == len(list(slots(stored(flow))))
    assert mermaid(flow)
    assert outline(flow).text
    assert isinstance(check(flow, today=DAY), Report)


answers = st.dictionaries(words, anything, max_size=4)


@settings(max_examples=300, deadline=None)
@given(documents(), answers)
def test_every_flow_can_be_taken_with_whatever_is_answered(sent: Any, given_answers: dict[str, Any]) -> None:
    try:
        program = compiled(shaped(sent))
    except (Misshapen, ConditionFault):
        return
    position = replay(program, given_answers, DAY)
    assert position.at or position.stuck
    notes_at(position)
    facts_at(program, position, DAY, "nl")


def test_a_first_draft_has_the_form_of_a_flow() -> None:
    made = first_draft("verhuizen", "Verhuizen", "Burgerzaken")
    assert shaped(stored(made)) == made
    codes = {one.code for one in check(made, today=DAY).findings}
    assert "schema" not in codes


def test_what_changed_is_named_by_its_part() -> None:
    before = shaped(document(facts=[{"id": "f", "expr": "gezin > 3"}], lists={"l": ["a"]}))
    body = document(title="Anders", lists={"l": ["b"], "m": ["c"]}, note="Let op")
    body["outcomes"].reverse()
    body["outcomes"][0]["text"] = "Kom langs."
    body["tests"].append({"name": "klein gezin", "answers": {"gezin": 1}, "outcome": "klein"})
    assert changed_parts(before, shaped(body)) == [
        "facts.f", "lists.l", "lists.m", "note", "outcomes.groot", "tests.klein gezin", "title"
    ]  # fmt: skip
    turned = document()
    turned["outcomes"].reverse()
    assert changed_parts(shaped(document()), shaped(turned)) == ["outcomes"]
