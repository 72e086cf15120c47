"""What a department sees of a question that is shielded from it: its own part, and nothing more."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.app import Platform
from backend.identity.rules import POLICY
from backend.kit.access import Principal
from backend.kit.db import UnitOfWork
from backend.kit.reach import Reach
from backend.settings import DEV_ISSUER
from tests.backend.contacts.contributions.conftest import Town
from tests.people import USERS

pytestmark = pytest.mark.anyio

LOOKERS = [name for name in USERS if name not in {"editor", "administrator", "auditor", "integrator"}]
ASKED = ("burgerzaken", "mobiliteit")
TELLING = {"questionId", "subject", "ownerDepartmentId", "askedBy"}


class Parts:
    """Of a sensitive question of the Sociaal Huis, and of one that everybody may see: a part of each department."""

    def __init__(self, sensitive: str, normal: str) -> None:
        self.sensitive, self.normal = sensitive, normal
        self.by_question: dict[str, dict[str, str]] = {}

    def expected(self, name: str) -> set[str]:
        """Design 5 in other words: the question is visible, or the department was asked."""
        shown = set(self.by_question[self.normal].values())
        for code, part in self.by_question[self.sensitive].items():
            if code in USERS[name] or "sociaal-huis" in USERS[name]:
                shown.add(part)
        return shown


@pytest.fixture
async def parts(town: Town) -> Parts:
    made = Parts(
        sensitive=str((await town.register("sociaal-huis", subject="Leefloon aangevraagd"))["id"]),
        normal=str((await town.register("onthaal"))["id"]),
    )
    for question, by in ((made.sensitive, "social"), (made.normal, "agent")):
        made.by_question[question] = dict(zip(ASKED, await town.asked(question, *ASKED, by=by), strict=True))
    return made


async def reach_of(platform: Platform, name: str) -> Reach:
    who = await platform.principals.find(DEV_ISSUER, name, None)
    assert isinstance(who, Principal)
    return POLICY.reach(who, "getContribution", datetime.now(UTC))


@pytest.mark.parametrize("name", LOOKERS)
async def test_every_way_gives_the_same_verdict(name: str, parts: Parts, town: Town, platform: Platform) -> None:
    client, wanted = town[name], parts.expected(name)
    everything = [part for of in parts.by_question.values() for part in of.values()]
    verdicts = {
        "get": {one for one in everything if (await client.get(f"/contributions/{one}")).status_code == 200},
    }
    async with platform.database.begin(await reach_of(platform, name)) as uow:
        verdicts["sql"] = {str(row["id"]) for row in await uow.fetch("SELECT id FROM contribution")}
    of_questions = set()
    for question in (parts.sensitive, parts.normal):
        answer = await client.get(f"/questions/{question}/contributions")
        page = await client.get(f"/questions/{question}")
        assert answer.status_code == page.status_code
        assert (answer.status_code == 200) == (question == parts.normal or "sociaal-huis" in USERS[name])
        if answer.status_code == 200:
            assert answer.json()["items"] == page.json()["contributions"]
            of_questions |= {one["id"] for one in answer.json()["items"]}
    assert of_questions <= wanted
    for way, found in verdicts.items():
        assert found == wanted, f"{name} by {way}"
    for code in USERS[name]:
        listed = (await client.get("/contributions", params={"department": town.department(code)})).json()["items"]
        assert {one["id"] for one in listed} == {of[code] for of in parts.by_question.values() if code in of}


@pytest.mark.parametrize("verb", ["", "claim", "give", "decline"])
async def test_the_department_that_is_asked_sees_its_part_only(verb: str, parts: Parts, town: Town) -> None:
    part = parts.by_question[parts.sensitive]["mobiliteit"]
    path, body = f"/contributions/{part}", {"give": {"text": "Ja"}, "decline": {"reason": "Nee"}}.get(verb)
    answer = await (town.do("mobility", f"{path}/{verb}", body) if verb else town["mobility"].get(path))
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert not TELLING & shown.keys()
    assert {"reference", "asked", "deadline", "state", "version"} <= shown.keys()
    assert "Leefloon" not in answer.text
    for said in (parts.sensitive, town.department("sociaal-huis"), town.user("social")):
        assert said not in answer.text
    listed = (await town["mobility"].get("/contributions", params={"state": shown["state"]})).json()["items"]
    assert not TELLING & next(one for one in listed if one["id"] == part).keys()
    assert (await town["mobility"].get(f"/questions/{parts.sensitive}")).status_code == 404
    by_reference = await town["mobility"].post("/questions/query", json={"reference": shown["reference"]})
    assert by_reference.status_code == 404
    whole = await town.page(parts.sensitive, by="social")
    wanted = {"": "contributionAsked", "claim": "contributionChanged", "give": "contributionGiven",
              "decline": "contributionDropped"}  # fmt: skip
    assert whole["timeline"][-1]["type"] == wanted[verb]


async def test_who_is_not_asked_cannot_tell_it_from_nothing(parts: Parts, town: Town) -> None:
    part = parts.by_question[parts.sensitive]["mobiliteit"]
    answers = []
    for one in (part, parts.sensitive):  # the second is no contribution at all
        got = await town["expert"].get(f"/contributions/{one}")
        gave = await town.do("expert", f"/contributions/{one}/give", {"text": "Ja"}, tag='"1"')
        answers.append([(got.status_code, got.json()["detail"]), (gave.status_code, gave.json()["detail"])])
    assert answers[0] == answers[1]
    assert answers[0][0][0] == 404


async def test_who_is_asked_does_nothing_with_the_question(parts: Parts, town: Town) -> None:
    part = parts.by_question[parts.sensitive]["mobiliteit"]
    path = f"/questions/{parts.sensitive}"
    for verb, body in (
        ("notes", {"text": "Ha"}), ("answer", {"text": "Ja", "channel": "phone"}), ("answer/compose", None),
        (f"contributions/{part}/drop", {"reason": "Zomaar"}),
    ):  # fmt: skip
        answer = await town["mobility"].post(f"{path}/{verb}", json=body, headers={"If-Match": '"3"'})
        assert answer.status_code == 404, verb


async def test_a_question_that_becomes_shielded_takes_its_parts_along(town: Town, question: str) -> None:
    (part,) = await town.asked(question, "mobiliteit")
    body = {"departmentId": town.department("sociaal-huis"), "reason": "Hoort daar"}
    moved = await town.do("expert", f"/questions/{question}/forward", body)
    assert moved.status_code == 200, moved.text
    own = (await town["mobility"].get(f"/contributions/{part}")).json()
    assert not TELLING & own.keys()
    assert (await town["expert"].get(f"/contributions/{part}")).status_code == 404, "it asked, and it passed it on"
    given = await town.do("mobility", f"/contributions/{part}/give", {"text": "Geen bezwaar."})
    assert given.status_code == 200
    page = await town.page(question, by="social")
    assert page["contributions"][0]["text"] == "Geen bezwaar."


async def test_another_role_in_the_department_is_not_enough(parts: Parts, town: Town, uow: UnitOfWork) -> None:
    await uow.execute(
        "INSERT INTO membership (department_id, user_id, roles) VALUES ($1, $2, '{productEditor}')",
        UUID(town.department("mobiliteit")), UUID(town.user("agent2")),
    )  # fmt: skip
    hidden, shown = (parts.by_question[one]["mobiliteit"] for one in (parts.sensitive, parts.normal))
    client = town["agent2"]
    assert (await client.get(f"/contributions/{hidden}")).status_code == 404
    assert (await client.get(f"/contributions/{shown}")).status_code == 200, "as any desk role sees the question"
    assert (await town.do("agent2", f"/contributions/{shown}/claim")).status_code == 403
    assert (await client.get("/contributions", params={"department": town.department("mobiliteit")})).status_code == 403


async def test_nobody_is_told_who_may_not_know(parts: Parts, town: Town, uow: UnitOfWork) -> None:
    rows = await uow.fetch("SELECT user_id, kind FROM notice WHERE question_id = $1", UUID(parts.sensitive))
    assert {row["kind"] for row in rows} == {"contributionAsked"}
    assert {str(row["user_id"]) for row in rows} == {town.user("civilLead"), town.user("mobility")}
    await town.do("mobility", f"/contributions/{parts.by_question[parts.sensitive]['mobiliteit']}/give", {"text": "Ja"})
    told = await uow.fetch("SELECT user_id FROM notice WHERE kind = 'contributionGiven'")
    assert {str(row["user_id"]) for row in told} == {town.user("social")}
    items = (await town["mobility"].get("/me/notices")).json()["items"]
    assert [one["questionId"] for one in items] == [parts.normal], "the list of notices tells of questions"


async def test_the_database_agrees(parts: Parts, platform: Platform) -> None:
    """A service that forgets to ask changes nothing of others; without a context there is nothing."""
    async with platform.database.begin() as uow:
        assert await uow.fetch("SELECT FROM contribution") == []
    hidden = {code: UUID(part) for code, part in parts.by_question[parts.sensitive].items()}
    async with platform.database.begin(await reach_of(platform, "mobility")) as uow:
        touch = "UPDATE contribution SET version = version + 1 WHERE id = $1"
        assert await uow.execute(touch, hidden["mobiliteit"]) == "UPDATE 1"
        assert await uow.execute(touch, hidden["burgerzaken"]) == "UPDATE 0"
    for sql in ("DELETE FROM contribution", "UPDATE contribution SET asked = ''"):
        async with platform.database.begin(await reach_of(platform, "social")) as uow:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await uow.execute(sql)


async def test_every_look_and_act_is_recorded(parts: Parts, town: Town, uow: UnitOfWork) -> None:
    part = parts.by_question[parts.sensitive]["mobiliteit"]
    await town.do("mobility", f"/contributions/{part}/give", {"text": "Ja"})
    await town["expert"].get(f"/contributions/{part}")
    await uow.execute("SET LOCAL ROLE onthaal_auditor")
    rows: list[Any] = await uow.fetch(
        "SELECT action, actor, outcome FROM audit_entry WHERE subject = $1 AND subject_kind = 'contribution'",
        UUID(part),
    )
    await uow.execute("SET LOCAL ROLE onthaal_app")
    found = {(row["action"], str(row["actor"]), row["outcome"]) for row in rows}
    assert {
        ("giveContribution", town.user("mobility"), "done"),
        ("getContribution", town.user("mobility"), "done"),
        ("getContribution", town.user("expert"), "denied"),
    } <= found
