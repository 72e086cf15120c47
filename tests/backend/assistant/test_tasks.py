"""What the owner of a flow has to do: raised by what happened around it, mailed once, closed when it is gone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiosmtpd.smtp import SMTP

from backend.app import Platform
from backend.assistant.tasks.rules import MAIL, Looked, causes
from backend.assistant.tasks.service import TaskService
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher
from backend.notifications.service import Mailer
from backend.worker import handlers, sweeps
from tests.backend.assistant.authoring import document, put_in
from tests.backend.crm.verification.conftest import Post
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

DAY = date(2026, 12, 1)
Sweep = Callable[..., Awaitable[int]]
Mailed = Callable[[], Awaitable[list[EmailMessage]]]


@pytest.fixture
async def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


@pytest.fixture
def sweep(platform: Platform) -> Sweep:
    """Looks at every flow, as on a day."""

    async def run(day: date = DAY) -> int:
        async with platform.unit(None, "flowTasks", "sweep") as work:
            now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            return await TaskService(msgspec.structs.replace(work, now=now)).sweep()

    return run


def leading_to(*links: dict[str, str], slug: str = "verhuizen", **more: Any) -> dict[str, Any]:
    found = document(slug, **more)
    found["outcomes"][0]["links"] = [{"label": "Verder", **link} for link in links]
    return found


async def tasks(client: Client, query: str = "") -> list[dict[str, Any]]:
    response = await client.get(f"/flowTasks{query}")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def withdraw(uow: UnitOfWork, product: UUID, status: str = "withdrawn") -> None:
    await uow.execute("UPDATE product SET status = $2 WHERE id = $1", product, status)


async def test_nothing_has_to_be_done_about_a_flow_that_is_right(
    sweep: Sweep, editor: Client, uow: UnitOfWork, product: UUID
) -> None:
    await put_in(uow, document("adres"))
    await put_in(uow, leading_to({"product": f"{product}"}, {"flow": "adres"}))
    assert await sweep() == 0
    assert await tasks(editor) == []


async def test_a_withdrawn_product_raises_one_task_that_closes_when_it_is_back(
    sweep: Sweep, editor: Client, uow: UnitOfWork, product: UUID
) -> None:
    version = await put_in(uow, leading_to({"product": f"{product}"}, {"product": "x"}, products=[f"{product}"]))
    await withdraw(uow, product)
    assert await sweep() == 2, "the product has two names here"
    assert await sweep() == 0, "it was raised before"
    found = await tasks(editor)
    assert {(one["kind"], one["about"]) for one in found} == {
        ("productWithdrawn", f"{product}"),
        ("productWithdrawn", "x"),
    }
    assert (found[0]["flow"], found[0]["versionId"], "doneAt" in found[0]) == ("verhuizen", f"{version}", False)
    await withdraw(uow, product, "published")
    assert await sweep() == 2
    for one in await tasks(editor):
        assert "doneAt" in one
        assert "doneBy" not in one
    await withdraw(uow, product)
    assert await sweep() == 2, "a second time is another task"
    assert [("doneAt" in one) for one in await tasks(editor)] == [False, False, True, True]


async def test_a_product_that_the_city_hides_and_one_that_is_not_there(
    sweep: Sweep, editor: Client, uow: UnitOfWork, product: UUID
) -> None:
    await put_in(uow, leading_to({"product": "x"}, {"product": "ipdc:404"}))
    await uow.execute("UPDATE product_city SET published = false WHERE product_id = $1", product)
    await sweep()
    assert {(one["kind"], one["about"]) for one in await tasks(editor)} == {
        ("productWithdrawn", "x"),
        ("productUnknown", "ipdc:404"),
    }


async def test_a_new_version_without_the_product_closes_the_task(
    sweep: Sweep, editor: Client, uow: UnitOfWork, product: UUID
) -> None:
    await put_in(uow, leading_to({"product": f"{product}"}))
    await withdraw(uow, product)
    await sweep()
    await put_in(uow, document())
    assert await sweep() == 1
    (one,) = await tasks(editor)
    assert "goneAt" in one


async def test_a_version_that_counts_from_a_later_day_is_looked_at_beside_the_one_of_today(
    sweep: Sweep, editor: Client, uow: UnitOfWork
) -> None:
    await put_in(uow, leading_to({"product": "vandaag"}))
    await put_in(uow, leading_to({"product": "straks"}, valid_from="2026-12-20"))
    await sweep()
    assert {one["about"] for one in await tasks(editor)} == {"vandaag", "straks"}
    await sweep(date(2026, 12, 20))
    assert {one["about"] for one in await tasks(editor) if "doneAt" not in one} == {"straks"}


async def test_only_versions_that_count_now_or_later_are_looked_at(
    sweep: Sweep, editor: Client, uow: UnitOfWork
) -> None:
    """The first is replaced, the third is over; the fourth lies over the second until its last day."""
    for ref, days in (
        ("vervangen", {}),
        ("blijft", {"valid_from": "2026-01-01"}),
        ("voorbij", {"valid_until": "2026-11-30"}),
        ("tijdelijk", {"valid_until": "2026-12-24"}),
    ):
        await put_in(uow, leading_to({"product": ref}, **days))
    await sweep()
    assert {one["about"] for one in await tasks(editor)} == {"blijft", "tijdelijk"}
    await sweep(date(2026, 12, 25))
    assert {one["about"] for one in await tasks(editor) if "doneAt" not in one} == {"blijft"}


async def test_a_flow_that_another_leads_to_was_retired(sweep: Sweep, editor: Client, uow: UnitOfWork) -> None:
    await put_in(uow, document("adres"), status="retired")
    body = document()
    body["outcomes"][0]["blocks"] = [{"id": "meer", "text": "Meer", "links": [{"label": "Verder", "flow": "adres"}]}]
    await put_in(uow, body)
    await sweep()
    assert [(one["kind"], one["about"]) for one in await tasks(editor)] == [("linkedFlowGone", "adres")]
    await put_in(uow, document("adres"))
    await sweep()
    assert "goneAt" in (await tasks(editor))[0]


@pytest.mark.parametrize(
    ("day", "kind"),
    [("2026-11-30", None), ("2026-12-02", "reviewDue"), ("2027-01-01", "reviewDue"), ("2027-01-02", "reviewOverdue")],
)
async def test_a_review_is_announced_and_reminded_of(
    sweep: Sweep, editor: Client, uow: UnitOfWork, day: str, kind: str | None
) -> None:
    await put_in(uow, document(review_by="2027-01-01"))
    await sweep(date.fromisoformat(day))
    assert [one["kind"] for one in await tasks(editor)] == ([kind] if kind else [])


async def test_the_last_day_of_a_version_is_announced_too(sweep: Sweep, editor: Client, uow: UnitOfWork) -> None:
    await put_in(uow, document(review_by="2028-01-01", valid_until="2027-01-01"))
    await sweep(date(2026, 11, 30))
    assert await tasks(editor) == []
    await sweep(date(2026, 12, 15))
    assert [one["kind"] for one in await tasks(editor)] == ["reviewDue"]


async def test_an_overdue_review_takes_the_place_of_the_announcement(
    sweep: Sweep, editor: Client, uow: UnitOfWork
) -> None:
    await put_in(uow, document(review_by="2027-01-01"))
    await sweep(date(2026, 12, 15))
    assert await sweep(date(2027, 1, 5)) == 2
    assert [(one["kind"], "doneAt" in one) for one in await tasks(editor)] == [
        ("reviewOverdue", False), ("reviewDue", True)
    ]  # fmt: skip


async def test_what_somebody_finished_stays_finished_until_the_cause_has_been_away(
    sweep: Sweep, editor: Client, uow: UnitOfWork, product: UUID
) -> None:
    await put_in(uow, leading_to({"product": "x"}))
    await withdraw(uow, product)
    await sweep()
    (task,) = await tasks(editor)
    url, body = f"/flowTasks/{task['id']}/finish", {"note": "Komt volgende week terug"}
    assert (await editor.post(url, json=body)).status_code == 428
    done = await editor.post(url, json=body, headers={"If-Match": '"1"'})
    assert (done.json()["note"], done.json()["doneBy"]["name"]) == ("Komt volgende week terug", "Editor")
    again = await editor.post(url, json=body, headers={"If-Match": '"2"'})
    assert again.json()["type"].endswith(":taskDone")
    assert await sweep() == 0
    await withdraw(uow, product, "published")
    await sweep()
    await withdraw(uow, product)
    await sweep()
    assert len([one for one in await tasks(editor, "?flow=verhuizen") if "doneAt" not in one]) == 1
    assert await tasks(editor, "?flow=trouwen") == []


async def test_the_list_has_pages_with_what_is_open_first(sweep: Sweep, editor: Client, uow: UnitOfWork) -> None:
    await put_in(uow, leading_to(*({"product": f"p{number}"} for number in range(5))))
    await sweep()
    for one in (await tasks(editor))[:2]:
        await editor.post(f"/flowTasks/{one['id']}/finish", json={}, headers={"If-Match": '"1"'})
    seen: list[dict[str, Any]] = []
    query = "?limit=2"
    while query:
        found = (await editor.get(f"/flowTasks{query}")).json()
        seen += found["items"]
        query = f"?limit=2&cursor={found['next']}" if "next" in found else ""
    assert [("doneAt" in one) for one in seen] == [False, False, False, True, True]
    assert len({one["id"] for one in seen}) == 5


@pytest.fixture
async def mailed(platform: Platform, uow: UnitOfWork) -> AsyncIterator[Mailed]:
    """Mails the tasks that wait in the outbox, as the worker does, to a mail server of the test."""
    post = Post()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(post, hostname="localhost"), "127.0.0.1", 0)
    url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    post.mailer = platform.mailer = Mailer(url, "onthaal@stad.example", "Stad Zonderwater")

    async def run() -> list[EmailMessage]:
        post.kept.clear()
        await uow.execute("UPDATE outbox SET available_at = 'infinity' WHERE done_at IS NULL AND topic <> $1", MAIL)
        await uow.execute("UPDATE outbox SET available_at = now() WHERE done_at IS NULL AND topic = $1", MAIL)
        dispatcher = Dispatcher(platform.database, handlers(platform))
        for effect in await dispatcher.lease(50):
            await dispatcher.run(effect)
        return post.mails()

    yield run
    server.close()
    await server.wait_closed()


async def test_the_owner_is_told_by_mail_once(sweep: Sweep, mailed: Mailed, uow: UnitOfWork, people: People) -> None:
    await uow.execute(
        "UPDATE membership SET roles = roles || '{productEditor}' WHERE user_id = $1", people.users["expert"]
    )
    await put_in(uow, leading_to({"product": "ipdc:404"}), owner=people.departments["burgerzaken"])
    await sweep()
    await sweep()
    (mail,) = await mailed()
    assert mail["To"] == "expert@stad.example", "who edits in the department that owns the flow, and nobody else"
    assert "product" in mail["Subject"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Het gaat om: ipdc:404" in body.get_content()
    assert "Wegwijzer: Ik verhuis" in body.get_content()
    assert await mailed() == []
    assert await uow.fetchval("SELECT mailed_at IS NOT NULL FROM flow_task")


async def test_a_mail_calls_a_product_by_its_name(
    sweep: Sweep, mailed: Mailed, uow: UnitOfWork, people: People, product: UUID
) -> None:
    assert people
    await uow.execute("""UPDATE product SET facts = facts || '{"name": {"nl": "Reispas"}}' WHERE id = $1""", product)
    await put_in(uow, leading_to({"product": "x"}))
    await withdraw(uow, product)
    await sweep()
    (mail,) = await mailed()
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Het gaat om: Reispas (x)" in body.get_content()


@pytest.mark.parametrize(("edits", "told"), [(True, "editor"), (False, "administrator")])
async def test_without_an_editor_in_the_department_others_are_told(
    sweep: Sweep, mailed: Mailed, uow: UnitOfWork, people: People, *, edits: bool, told: str
) -> None:
    if not edits:
        await uow.execute("UPDATE app_user SET active = false WHERE id = $1", people.users["editor"])
    await put_in(uow, leading_to({"product": "weg"}), owner=people.departments["mobiliteit"])
    await sweep()
    assert [mail["To"] for mail in await mailed()] == [f"{told}@stad.example"]


async def test_a_task_that_is_done_meanwhile_is_not_mailed(
    sweep: Sweep, mailed: Mailed, uow: UnitOfWork, people: People
) -> None:
    assert people
    await put_in(uow, leading_to({"product": "weg"}))
    await sweep()
    await put_in(uow, document())
    await sweep()
    assert await mailed() == []


async def test_the_worker_does_all_of_this(platform: Platform) -> None:
    assert MAIL in handlers(platform)
    assert "flowTasks" in dict(sweeps(platform))


def test_a_cause_is_one_whatever_stands_around_it() -> None:
    looked = Looked(slug="a", products=("p", "p"), flows=("b",), review_by=DAY)
    assert causes(looked, DAY, {"p": True}, frozenset({"b"})) == {("reviewDue", "")}
    assert causes(looked, DAY, {"p": False}, frozenset()) == {
        ("productWithdrawn", "p"),
        ("linkedFlowGone", "b"),
        ("reviewDue", ""),
    }
