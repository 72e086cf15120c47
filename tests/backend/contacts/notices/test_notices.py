"""Colleagues are told about a question: in their list and by mail, who may know of it only, not twice a day."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.app import Platform
from backend.contacts.notices.models import AGAIN as AGAIN_IN_TABLE
from backend.contacts.notices.rules import AGAIN, KINDS
from backend.contacts.notices.service import NoticeService, forget_old
from backend.kit.db import UnitOfWork
from backend.kit.reach import EVERYTHING
from tests.backend.contacts.notices.conftest import Mail
from tests.backend.crm.verification.conftest import Post
from tests.backend.routing.sweeping import do, told
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


@pytest.fixture
def question(registered: dict[str, Any]) -> UUID:
    return UUID(registered["questions"][0]["id"])


async def tell(platform: Platform, users: list[UUID], question: UUID, kind: Any = "reminder") -> set[UUID]:
    """A sweep tells these people."""
    async with platform.unit(None, "test", "test") as work:
        return set(await NoticeService(work).tell(users, question, kind))


async def shown(client: Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/me/notices")).json()["items"]
    return items


async def test_a_notice_is_listed_until_it_is_read_and_longer(
    platform: Platform, anonymous: Client, people: People, question: UUID
) -> None:
    users = people.users
    assert await tell(platform, [users["expert"], users["agent"]], question) == {users["expert"], users["agent"]}
    await tell(platform, [users["expert"]], question, "assigned")
    expert = anonymous.as_user(people.tokens["expert"])
    first, second = await shown(expert)
    assert (first["kind"], second["kind"]) == ("assigned", "reminder")
    assert first["questionId"] == str(question)
    assert "readAt" not in first
    path = f"/me/notices/{first['id']}/read"
    other = anonymous.as_user(people.tokens["expert2"])
    assert (await other.post(path)).status_code == 404
    assert "readAt" not in (await shown(expert))[0]
    read = (await expert.post(path)).json()
    assert (await expert.post(path)).json()["readAt"] == read["readAt"], "a second time changes nothing"
    assert [one["id"] for one in await shown(expert)] == [second["id"], first["id"]], "unread first"
    page = (await expert.get("/me/notices?limit=1")).json()
    rest = (await expert.get(f"/me/notices?limit=1&cursor={page['next']}")).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == [second["id"], first["id"]]
    assert "next" not in rest


async def test_nothing_happened_is_said_once_a_day(platform: Platform, people: People, question: UUID) -> None:
    users = [people.users["expert"]]
    for _ in range(2):
        assert await tell(platform, users, question) == set(users), "told today, so nobody else has to be"
        await tell(platform, users, question, "mentioned")
    async with platform.database.begin(EVERYTHING) as look:
        kinds = [row["kind"] for row in await look.fetch("SELECT kind FROM notice ORDER BY id")]
        assert await look.fetchval("SELECT count(*) FROM outbox WHERE topic = 'contacts.mailNotice'") == 3
    assert sorted(kinds) == ["mentioned", "mentioned", "reminder"]


async def test_a_sensitive_question_is_told_to_insiders_only(
    platform: Platform, anonymous: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    users = people.users
    await tell(platform, [users["expert"]], question)
    await uow.execute(
        "UPDATE question SET department_id = $2, confidentiality = 'sensitive' WHERE id = $1",
        question,
        people.departments["sociaal-huis"],
    )
    everybody = [users[name] for name in ("expert", "lead", "social", "administrator")]
    assert await tell(platform, everybody, question, "overdue") == {users["social"]}
    expert, social = (anonymous.as_user(people.tokens[name]) for name in ("expert", "social"))
    assert await shown(expert) == [], "what was told before it became sensitive is gone too"
    assert len(await shown(social)) == 1
    notice = await uow.fetchval("SELECT id FROM notice WHERE user_id = $1", users["expert"])
    assert (await expert.post(f"/me/notices/{notice}/read")).status_code == 404


async def test_who_cannot_handle_questions_or_does_it_now_is_not_told(
    platform: Platform, people: People, question: UUID, uow: UnitOfWork
) -> None:
    users = people.users
    await uow.execute("UPDATE app_user SET active = false WHERE id = $1", users["expert2"])
    told = [users[name] for name in ("editor", "auditor", "integrator", "expert2", "mobility")]
    assert await tell(platform, told, question) == {users["mobility"]}


async def test_the_absent_are_told_by_way_of_who_stands_in(
    platform: Platform, people: People, question: UUID, uow: UnitOfWork
) -> None:
    users = people.users
    absence = """INSERT INTO absence (id, user_id, first_day, last_day, replacement_id, recorded_at)
                 VALUES (gen_random_uuid(), $1, current_date - 2, current_date + 2, $2, now())"""
    await uow.execute(absence, users["expert"], users["expert2"])
    await uow.execute(absence, users["lead"], None)
    told = await tell(platform, [users["expert"], users["lead"]], question, "overdue")
    assert told == {users["expert2"], users["lead"]}, "whom nobody replaces finds it later"


async def test_the_mail_says_what_to_do_and_nothing_of_the_question(
    platform: Platform, people: People, question: UUID, registered: dict[str, Any], mail: Mail, post: Post
) -> None:
    for kind in KINDS:
        await tell(platform, [people.users["expert"]], question, kind)
    await mail()
    sent = post.mails()
    assert len({one["subject"] for one in sent}) == len(KINDS), "each kind says something else"
    reference = registered["questions"][0]["reference"]
    for one in sent:
        assert one["to"] == "expert@stad.example"
        assert reference in str(one["subject"])
        text, html = (one.get_body((kind,)) for kind in ("plain", "html"))
        assert text is not None
        assert html is not None
        for body in (text.get_content(), html.get_content()):
            assert reference in body
            assert "in Onthaal" in body
            for secret in ("Reispas", "zoon", "Van den Berghe", "voorbeeld.be"):
                assert secret not in body
    await mail()
    assert len(post.kept) == len(KINDS), "once"


async def test_what_was_read_or_became_hidden_is_not_mailed(
    platform: Platform, anonymous: Client, people: People, question: UUID, uow: UnitOfWork, mail: Mail, post: Post
) -> None:
    users = people.users
    await tell(platform, [users["expert"], users["mobility"]], question)
    expert = anonymous.as_user(people.tokens["expert"])
    await expert.post(f"/me/notices/{(await shown(expert))[0]['id']}/read")
    await uow.execute(
        "UPDATE question SET department_id = $2, confidentiality = 'sensitive' WHERE id = $1",
        question,
        people.departments["sociaal-huis"],
    )
    await mail()
    assert post.kept == []
    assert (
        await uow.fetchval("SELECT count(*) FROM outbox WHERE topic = 'contacts.mailNotice' AND done_at IS NULL") == 0
    )


async def test_who_has_a_question_hears_that_it_is_open_again(
    agent: Client, anonymous: Client, people: People, question: UUID, uow: UnitOfWork
) -> None:
    expert = anonymous.as_user(people.tokens["expert"])
    await do(expert, question, "claim")
    await do(expert, question, "answer", {"text": "Zo.", "channel": "phone"})
    await do(agent, question, "reopen", {"reason": "Klopt niet"})
    assert await told(uow, question) == [("expert", "reopened")]


async def test_old_notices_go(platform: Platform, people: People, question: UUID, uow: UnitOfWork) -> None:
    await tell(platform, [people.users["expert"], people.users["agent"]], question)
    assert await forget_old(uow) == 0
    await uow.execute("UPDATE notice SET read_at = now() - $1::interval", timedelta(days=91))
    assert await forget_old(uow) == 2


def test_the_table_and_the_rules_agree_on_what_is_said_again() -> None:
    assert all(f"'{kind}'" in AGAIN_IN_TABLE for kind in AGAIN)
    assert AGAIN_IN_TABLE.count("'") == 2 * len(AGAIN)
