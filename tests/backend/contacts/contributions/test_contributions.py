"""The life of contributions over HTTP: asked, taken on, given, declined, dropped, and one answer in the end."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from backend.app import Platform
from backend.contacts.events import ContributionAsked, ContributionDropped, ContributionGiven
from backend.kit.db import UnitOfWork
from backend.kit.events import Event
from backend.kit.work import Work
from tests.backend.contacts.contributions.conftest import Town, key, kind

pytestmark = pytest.mark.anyio

Check = Callable[[], Awaitable[None]]


@pytest.fixture
def news(platform: Platform) -> list[Event]:
    """What was told to higher modules."""
    heard: list[Event] = []

    async def hear(_work: Work, event: Event) -> None:
        heard.append(event)

    for one in (ContributionAsked, ContributionGiven, ContributionDropped):
        platform.events.subscribe(one, hear)
    return heard


async def test_three_departments_make_one_answer(
    town: Town, question: str, sound: Check, news: list[Event], uow: UnitOfWork
) -> None:
    await town.do("expert", f"/questions/{question}/claim")
    asked = await town.asked(question, "mobiliteit", "onthaal", "sociaal-huis")
    page = await town.page(question)
    assert (page["openContributions"], page["nextAction"]) == (3, "awaitContribution")
    assert [one["state"] for one in page["contributions"]] == ["open"] * 3
    assert page["contributions"][0]["asked"] == "Wat zegt mobiliteit?"
    await sound()

    early = await town.do("expert", f"/questions/{question}/answer", {"text": "Ja", "channel": "phone"})
    assert (early.status_code, kind(early)) == (409, "contributionsOpen")

    for part, who in zip(asked, ("mobility", "agent", "social"), strict=True):
        taken = await town.do(who, f"/contributions/{part}/claim")
        assert taken.json()["assigneeId"] == town.user(who)
        given = await town.do(who, f"/contributions/{part}/give", {"text": f"Van {who}: geen bezwaar."})
        assert (given.status_code, given.json()["state"]) == (200, "given")
        assert "assigneeId" not in given.json()
        assert given.json()["givenBy"] == town.user(who)
        await sound()

    draft = (await town["expert"].post(f"/questions/{question}/answer/compose")).json()
    assert draft == {
        "text": "Mobiliteit laat weten:\n\nVan mobility: geen bezwaar.\n\n"
        "Onthaal laat weten:\n\nVan agent: geen bezwaar.\n\n"
        "Sociaal-Huis laat weten:\n\nVan social: geen bezwaar.",
        "open": 0,
    }
    done = await town.do("expert", f"/questions/{question}/answer", {"text": draft["text"], "channel": "phone"})
    assert (done.status_code, done.json()["state"]) == (200, "answered")
    timeline = done.json()["timeline"]
    assert [one["type"] for one in timeline] == [
        "registered", "claimed", *["contributionAsked"] * 3, *["contributionChanged", "contributionGiven"] * 3,
        "answered",
    ]  # fmt: skip
    assert timeline[2]["data"] == {"contributionId": asked[0], "departmentId": town.department("mobiliteit")}
    assert [type(one).__name__ for one in news] == ["ContributionAsked"] * 3 + ["ContributionGiven"] * 3
    texts = await uow.fetchval("SELECT string_agg(data::text, '') FROM question_event WHERE data IS NOT NULL")
    assert "zegt" not in texts
    assert "bezwaar" not in texts


async def test_the_next_answer_starts_without_what_was_answered_before(town: Town, question: str) -> None:
    (part,) = await town.asked(question, "mobiliteit")
    await town.do("mobility", f"/contributions/{part}/give", {"text": "Eerste."})
    await town.do("expert", f"/questions/{question}/answer", {"text": "Klaar", "channel": "phone"})
    await town.do("expert", f"/questions/{question}/reopen", {"reason": "Niet voldaan"})
    assert (await town["expert"].post(f"/questions/{question}/answer/compose")).json() == {"text": "", "open": 0}
    (again,) = await town.asked(question, "mobiliteit")
    await town.do("mobility", f"/contributions/{again}/give", {"text": "Tweede."})
    draft = (await town["expert"].post(f"/questions/{question}/answer/compose")).json()
    assert draft["text"] == "Mobiliteit laat weten:\n\nTweede."


async def test_answering_without_them_says_why(town: Town, question: str, sound: Check, news: list[Event]) -> None:
    first, second = await town.asked(question, "mobiliteit", "onthaal")
    await town.do("mobility", f"/contributions/{first}/give", {"text": "Wel."})
    body = {"text": "Ja", "channel": "phone", "overrideReason": "De klant kan niet wachten"}
    done = (await town.do("expert", f"/questions/{question}/answer", body)).json()
    assert (done["state"], done.get("openContributions", 0)) == ("answered", 0)
    assert done["timeline"][-1]["reason"] == "De klant kan niet wachten"
    assert done["timeline"][-1]["data"] == {"contributionIds": [second]}
    assert [(one["state"], one.get("reason")) for one in done["contributions"]] == [
        ("given", None), ("dropped", "De klant kan niet wachten"),
    ]  # fmt: skip
    await sound()
    assert type(news[-1]) is ContributionDropped
    late = await town.do("agent", f"/contributions/{second}/give", {"text": "Te laat."})
    assert (late.status_code, kind(late)) == (409, "contributionEnded")


async def test_a_reason_without_open_parts_drops_nothing(town: Town, question: str) -> None:
    body = {"text": "Ja", "channel": "phone", "overrideReason": "Voor de zekerheid"}
    done = (await town.do("expert", f"/questions/{question}/answer", body)).json()
    assert (done["state"], done["contributions"]) == ("answered", [])
    assert "data" not in done["timeline"][-1]


async def test_a_question_that_is_withdrawn_needs_no_parts(town: Town, question: str, sound: Check) -> None:
    (part,) = await town.asked(question, "mobiliteit")
    gone = await town.do("expert", f"/questions/{question}/withdraw", {"reason": "Dubbel", "cause": "duplicate"})
    assert gone.status_code == 200
    await sound()
    seen = (await town["mobility"].get(f"/contributions/{part}")).json()
    assert (seen["state"], seen["reason"]) == ("dropped", "duplicate: Dubbel")


async def test_who_gets_the_question_owes_it_no_part_and_the_others_still_do(
    town: Town, question: str, sound: Check
) -> None:
    first, second = await town.asked(question, "mobiliteit", "onthaal")
    body = {"departmentId": town.department("mobiliteit"), "reason": "Hoort daar"}
    moved = (await town.do("expert", f"/questions/{question}/forward", body)).json()
    assert [one["type"] for one in moved["timeline"][-2:]] == ["contributionDropped", "forwarded"]
    assert (moved["openContributions"], moved["nextAction"]) == (1, "awaitContribution")
    by_id = {one["id"]: one for one in moved["contributions"]}
    assert by_id[first]["reason"] == "De vraag zelf is nu van deze dienst."
    assert by_id[second]["state"] == "open"
    await sound()
    back = await town.do("mobility", f"/questions/{question}/return", {"reason": "Toch niet"})
    assert back.json()["departmentId"] == town.department("onthaal")
    assert "openContributions" not in back.json()
    await sound()


async def test_the_owner_looks_after_what_was_asked(town: Town, question: str, sound: Check) -> None:
    (part,) = await town.asked(question, "mobiliteit")
    path = f"/questions/{question}/contributions/{part}"
    later = (datetime.now(UTC) + timedelta(days=40)).replace(microsecond=0)
    tag = (await town["expert"].get(f"/questions/{question}")).headers["etag"]
    client, body = town["expert"], {"deadline": later.isoformat()}
    moved = await client.patch(path, json=body, headers={"If-Match": tag})
    assert moved.status_code == 200, moved.text
    assert datetime.fromisoformat(moved.json()["contributions"][0]["deadline"]) == later
    assert moved.json()["timeline"][-1]["type"] == "contributionChanged"
    assert (await client.patch(path, json=body, headers={"If-Match": tag})).status_code == 412
    assert (await client.patch(path, json=body)).status_code == 428
    tag = moved.headers["etag"]
    for wrong in (timedelta(minutes=-1), timedelta(days=366)):
        wanted = {"deadline": (datetime.now(UTC) + wrong).isoformat()}
        assert (await client.patch(path, json=wanted, headers={"If-Match": tag})).status_code == 400
    dropped = await town.do("expert", f"{path}/drop", {"reason": "Niet meer nodig"}, tag=tag)
    assert dropped.status_code == 200, dropped.text
    assert dropped.json()["timeline"][-1]["reason"] == "Niet meer nodig"
    assert dropped.json()["nextAction"] == "assign"
    await sound()
    again = await town.do("expert", f"{path}/drop", {"reason": "Nog eens"}, tag=dropped.headers["etag"])
    assert (again.status_code, kind(again)) == (409, "contributionEnded")


async def test_only_the_owner_asks_and_drops(town: Town, question: str) -> None:
    refused = await town.ask(question, "onthaal", by="mobility")
    assert refused.status_code == 403
    (part,) = await town.asked(question, "mobiliteit")
    for who in ("mobility", "agent"):
        path = f"/questions/{question}/contributions/{part}/drop"
        tag = (await town[who].get(f"/questions/{question}")).headers["etag"]
        assert (await town.do(who, path, {"reason": "Zomaar"}, tag=tag)).status_code == 403
        assert (await town[who].post(f"/questions/{question}/answer/compose")).status_code == 403
    for verb, body in (("claim", None), ("give", {"text": "Ja"}), ("decline", {"reason": "Nee"})):
        assert (await town.do("expert", f"/contributions/{part}/{verb}", body)).status_code == 403
    other = str((await town.register("burgerzaken"))["id"])
    tag = (await town["expert"].get(f"/questions/{other}")).headers["etag"]
    stray = await town.do("expert", f"/questions/{other}/contributions/{part}/drop", {"reason": "Fout"}, tag=tag)
    assert stray.status_code == 404, "a part of another question"


async def test_what_cannot_be_asked(town: Town, question: str, sound: Check) -> None:
    own = await town.ask(question, "burgerzaken")
    assert (own.status_code, kind(own)) == (409, "sameDepartment")
    twice = await town.ask(question, "mobiliteit", "mobiliteit")
    assert (twice.status_code, kind(twice)) == (409, "contributionExists")
    assert (await town.page(question))["contributions"] == [], "all or none"
    await town.asked(question, "mobiliteit")
    again = await town.ask(question, "onthaal", "mobiliteit")
    assert (again.status_code, kind(again)) == (409, "contributionExists")
    assert len((await town.page(question))["contributions"]) == 1
    past = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    assert (await town.ask(question, "onthaal", deadline=past)).status_code == 400
    tag = (await town["expert"].get(f"/questions/{question}")).headers["etag"]
    headers = {"If-Match": tag, **key()}
    for items in ([], [{"departmentId": question, "asked": "Wie?"}], [{"departmentId": town.department("onthaal")}]):
        made = await town["expert"].post(f"/questions/{question}/contributions", json={"items": items}, headers=headers)
        assert made.status_code == 400, items
    await sound()


async def test_nothing_is_asked_about_a_question_that_is_done(town: Town, question: str) -> None:
    await town.do("expert", f"/questions/{question}/answer", {"text": "Ja", "channel": "phone"})
    late = await town.ask(question, "mobiliteit")
    assert (late.status_code, kind(late)) == (409, "notInThisState")


async def test_asking_twice_with_one_key_asks_once(town: Town, question: str) -> None:
    body = {"items": [{"departmentId": town.department("mobiliteit"), "asked": "Mag dat?"}]}
    headers = {"If-Match": '"1"', **key()}
    first = await town["expert"].post(f"/questions/{question}/contributions", json=body, headers=headers)
    second = await town["expert"].post(f"/questions/{question}/contributions", json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.json()["version"] == 2
    assert len((await town.page(question))["contributions"]) == 1
    stale = await town["expert"].post(
        f"/questions/{question}/contributions", json=body, headers={"If-Match": '"1"', **key()}
    )
    assert stale.status_code == 412


async def test_without_a_deadline_the_term_of_the_department_counts(town: Town, question: str) -> None:
    slow = {"weekly": [[["09:00", "12:00"]], *[[]] * 6], "countryHolidays": False, "workingDays": {"question": 10}}
    path = f"/service-levels/{town.department('mobiliteit')}"
    made = await town["administrator"].put(path, json=slow, headers={"If-Match": '"0"'})
    assert made.status_code == 200, made.text
    soon = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    await town.asked(question, "mobiliteit", "onthaal")
    await town.asked(question, "sociaal-huis", deadline=soon.isoformat())
    parts = (await town["expert"].get(f"/questions/{question}/contributions")).json()["items"]
    mondays, usual, given = (datetime.fromisoformat(one["deadline"]) for one in parts)
    assert timedelta(weeks=10) <= mondays - datetime.now(UTC) <= timedelta(weeks=12), "ten Mondays"
    assert usual - datetime.now(UTC) < timedelta(days=10)
    assert given == soon


async def test_declining_gives_it_back_with_the_reason(town: Town, question: str, sound: Check) -> None:
    (part,) = await town.asked(question, "mobiliteit")
    declined = await town.do("mobility", f"/contributions/{part}/decline", {"reason": "Welk plein bedoel je?"})
    assert (declined.status_code, declined.json()["state"]) == (200, "dropped")
    page = await town.page(question)
    last = page["timeline"][-1]
    assert (last["type"], last["reason"], last["data"]["declined"]) == (
        "contributionDropped", "Welk plein bedoel je?", True,
    )  # fmt: skip
    assert page["nextAction"] == "assign"
    await sound()
    await town.asked(question, "mobiliteit")


async def test_a_team_lead_gives_it_to_a_member_only(town: Town, question: str) -> None:
    (part,) = await town.asked(question, "onthaal")
    path = f"/contributions/{part}/assign"
    assert (await town.do("lead", path, {"userId": town.user("expert")})).status_code == 400
    right = await town.do("lead", path, {"userId": town.user("agent2")})
    assert right.json()["assigneeId"] == town.user("agent2")
    assert (await town.do("agent", path, {"userId": town.user("agent")})).status_code == 403
    assert (await town.do("civilLead", path, {"userId": town.user("expert2")})).status_code == 403


async def test_who_leaves_the_department_leaves_the_part_there(town: Town, question: str, uow: UnitOfWork) -> None:
    first, second = await town.asked(question, "mobiliteit", "onthaal")
    await town.do("mobility", f"/contributions/{first}/claim")
    await town.do("agent", f"/contributions/{second}/claim")
    user = f"/users/{town.user('mobility')}"
    tag = (await town["administrator"].get(user)).headers["etag"]
    left = await town["administrator"].put(f"{user}/memberships", json={"items": []}, headers={"If-Match": tag})
    assert left.status_code == 200, left.text
    held = await uow.fetch("SELECT id, assignee_id FROM contribution ORDER BY id")
    assert [(str(row["id"]), row["assignee_id"]) for row in held] == [
        (first, None), (second, UUID(town.user("agent"))),
    ]  # fmt: skip
    assert (await town.page(question))["timeline"][-1]["type"] == "contributionChanged"


async def test_the_worklist_of_a_department(town: Town, uow: UnitOfWork) -> None:
    parts: list[str] = []
    for number in range(5):
        question = str((await town.register("burgerzaken"))["id"])
        deadline = (datetime.now(UTC) + timedelta(days=9 - number)).isoformat()
        parts += await town.asked(question, "mobiliteit", deadline=deadline)
        await town.asked(question, "onthaal")
    client = town["mobility"]

    async def listed(**params: str) -> list[str]:
        found, cursor = list[str](), dict[str, str]()
        while True:
            page = (await client.get("/contributions", params={"limit": "2", **params, **cursor})).json()
            found += [one["id"] for one in page["items"]]
            if "next" not in page:
                return found
            cursor = {"cursor": page["next"]}

    assert await listed() == parts[::-1], "the earliest deadline first"
    await town.do("mobility", f"/contributions/{parts[0]}/claim")
    await town.do("mobility", f"/contributions/{parts[1]}/give", {"text": "Ja"})
    await uow.execute(
        "UPDATE contribution SET deadline = asked_at + interval '1 microsecond' WHERE id = $1", UUID(parts[2])
    )
    mine = {"department": town.department("mobiliteit")}
    assert await listed(only="mine") == [parts[0]]
    assert await listed(only="unassigned", **mine) == [parts[2], parts[4], parts[3]]
    assert await listed(only="overdue") == [parts[2]]
    assert await listed(state="given") == [parts[1]]
    assert await listed(state="dropped") == []
    assert (await client.get("/contributions", params={"department": town.department("onthaal")})).status_code == 403
    first = (await client.get("/contributions", params={"limit": "2"})).json()
    other = await client.get("/contributions", params={"cursor": first["next"], "only": "mine"})
    assert other.status_code == 400, "a cursor of another list"
    shown = first["items"][0]
    assert {"reference", "questionId", "subject", "ownerDepartmentId", "askedBy"} <= shown.keys()


async def test_the_file_of_the_customer_holds_them(town: Town, uow: UnitOfWork) -> None:
    """In the history as messages are; in what the customer gets to read, not in what goes elsewhere."""
    person = {"kind": "person", "names": {"given": "Jef", "family": "Maes"}}
    customer = (await town["agent"].post("/customers", json=person, headers=key())).json()["id"]
    asked = {"subject": "Terras", "departmentId": town.department("burgerzaken")}
    body = {"channel": "phone", "customerId": customer, "questions": [asked]}
    contact = (await town["agent"].post("/contacts", json=body, headers=key())).json()
    question = str(contact["questions"][0]["id"])
    given_part, _ = await town.asked(question, "mobiliteit", "onthaal")
    await town.do("mobility", f"/contributions/{given_part}/give", {"text": "Geen bezwaar. " * 50})
    client = town["agent"]
    params: dict[str, str] = {"kind": "contribution"}
    entries = (await client.get(f"/customers/{customer}/history", params=params)).json()["items"]
    assert [one["contribution"]["state"] for one in entries] == ["open", "given"]
    assert entries[1]["contribution"]["reference"] == contact["questions"][0]["reference"]
    assert len(entries[1]["contribution"]["text"]) == 500
    assert entries[1]["at"] == entries[1]["contribution"]["askedAt"]
    params |= {"department": town.department("mobiliteit")}
    assert (await client.get(f"/customers/{customer}/history", params=params)).json()["items"] == []
    exported = {}
    for purpose in ("accessRequest", "transfer"):
        path = f"/customers/{customer}/export"
        exported[purpose] = (await town["lead"].post(path, json={"purpose": purpose})).json()["questions"][0]
    first = exported["accessRequest"]["contributions"][0]
    assert (first["department"], first["state"]) == ("Mobiliteit", "given")
    assert town.user("mobility") not in str(exported), "never which employee"
    assert "contributions" not in exported["transfer"]
    await uow.execute("UPDATE question SET confidentiality = 'sensitive' WHERE id = $1", UUID(question))
    assert (await client.get(f"/customers/{customer}/history", params={"kind": "contribution"})).json()["items"] == []
