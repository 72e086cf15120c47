"""How often steps are taken: sums of a day, of nobody."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from backend.app import Platform
from backend.assistant.rules import Flow, compiled, replay
from backend.assistant.statistics.models import FlowPassage
from backend.assistant.statistics.rules import Edge, Step, counted, figures, to_the_city, whole
from backend.assistant.statistics.service import PassageCounter
from backend.kit.clock import BRUSSELS
from backend.kit.db import Database, UnitOfWork
from backend.kit.roles import APPLICATION
from tests.backend.assistant.authoring import document
from tests.backend.assistant.taking import GUESTS, PERMIT, party, publish, take, visiting
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
DAY = date(2026, 12, 1)
PROGRAM = compiled(msgspec.convert(party(), Flow))
ROWS = "SELECT from_node, to_kind, to_node, sum(count)::int AS n FROM flow_passage GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"


def at(answers: Json, answered: str | None = None, was_at: str | None = None, *, start: bool = False) -> list[Edge]:
    return counted(PROGRAM, replay(PROGRAM, answers, DAY), answered, was_at, start=start)


def test_a_start_and_a_step_are_counted_as_they_were_taken() -> None:
    assert at({}, start=True) == [Edge("", "question", "wie")]
    assert at({"wie": "person"}, "wie") == [Edge("wie", "question", "postcode")]
    assert at({"wie": "person", "postcode": "2000"}, "postcode") == [Edge("postcode", "outcome", "elders")]
    few = {**GUESTS, "gasten": 3}
    assert at(few, "gasten") == [Edge("gasten", "question", "muziek")], "a question that is passed over is not seen"


def test_what_is_no_step_is_not_counted() -> None:
    assert at({"wie": "person"}) == []
    assert at({"wie": "nobody"}, "wie") == [], "refused"
    assert at({"wie": "person"}, "muziek") == []
    assert at({"wie": "person"}, "een naam die niemand kent") == []


def test_who_changes_an_earlier_answer_was_somewhere_else() -> None:
    assert at(PERMIT, "wie", "vergunning") == [
        Edge("vergunning", "question", "wie"),
        Edge("wie", "outcome", "vergunning"),
    ]
    assert at({**PERMIT, "wie": "nobody"}, "wie", "vergunning") == [Edge("vergunning", "question", "wie")], "refused"
    assert at({"wie": "person"}, "wie", "Lien De Smet") == [Edge("wie", "question", "postcode")]


def test_a_flow_taken_at_once_is_counted_whole() -> None:
    position = replay(PROGRAM, {"wie": "person", "postcode": "9999"}, DAY)
    assert whole(position) == [
        Edge("", "question", "wie"),
        Edge("wie", "question", "postcode"),
        Edge("postcode", "question", "gasten"),
        Edge("gasten", "stopped", "stopped"),
    ]
    assert whole(replay(PROGRAM, PERMIT, DAY))[-1] == Edge("muziek", "outcome", "vergunning")
    assert to_the_city(position) == [Edge("gasten", "handover", "handover")]


def test_figures_say_where_people_stop() -> None:
    steps = [
        Step(edge=Edge("", "question", "wie"), count=10),
        Step(edge=Edge("wie", "question", "postcode"), count=8),
        Step(edge=Edge("postcode", "question", "gasten"), count=5),
        Step(edge=Edge("postcode", "outcome", "elders"), count=2),
        Step(edge=Edge("gasten", "handover", "handover"), count=1),
        Step(edge=Edge("gasten", "outcome", "melden"), count=3),
        Step(edge=Edge("melden", "question", "postcode"), count=1),
    ]
    found = figures(steps, PROGRAM)
    assert (found.started, found.finished, found.handed_over) == (10, 4, 1)
    assert found.outcomes == {"elders": 2, "melden": 2}, "one left it again"
    assert [(one.id, one.came, one.went_on, one.handed_over, one.dropped_off) for one in found.questions] == [
        ("wie", 10, 8, 0, 2),
        ("postcode", 9, 7, 0, 2),
        ("gasten", 5, 3, 1, 1),
    ]


async def test_what_visitors_do_is_in_the_figures(
    anonymous: Client, people: People, platform: Platform, uow: UnitOfWork
) -> None:
    await publish(platform, party(), document("ander"))
    visitor, editor = visiting(anonymous, platform), anonymous.as_user(people.tokens["editor"])
    for _ in range(2):
        await take(visitor, "straatfeest")
        await take(visitor, "straatfeest", {"wie": "person"}, answered="wie")
    await take(visitor, "straatfeest", {"wie": "person", "postcode": "x"}, answered="postcode")
    await take(visitor, "straatfeest", {"wie": "person", "postcode": "1000"}, answered="postcode")
    await take(visitor, "straatfeest", {"wie": "person", "postcode": "1000"})
    await visitor.get("/flows/straatfeest/step", params={"answers": "{}"})
    await take(editor, "straatfeest")
    assert [tuple(row) for row in await uow.fetch(ROWS)] == [
        ("", "question", "wie", 2),
        ("postcode", "outcome", "elders", 1),
        ("wie", "question", "postcode", 2),
    ]
    found = (await editor.get("/flowStatistics")).json()
    today = datetime.now(UTC).astimezone(BRUSSELS).date()
    assert (found["from"], found["to"]) == (str(today - timedelta(days=29)), str(today))
    assert found["totals"] == {"started": 2, "finished": 1, "handedOver": 0, "stopped": 0}
    (one,) = found["items"]
    assert (one["flow"], one["version"], one["mode"]) == ("straatfeest", 1, "citizen")
    assert one["outcomes"] == [{"id": "elders", "title": "Vraag het in je eigen gemeente", "times": 1}]
    assert one["questions"][1] == {
        "id": "postcode",
        "title": "In welke postcode?",
        "came": 2,
        "wentOn": 1,
        "handedOver": 0,
        "stopped": 0,
        "droppedOff": 1,
    }
    assert one["steps"] == [
        {"from": "", "kind": "question", "to": "wie", "times": 2, "days": {str(today): 2}},
        {"from": "postcode", "kind": "outcome", "to": "elders", "times": 1, "days": {str(today): 1}},
        {"from": "wie", "kind": "question", "to": "postcode", "times": 2, "days": {str(today): 2}},
    ]
    assert one["days"] == [{"day": str(today), "started": 2, "finished": 1, "handedOver": 0, "stopped": 0}]
    for query in ("flow=ander", "mode=agent", "version=2", f"to={today - timedelta(days=1)}"):
        assert (await editor.get(f"/flowStatistics?{query}")).json()["items"] == []
    for query in ("from=2026-02-01&to=2026-01-01", "from=2020-01-01", "mode=robot", "version=0"):
        assert (await editor.get(f"/flowStatistics?{query}")).status_code == 400, query
    assert (await editor.get("/flowStatistics?to=0001-01-01")).json()["items"] == []


async def test_figures_of_a_flow_that_is_no_more(anonymous: Client, people: People, uow: UnitOfWork) -> None:
    await uow.execute(
        """INSERT INTO flow_passage VALUES (current_date, 'weg', 3, 'agent', '', 'question', 'zo', 1, 4),
                                           (current_date, 'weg', 3, 'agent', 'zo', 'stopped', 'stopped', 1, 3)"""
    )
    (one,) = (await anonymous.as_user(people.tokens["lead"]).get("/flowStatistics")).json()["items"]
    assert (one["started"], one["stopped"], one["questions"][0]["droppedOff"]) == (4, 3, 1)
    assert "title" not in one


async def test_counting_at_the_same_moment_adds_up(own_database: str) -> None:
    async with Database(own_database, role=APPLICATION, size=10) as database:
        counter = PassageCounter(database)
        edges = whole(replay(PROGRAM, PERMIT, DAY))
        await asyncio.gather(
            *(counter.count(PROGRAM, "citizen", DAY, edges if n % 2 else edges[::-1]) for n in range(60)),
            *(counter.count(PROGRAM, "citizen", DAY, edges[:1]) for _ in range(40)),
        )
        async with database.begin() as uow:
            found = {(row["from_node"], row["to_node"]): row["n"] for row in await uow.fetch(ROWS)}
            slots = await uow.fetchval("SELECT count(DISTINCT slot) FROM flow_passage")
    assert found[("", "wie")] == 100
    assert found[("muziek", "vergunning")] == 60
    assert len(found) == len(edges)
    assert slots > 1


def test_nothing_of_a_person_is_kept() -> None:
    columns = {column.name for column in FlowPassage.__table__.columns}
    assert columns == {"day", "flow", "version", "mode", "from_node", "to_kind", "to_node", "slot", "count"}
    assert FlowPassage.__table__.columns["day"].type.python_type is date, "a day, no moment"
    assert not FlowPassage.__table__.foreign_keys
