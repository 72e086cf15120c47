"""Drafts with any fault are checked, compared, drawn and taken: a fault is told, and never ends in a 5xx."""

import asyncio
from datetime import date
from threading import get_ident
from time import sleep
from typing import Any

import msgspec
import pytest

from backend.assistant.proof.rules import Report, Surroundings, check
from backend.assistant.review import service
from backend.assistant.rules import Flow
from tests.backend.assistant.authoring import create, document
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

DAY = date(2026, 12, 1)
ASKED = document()["questions"][0]
FAULTS: dict[str, dict[str, Any]] = {
    "the first year": {"review_by": "0001-01-05"},
    "leads nowhere": {"questions": [{**ASKED, "next": [{"goto": "nergens"}]}]},
    "option leads nowhere": {
        "questions": [
            {
                "id": "gezin",
                "type": "choice",
                "title": "Met wie?",
                "options": [{"value": "a", "label": "A", "goto": "nergens"}, {"value": "b", "label": "B"}],
            }
        ]
    },
    "goes round": {"questions": [{**ASKED, "next": [{"goto": "gezin"}]}]},
    "named twice": {"questions": [ASKED, {**ASKED, "max": 9}]},
    "question and outcome": {"questions": [{**ASKED, "id": "klein", "next": [{"goto": "groot"}]}]},
    "facts go round": {"facts": [{"id": "een", "expr": "twee"}, {"id": "twee", "expr": "een"}]},
    "too much for CEL": {
        "lists": {"veel": ["a"] * 3_000},
        "questions": [
            {**ASKED, "next": [{"if": "veel.exists(x, veel.exists(y, x != y))", "goto": "groot"}, {"goto": "klein"}]}
        ],
    },
    "numbers beyond measure": {
        "questions": [
            {
                "id": "gezin",
                "type": "number",
                "title": "Hoeveel?",
                "max": 1e300,
                "next": [{"if": "gezin * gezin > 1e30", "goto": "groot"}, {"goto": "klein"}],
            }
        ]
    },
    "test answers with anything": {
        "tests": [{"name": "t", "answers": {"gezin": [[1], {"a": [None]}], "wat": {"b": [2]}}, "outcome": "groot"}]
    },
}


@pytest.fixture
async def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_draft_with_faults_can_be_looked_at_in_every_way(editor: Client, fault: str) -> None:
    made = await create(editor, {"document": document(**FAULTS[fault])})
    url = f"/flowVersions/{made['id']}"
    found = (await editor.post(f"{url}/check")).json()
    assert fault == "the first year" or found["report"]["findings"]
    assert (await editor.get(f"{url}/graph")).status_code == 200
    for answers in ({}, {"gezin": "3"}, {"gezin": "a", "klein": 3}):
        for day in ("0001-01-01", "2026-12-01", "9999-12-31"):
            taken = await editor.post(f"{url}/preview", json={"answers": answers, "day": day})
            assert taken.status_code == 200, taken.text
    compared = await editor.get(f"{url}/diff?against={made['id']}")
    assert compared.status_code == 200 or compared.json()["type"].endswith(":flowUnusable"), compared.text


async def test_a_way_to_nothing_stops_at_the_question_before_it(editor: Client) -> None:
    made = await create(editor, {"document": document(**FAULTS["leads nowhere"])})
    taken = await editor.post(f"/flowVersions/{made['id']}/preview", json={"answers": {"gezin": "3"}})
    assert taken.json()["step"]["stuck"] is True


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many proofs are running each time that one begins; they take a moment longer than they do."""
    found, now = list[int](), set[int]()

    def slow(*given: Any, **more: Any) -> Report:
        mark = get_ident()
        now.add(mark)
        found.append(len(now))
        try:
            sleep(0.05)
            return check(*given, **more)
        finally:
            now.discard(mark)

    monkeypatch.setattr(service, "check", slow)
    return found


async def test_flows_are_proved_one_at_a_time_and_none_twice(running: list[int]) -> None:
    """An editor who presses the button ten times, and submits, must not take the processor from who takes a flow."""
    prover, around = service.Prover(), Surroundings(products={}, flows={}, departments=frozenset({"burgerzaken"}))
    first, other = (msgspec.convert(document(slug), Flow) for slug in ("een", "twee"))
    asked = [*[first] * 10, other, msgspec.structs.replace(first, status="review")]
    reports = await asyncio.gather(*(prover.report(flow, DAY, around) for flow in asked))
    assert running == [1, 1]
    assert all(report is reports[0] for report in [*reports[:10], reports[11]])
    assert reports[10] is not reports[0]


async def test_a_proof_is_made_again_when_anything_around_it_changed(running: list[int]) -> None:
    prover, flow = service.Prover(), msgspec.convert(document(), Flow)
    there, gone = (Surroundings(products={}, flows={}, departments=frozenset(one)) for one in ({"burgerzaken"}, ()))
    assert (await prover.report(flow, DAY, there)).findings == []
    assert [one.code for one in (await prover.report(flow, DAY, gone)).findings] == ["unknownTeam"]
    answered = msgspec.convert(document(tests=[{"name": "t", "answers": {"gezin": True}, "outcome": "klein"}]), Flow)
    number = msgspec.convert(document(tests=[{"name": "t", "answers": {"gezin": 1}, "outcome": "klein"}]), Flow)
    assert (await prover.report(number, DAY, there)).findings == []
    assert (await prover.report(answered, DAY, there)).findings != []
    assert len(running) == 4
