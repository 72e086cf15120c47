"""From draft to published: the check, the second person, what is refused; and how authors look at a version."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from backend.app import Platform, development_issuer
from backend.assistant.review.schemas import FlowPublish
from backend.assistant.review.service import ReviewService
from backend.assistant.rules import Flow
from backend.assistant.steps.service import StepService
from backend.assistant.versions.schemas import FlowVersionSummary
from backend.assistant.versions.service import Authoring, VersionService
from backend.kit.access import Principal
from backend.kit.db import Database, UnitOfWork
from backend.kit.problems import ProblemError
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.backend.assistant.authoring import create, document, published, put_in, replace, step
from tests.conftest import Client
from tests.people import People, add_people

pytestmark = pytest.mark.anyio


@pytest.fixture
async def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


@pytest.fixture
async def reviewer(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["administrator"])


def wrong() -> dict[str, Any]:
    """A document with two faults that a person has to put right."""
    found = document()
    found["questions"][0]["next"][0]["goto"] = "nergens"
    found["outcomes"][0]["links"] = []
    return found


async def refusal(client: Client, version: dict[str, Any], verb: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"If-Match": f'"{version["version"]}"'}
    response = await client.post(f"/flowVersions/{version['id']}/{verb}", json=body or {}, headers=headers)
    assert response.status_code >= 400, response.text
    return response.json()


async def test_the_check_tells_every_fault_and_changes_nothing(editor: Client) -> None:
    made = await create(editor, {"document": wrong()})
    found = (await editor.post(f"/flowVersions/{made['id']}/check")).json()
    assert found["ready"] is False
    assert {"unknownTarget", "noLink"} <= {one["code"] for one in found["report"]["findings"]}
    assert (await editor.get(f"/flowVersions/{made['id']}")).json()["version"] == 1
    right = await replace(editor, made, document())
    found = (await editor.post(f"/flowVersions/{made['id']}/check")).json()
    assert (found["ready"], found["version"]) == (True, right["version"])
    assert found["report"]["tests"] == [
        {"name": "groot gezin", "passed": True, "expected": "groot", "reached": "groot"}
    ]
    assert found["report"]["coverage"]["full"] is True


async def test_the_check_looks_at_products_other_flows_and_departments(
    editor: Client, uow: UnitOfWork, product: UUID
) -> None:
    await put_in(uow, document("adres"))
    links = [{"label": "Reispas", "product": "x"}, {"label": "Verder", "flow": "adres"}]
    body = document()
    body["outcomes"][0]["links"] = links
    made = await create(editor, {"document": body})
    assert (await editor.post(f"/flowVersions/{made['id']}/check")).json()["report"]["findings"] == []
    await uow.execute("UPDATE product SET status = 'withdrawn' WHERE id = $1", product)
    body["outcomes"][0]["links"] = [*links, {"label": "Weg", "product": "y"}, {"label": "Weg", "flow": "weg"}]
    body["outcomes"][1]["handover"]["team"] = "weg"
    await replace(editor, made, body)
    findings = (await editor.post(f"/flowVersions/{made['id']}/check")).json()["report"]["findings"]
    codes = {"productNotPublished", "unknownProduct", "unknownFlow", "unknownTeam"}
    assert {one["code"] for one in findings} == codes


async def test_two_flows_do_not_lead_to_each_other(editor: Client, uow: UnitOfWork) -> None:
    there = document("adres")
    there["outcomes"][0]["links"] = [{"label": "Terug", "flow": "verhuizen"}]
    await put_in(uow, there)
    body = document()
    body["outcomes"][0]["links"] = [{"label": "Verder", "flow": "adres"}]
    made = await create(editor, {"document": body})
    refused = await refusal(editor, made, "submit")
    assert [one["type"] for one in refused["issues"]] == ["urn:problem-type:onthaal:flow:flowLoop"]


async def test_what_has_faults_is_not_submitted_and_every_fault_is_told(editor: Client) -> None:
    made = await create(editor, {"document": wrong()})
    refused = await refusal(editor, made, "submit")
    assert refused["type"].endswith(":hasFindings")
    places = {one["name"] for one in refused["issues"]}
    assert "/questions/0/next/0/goto" in places
    assert (await editor.get(f"/flowVersions/{made['id']}")).json()["status"] == "draft"


async def test_a_version_is_published_by_another_person(
    editor: Client, reviewer: Client, platform: Platform, people: People
) -> None:
    made = await create(editor, {"document": document()})
    assert (await refusal(reviewer, made, "publish"))["type"].endswith(":wrongStatus")
    waiting = await step(editor, made, "submit")
    assert (waiting["status"], waiting["submitter"]["name"]) == ("review", "Editor")
    url, headers = f"/flowVersions/{made['id']}", {"If-Match": '"2"'}
    kept = await editor.put(url, json={"document": document(title="Nog iets")}, headers=headers)
    assert kept.json()["type"].endswith(":notADraft")
    assert (await refusal(editor, waiting, "publish"))["type"].endswith(":secondReviewerNeeded")
    done = await step(reviewer, waiting, "publish", {"reason": "Nagelezen"})
    assert (done["status"], done["current"], done["reviewer"]["name"]) == ("published", True, "Administrator")
    assert done["departmentId"] == str(people.departments["burgerzaken"])
    served = await platform.flows.current("verhuizen", datetime.now(UTC).date())
    assert served is not None
    assert (str(served.version_id), served.number) == (made["id"], 1)
    items = (await editor.get(f"{url}/history")).json()["items"]
    assert [(one["kind"], one["actor"]["name"]) for one in items] == [
        ("published", "Administrator"), ("submitted", "Editor"), ("created", "Editor")
    ]  # fmt: skip
    assert (await refusal(reviewer, done, "publish"))["type"].endswith(":wrongStatus")


async def test_who_changed_one_word_does_not_publish_either(editor: Client, reviewer: Client) -> None:
    made = await create(editor, {"document": document()})
    changed = await replace(reviewer, made, document(title="Verhuizen"))
    waiting = await step(editor, changed, "submit")
    assert (await refusal(reviewer, waiting, "publish"))["type"].endswith(":secondReviewerNeeded")


async def test_a_reviewer_sends_a_version_back(editor: Client, reviewer: Client) -> None:
    waiting = await step(editor, await create(editor, {"document": document()}), "submit")
    back = await step(reviewer, waiting, "return", {"reason": "De tweede vraag is niet duidelijk"})
    assert (back["status"], "submitter" in back) == ("draft", False)
    items = (await editor.get(f"/flowVersions/{back['id']}/history")).json()["items"]
    assert items[0]["reason"] == "De tweede vraag is niet duidelijk"
    again = await step(editor, await replace(editor, back, document(title="Verhuizen")), "submit")
    assert (await step(reviewer, again, "publish"))["title"] == "Verhuizen"


async def test_a_publication_can_wait_for_its_day(editor: Client, reviewer: Client, platform: Platform) -> None:
    await published(editor, reviewer, {"document": document()})
    first = (await editor.get("/flowVersions?status=published")).json()["items"][0]
    copy = await create(editor, {"copyOf": first["id"]})
    waiting = await step(editor, await replace(editor, copy, document(title="Nieuw")), "submit")
    today = datetime.now(UTC).date()
    for day in (today - timedelta(days=2), date(2026, 1, 1)):
        refused = await refusal(reviewer, waiting, "publish", {"validFrom": f"{day}"})
        assert refused["issues"][0]["name"] == "validFrom"
    later = today + timedelta(days=20)
    done = await step(reviewer, waiting, "publish", {"validFrom": f"{later}"})
    assert (done["validFrom"], done["current"]) == (f"{later}", False)
    titles = []
    for day in (today, later):
        served = await platform.flows.current("verhuizen", day)
        assert served is not None
        titles.append(served.program.flow.title)
    assert titles == ["Ik verhuis", "Nieuw"]


async def test_a_product_that_went_away_after_submitting_stops_the_publication(
    editor: Client, reviewer: Client, uow: UnitOfWork, product: UUID
) -> None:
    body = document()
    body["outcomes"][0]["links"] = [{"label": "Reispas", "product": f"{product}"}]
    waiting = await step(editor, await create(editor, {"document": body}), "submit")
    await uow.execute("UPDATE product_city SET published = false WHERE product_id = $1", product)
    refused = await refusal(reviewer, waiting, "publish")
    assert [one["type"].rsplit(":", 1)[1] for one in refused["issues"]] == ["productNotPublished"]


async def test_an_author_takes_a_draft_on_any_day(editor: Client) -> None:
    body = document(facts=[{"id": "met_veel", "expr": "gezin > 3", "why": "Een groot gezin"}])
    body["questions"][0] |= {"agent_say": "Hoeveel personen zijn er?", "validate": []}
    body["questions"].append(
        {
            "id": "wanneer",
            "type": "date",
            "title": "Wanneer?",
            "validate": [{"must": "wanneer >= today", "message": "Dat is voorbij."}],
            "next": [{"goto": "klein"}],
        }
    )
    body["questions"][0]["next"] = [{"if": "met_veel", "goto": "groot"}, {"goto": "wanneer"}]
    made = await create(editor, {"document": body})
    url = f"/flowVersions/{made['id']}/preview"
    first = (await editor.post(url, json={})).json()
    assert first["step"]["question"]["id"] == "gezin"
    assert first["notes"] == {"agentSay": "Hoeveel personen zijn er?"}
    assert "facts" not in first
    answers = {"gezin": 2, "wanneer": "2026-12-24"}
    then = (await editor.post(url, json={"answers": answers, "day": "2026-12-24"})).json()
    assert then["step"]["outcome"]["id"] == "klein"
    assert then["facts"] == [{"id": "met_veel", "value": False, "why": "Een groot gezin"}]
    late = (await editor.post(url, json={"answers": answers, "day": "2026-12-25"})).json()
    assert late["step"]["refused"] == "Dat is voorbij."
    body["facts"][0]["expr"] = "gezinnen > 3"
    await replace(editor, made, body)
    refused = await editor.post(url, json={})
    assert refused.status_code == 409
    assert refused.json()["type"].endswith(":flowUnusable")
    assert refused.json()["issues"][0]["name"] == "/facts/0/expr"


async def test_a_draft_is_drawn_and_listed(editor: Client) -> None:
    made = await create(editor, {"document": wrong()})
    found = (await editor.get(f"/flowVersions/{made['id']}/graph")).json()
    assert found["mermaid"].startswith("flowchart")
    assert "Met hoeveel verhuis je?" in found["mermaid"]
    assert [one["id"] for one in found["outline"]["questions"]] == ["gezin"]
    assert "Met hoeveel verhuis je?" in found["outline"]["text"]


async def test_what_a_new_version_changes_for_people(editor: Client, reviewer: Client) -> None:
    first = await create(editor, {"document": document()})
    refused = await editor.get(f"/flowVersions/{first['id']}/diff")
    assert refused.json()["type"].endswith(":nothingPublished")
    await step(reviewer, await step(editor, first, "submit"), "publish")
    body = document()
    body["questions"][0]["next"][0]["if"] = "gezin >= 4"
    second = await create(editor, {"document": body})
    found = (await editor.get(f"/flowVersions/{second['id']}/diff")).json()
    (moved,) = found["moved"]
    assert (moved["before"]["id"], moved["after"]["id"]) == ("klein", "groot")
    assert [one["answer"] for one in moved["example"]] == ["4"]
    same = (await editor.get(f"/flowVersions/{second['id']}/diff?against={second['id']}")).json()
    assert same["moved"] == []
    assert (await editor.get(f"/flowVersions/{second['id']}/diff?against={uuid4()}")).status_code == 404


async def test_the_format_is_a_schema(editor: Client) -> None:
    found = (await editor.get("/flowSchema")).json()
    assert found["$schema"].startswith("https://json-schema.org/draft/2020-12")
    assert {"questions", "outcomes"} <= set(found["required"])


# several at once, with connections of their own and real commits

Act = Callable[[ReviewService], Awaitable[FlowVersionSummary]]
Run = Callable[[str, Act], Awaitable[FlowVersionSummary | str]]


@pytest.fixture
async def run(settings: Settings, own_database: str) -> AsyncIterator[tuple[Platform, Run]]:
    """Does something as an editor or administrator; gives the version, or the type of the refusal."""
    async with Database(own_database, role=APPLICATION) as database:
        platform = Platform(settings, database)
        async with database.transaction() as uow:
            people = await add_people(uow, development_issuer(settings))

        async def act(name: str, what: Act) -> FlowVersionSummary | str:
            who = Principal(id=people.users[name], name=name, roles=frozenset({"administrator"}), departments={})
            reviews = ReviewService(
                lambda: platform.unit(who, "publishFlowVersion", "t"),
                lambda day: StepService(platform.flows, platform.flow_products, None, day),
                platform.prover,
            )
            try:
                return await what(reviews)
            except ProblemError as error:
                return error.problem().type.rsplit(":", 1)[1]

        yield platform, act


async def waiting(platform: Platform, run: Run, body: dict[str, Any]) -> UUID:
    """A version that waits for review."""
    async with platform.unit(None, "test", "t") as work:
        version_id = await VersionService(work).add(msgspec.convert(body, Flow))
    done = await run("editor", lambda reviews: reviews.submit(version_id, 1))
    assert isinstance(done, FlowVersionSummary), done
    return version_id


async def test_a_version_is_published_once(run: tuple[Platform, Run]) -> None:
    platform, act = run
    version = await waiting(platform, act, document())
    done = await asyncio.gather(
        *(act("administrator", lambda reviews: reviews.publish(version, FlowPublish(), 2)) for _ in range(3))
    )
    assert Counter(one if isinstance(one, str) else one.status for one in done) == {
        "published": 1,
        "preconditionFailed": 2,
    }


async def test_flows_that_lead_to_each_other_are_not_published_at_once(run: tuple[Platform, Run]) -> None:
    """Each is right by itself, as long as the other leads nowhere: when both are checked, neither is there yet."""
    platform, act = run
    async with platform.database.transaction() as uow:
        for slug in ("heen", "terug"):
            await put_in(uow, document(slug))
    versions = []
    for slug, other in (("heen", "terug"), ("terug", "heen")):
        body = document(slug)
        body["outcomes"][0]["links"] = [{"label": "Verder", "flow": other}]
        versions.append(await waiting(platform, act, body))
    done = await asyncio.gather(
        *(
            act("administrator", lambda reviews, version=version: reviews.publish(version, FlowPublish(), 2))  # type: ignore[misc]
            for version in versions
        )
    )
    assert Counter(one if isinstance(one, str) else one.status for one in done) == {"published": 1, "hasFindings": 1}


async def test_of_two_changes_at_once_one_is_told_that_it_was_late(run: tuple[Platform, Run]) -> None:
    platform, _ = run
    authoring = Authoring(lambda: platform.unit(None, "test", "t"))
    async with platform.unit(None, "test", "t") as work:
        version_id = await VersionService(work).add(msgspec.convert(document(), Flow))

    async def change(title: str) -> int:
        try:
            return (await authoring.replace(version_id, document(title=title), 1)).version
        except ProblemError as error:
            return error.status

    assert Counter(await asyncio.gather(*(change(f"Titel {number}") for number in range(3)))) == {2: 1, 412: 2}


async def test_of_drafts_begun_at_once_one_is_made(run: tuple[Platform, Run]) -> None:
    platform, _ = run

    async def begin() -> str:
        try:
            async with platform.unit(None, "test", "t") as work:
                await VersionService(work).add(msgspec.convert(document(), Flow))
        except ProblemError as error:
            return error.problem().type.rsplit(":", 1)[1]
        return "made"

    assert Counter(await asyncio.gather(*(begin() for _ in range(4)))) == {"made": 1, "draftExists": 3}
