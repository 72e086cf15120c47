"""Files of questions over HTTP: what is taken in, who gets it, how it is given out."""

import secrets
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backend.app import Platform
from backend.contacts.attachments.rules import LARGEST, PER_QUESTION
from backend.contacts.attachments.service import AttachmentService
from backend.kit.db import UnitOfWork
from tests.backend.contacts.attachments.conftest import Attach, Work
from tests.backend.contacts.attachments.files import EXE, FILES, PDF, REFUSED
from tests.conftest import Client
from tests.people import People
from tests.simulators.clamd import Clamd

pytestmark = pytest.mark.anyio


async def attached(attach: Attach, name: str = "plan.pdf", content: bytes = PDF, **more: Any) -> dict[str, Any]:
    answer = await attach(name, content, **more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit(":", 1)[1]


async def test_a_file_waits_for_the_scanner_and_is_given_out(
    agent: Client, question: str, attach: Attach, work: Work, clamd: Clamd, people: People
) -> None:
    made = await attached(attach)
    assert (made["state"], made["mediaType"], made["size"]) == ("pending", "application/pdf", len(PDF))
    assert made["authorId"] == str(people.users["agent"])
    assert made["questionVersion"] == 2
    path = f"{question}/attachments/{made['id']}/content"
    assert kind(await agent.get(path)) == (409, "attachmentPending")
    await work()
    assert clamd.scanned == [PDF]
    page = (await agent.get(question)).json()
    assert page["version"] == 2
    assert page["timeline"][-1]["type"] == "attached"
    (shown,) = page["attachments"]
    assert (shown["id"], shown["state"], "finding" in shown, "scannedAt" in shown) == (made["id"], "clean", False, True)
    assert (await agent.get(f"{question}/attachments")).json() == {"items": [shown]}
    got = await agent.get(path)
    assert (got.status_code, got.content) == (200, PDF)
    assert {name: got.headers[name] for name in SAFETY} == SAFETY


SAFETY = {
    "content-type": "application/octet-stream",
    "content-disposition": "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf",
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


@pytest.mark.usefixtures("clamd")
async def test_five_megabytes_come_back_as_they_went(agent: Client, question: str, attach: Attach, work: Work) -> None:
    content = b"\x89PNG\r\n\x1a\n" + secrets.token_bytes(5 * 1024 * 1024)
    platform_limit = await attached(attach, "Foto vanop 't dak é.png", content)
    await work()
    # the simulator takes one megabyte, as a clamd with too small a StreamMaxLength
    shown = (await agent.get(question)).json()["attachments"][0]
    assert (shown["state"], shown["finding"]) == ("error", "tooLargeToScan")
    assert kind(await agent.get(f"{question}/attachments/{platform_limit['id']}/content")) == (
        409,
        "attachmentUnusable",
    )


async def test_without_a_scanner_it_is_clean_and_says_that_nobody_looked(
    agent: Client, question: str, attach: Attach, work: Work
) -> None:
    content = b"\x89PNG\r\n\x1a\n" + secrets.token_bytes(5 * 1024 * 1024)
    made = await attached(attach, "Foto vanop 't dak é.png", content)
    await work()
    shown = (await agent.get(question)).json()["attachments"][0]
    assert (shown["state"], "scannedAt" in shown) == ("clean", False)
    got = await agent.get(f"{question}/attachments/{made['id']}/content")
    assert got.content == content
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"Foto vanop 't dak e.png\"; filename*=UTF-8''Foto%20vanop%20%27t%20dak%20%C3%A9.png"
    )


async def test_what_may_be_attached_and_what_may_not(attach: Attach) -> None:
    for name, (content, media_type) in FILES.items():
        made = await attached(attach, name, content)
        assert (made["mediaType"], "misnamed" in made) == (media_type, False)
    for name, (content, _) in REFUSED.items():
        assert kind(await attach(name, content)) == (409, "typeNotAllowed"), name


async def test_a_lying_name(agent: Client, question: str, attach: Attach, work: Work) -> None:
    assert kind(await attach("factuur.pdf", EXE)) == (409, "typeNotAllowed")
    made = await attached(attach, "C:\\Temp\\vakantie.jpg", PDF)
    assert (made["name"], made["mediaType"], made["misnamed"]) == ("vakantie.jpg", "application/pdf", True)
    assert (await agent.get(question)).json()["attachments"][0]["misnamed"] is True
    await work()
    got = await agent.get(f"{question}/attachments/{made['id']}/content")
    assert 'filename="vakantie.jpg.pdf"' in got.headers["content-disposition"]


async def test_the_size(attach: Attach) -> None:
    largest = b"a" * LARGEST
    assert (await attached(attach, "a.txt", largest))["size"] == LARGEST
    assert (await attach("a.txt", largest + b"a")).status_code == 413
    empty = await attach("a.txt", b"")
    assert empty.status_code == 400
    assert empty.json()["issues"][0]["name"] == "file"


async def test_the_same_key_twice(agent: Client, question: str, attach: Attach) -> None:
    first = await attach("plan.pdf", PDF, key="zelfde-sleutel")
    again = await attach("plan.pdf", PDF, key="zelfde-sleutel")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert (await attach("plan.pdf", PDF + b"x", key="zelfde-sleutel")).status_code == 422
    assert (await attach("plan2.pdf", PDF, key="zelfde-sleutel")).status_code == 422
    assert len((await agent.get(question)).json()["attachments"]) == 1
    bare = await agent.post(f"{question}/attachments", files={"file": ("a.txt", b"a")})
    assert bare.status_code == 400


async def test_so_many_and_no_more(agent: Client, question: str, attach: Attach, uow: UnitOfWork) -> None:
    made = await attached(attach)
    blob = await uow.fetchrow("SELECT * FROM blob")
    assert blob is not None
    for _ in range(PER_QUESTION - 1):
        key = uuid4()
        await uow.execute(
            "INSERT INTO blob SELECT $1, data_key, content, size, created_at FROM blob WHERE id = $2", key, blob["id"]
        )
        await uow.execute(
            """INSERT INTO attachment SELECT $1, question_id, message_id, $1, name, media_type, size, state, finding,
                      scanned_at, author_id, created_at FROM attachment WHERE id = $2""",
            key, UUID(made["id"]),
        )  # fmt: skip
    assert kind(await attach("plan.pdf", PDF)) == (409, "tooManyAttachments")
    seen, cursor = 0, ""
    while True:
        page = (
            await agent.get(f"{question}/attachments", params={"limit": 20, **({"cursor": cursor} if cursor else {})})
        ).json()
        seen += len(page["items"])
        if not (cursor := page.get("next", "")):
            break
    assert seen == PER_QUESTION


@pytest.fixture
async def hidden(agent: Client, people: People) -> str:
    """The path of a question that exists for the Sociaal Huis only."""
    asked = {"subject": "Opvang", "departmentId": str(people.departments["sociaal-huis"])}
    body = {"channel": "phone", "questions": [asked]}
    made = await agent.post("/contacts", json=body, headers={"Idempotency-Key": str(uuid4())})
    return f"/questions/{made.json()['questions'][0]['id']}"


async def test_the_files_of_a_sensitive_question_exist_for_its_department_only(
    agent: Client, anonymous: Client, people: People, hidden: str, attach: Attach, work: Work
) -> None:
    social = anonymous.as_user(people.tokens["social"])
    made = await attached(attach, to=hidden, client=social)
    await work()
    path = f"{hidden}/attachments/{made['id']}/content"
    assert (await social.get(path)).content == PDF
    nowhere = f"/questions/{uuid4()}"
    for client in (agent, anonymous.as_user(people.tokens["lead"]), anonymous.as_user(people.tokens["mobility"])):
        for refused, unknown in (
            (await client.get(path), await client.get(f"{nowhere}/attachments/{made['id']}/content")),
            (await client.get(f"{hidden}/attachments"), await client.get(f"{nowhere}/attachments")),
            (await attach("a.pdf", PDF, to=hidden, client=client), await attach("a.pdf", PDF, to=nowhere)),
        ):
            assert refused.status_code == unknown.status_code == 404
            assert refused.json()["detail"] == unknown.json()["detail"]


async def test_a_file_is_found_with_its_own_question_only(
    agent: Client, anonymous: Client, people: People, hidden: str, question: str, attach: Attach, work: Work
) -> None:
    made = await attached(attach, to=hidden, client=anonymous.as_user(people.tokens["social"]))
    await work()
    assert (await agent.get(f"{question}/attachments/{made['id']}/content")).status_code == 404


async def test_behind_a_broken_glass_files_are_looked_at_and_not_added(
    agent: Client, anonymous: Client, people: People, hidden: str, attach: Attach, work: Work
) -> None:
    made = await attached(attach, to=hidden, client=anonymous.as_user(people.tokens["social"]))
    await work()
    reference = (await anonymous.as_user(people.tokens["social"]).get(hidden)).json()["reference"]
    why = {"reason": "De beller is in gevaar.", "reference": reference}
    opened = await agent.post("/breakGlass", json=why, headers={"Idempotency-Key": str(uuid4())})
    assert opened.status_code == 201, opened.text
    assert (await agent.get(f"{hidden}/attachments/{made['id']}/content")).content == PDF
    assert len((await agent.get(f"{hidden}/attachments")).json()["items"]) == 1
    assert (await attach("a.pdf", PDF, to=hidden)).status_code == 403
    auditor = anonymous.as_user(people.tokens["auditor"])
    entries = (await auditor.get("/audit/entries", params={"subject": made["id"]})).json()["items"]
    looks = [one for one in entries if one["action"] == "downloadAttachment"]
    assert [(one["purpose"], one["fields"]) for one in looks] == [("breakGlass", ["content"])]


async def test_every_download_is_logged(
    agent: Client, anonymous: Client, people: People, question: str, attach: Attach, work: Work
) -> None:
    made = await attached(attach)
    await work()
    await agent.get(f"{question}/attachments/{made['id']}/content")
    auditor = anonymous.as_user(people.tokens["auditor"])
    entries = (await auditor.get("/audit/entries", params={"subject": made["id"]})).json()["items"]
    assert [(one["action"], one["fields"], one["subjectKind"]) for one in entries if "actor" in one] == [
        ("downloadAttachment", ["content"], "attachment")
    ]


async def test_what_a_mail_brings_is_kept_whatever_it_is(
    agent: Client, platform: Platform, uow: UnitOfWork, question: str, work: Work
) -> None:
    question_id = UUID(question.rsplit("/", 1)[1])
    message_id = await uow.fetchval("SELECT id FROM message WHERE question_id = $1 LIMIT 1", question_id)
    service = AttachmentService(platform.work(uow, None, "test", "test"))
    brought = {"plan.pdf": PDF, "alles.zip": REFUSED["alles.zip"][0], "": b"", "groot.txt": b"a" * (LARGEST + 1)}
    for name, content in brought.items():
        await service.attach(question_id, message_id, name, content)
    await service._work.uow.commit()
    await work()
    shown = (await agent.get(question)).json()["attachments"]
    assert [(one["name"], one["state"], one.get("finding")) for one in shown] == [
        ("plan.pdf", "clean", None),
        ("alles.zip", "error", "typeNotAllowed"),
        ("bijlage", "error", "empty"),
        ("groot.txt", "error", "tooLarge"),
    ]
    assert {one["messageId"] for one in shown} == {str(message_id)}
    assert not any("authorId" in one for one in shown)
    for one in shown[1:]:
        assert kind(await agent.get(f"{question}/attachments/{one['id']}/content")) == (409, "attachmentUnusable")
