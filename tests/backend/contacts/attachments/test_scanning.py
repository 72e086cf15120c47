"""Scanning in the background: what is harmful is told and never given out, a scanner that is away is waited for."""

from typing import Any
from uuid import UUID

import pytest

from backend.app import Platform
from backend.contacts.attachments.rules import PER_MESSAGE
from backend.contacts.attachments.service import SCAN, AttachmentService
from backend.kit.db import UnitOfWork
from backend.kit.outbox import RETRIES, replay
from backend.kit.problems import ProblemError
from backend.kit.scanner import Scanner
from backend.kit.work import Work as UnitWork
from tests.backend.contacts.attachments.conftest import Attach, Work
from tests.backend.contacts.attachments.files import PDF
from tests.conftest import Client
from tests.simulators.clamd import EICAR, SIGNATURE, Clamd

pytestmark = pytest.mark.anyio

ROW = (
    "SELECT id, attempts, reason, done_at IS NOT NULL AS done, dead_at IS NOT NULL AS dead FROM outbox WHERE topic = $1"
)
LAST = "UPDATE outbox SET attempts = $2 WHERE topic = $1"
AWAY = "tcp://127.0.0.1:1"


async def only(agent: Client, question: str) -> dict[str, Any]:
    """The one attachment of the question."""
    (shown,) = (await agent.get(question)).json()["attachments"]
    found: dict[str, Any] = shown
    return found


async def test_what_is_harmful_is_told_and_never_given_out(
    agent: Client, question: str, attach: Attach, work: Work, clamd: Clamd
) -> None:
    made = (await attach("factuur.txt", EICAR)).json()
    await work()
    assert clamd.scanned == [EICAR]
    page = (await agent.get(question)).json()
    shown = page["attachments"][0]
    assert (shown["state"], shown["finding"]) == ("infected", SIGNATURE)
    refused = await agent.get(f"{question}/attachments/{made['id']}/content")
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:problem-type:onthaal:attachmentInfected"
    note = page["messages"][-1]
    assert (note["direction"], note["purpose"], "authorId" in note) == ("note", "note", False)
    assert note["text"] == f"De bijlage “factuur.txt” is schadelijk ({SIGNATURE}). Niemand kan ze openen of downloaden."
    assert [one["type"] for one in page["timeline"]] == ["registered", "attached", "noted"]
    await work()
    assert len((await agent.get(question)).json()["timeline"]) == 3, "told once"


async def test_while_the_scanner_is_away_the_file_is_accepted_and_scanned_later(
    agent: Client, question: str, attach: Attach, work: Work, platform: Platform, uow: UnitOfWork
) -> None:
    platform.scanner = Scanner(AWAY)
    assert (await attach("plan.pdf", PDF)).status_code == 201
    await work()
    assert (await only(agent, question))["state"] == "pending"
    row = await uow.fetchrow(ROW, SCAN)
    assert row is not None
    assert (row["attempts"], row["done"], row["dead"]) == (1, False, False)
    assert row["reason"] == "TryAgain: no answer of the scanner (ConnectionRefusedError)"
    async with Clamd().running() as clamd:
        platform.scanner = Scanner(clamd.url)
        await work()
    shown = await only(agent, question)
    assert (shown["state"], "scannedAt" in shown) == ("clean", True)


async def test_at_last_it_is_an_error_until_somebody_replays_it(
    agent: Client, question: str, attach: Attach, work: Work, platform: Platform, uow: UnitOfWork
) -> None:
    platform.scanner = Scanner(AWAY)
    await attach("plan.pdf", PDF)
    await uow.execute(LAST, SCAN, len(RETRIES))
    await work()
    shown = await only(agent, question)
    assert (shown["state"], shown["finding"], "scannedAt" in shown) == ("error", "notScanned", False)
    row = await uow.fetchrow(ROW, SCAN)
    assert row is not None
    assert row["dead"]
    async with Clamd().running() as clamd:
        platform.scanner = Scanner(clamd.url)
        await replay(uow, row["id"])
        await work()
    shown = await only(agent, question)
    assert (shown["state"], "finding" in shown) == ("clean", False)


async def test_a_content_that_does_not_open_is_an_error(
    agent: Client, question: str, attach: Attach, work: Work, platform: Platform, uow: UnitOfWork
) -> None:
    await attach("plan.pdf", PDF)
    ring = platform.keys
    platform.keeper.use(ring.rotated().without(ring.writes))
    await work()
    platform.keeper.use(ring)
    shown = await only(agent, question)
    assert (shown["state"], shown["finding"]) == ("error", "unreadable")
    row = await uow.fetchrow(ROW, SCAN)
    assert row is not None
    assert row["dead"]
    assert "no key of version 1" in row["reason"]


@pytest.fixture
async def service(platform: Platform, uow: UnitOfWork) -> AttachmentService:
    work: UnitWork = platform.work(uow, None, "test", "test")
    return AttachmentService(work)


async def test_clean_files_go_along_with_a_message(
    question: str, attach: Attach, work: Work, clamd: Clamd, uow: UnitOfWork, service: AttachmentService
) -> None:
    """And nothing else does: no strangers, nothing harmful, nothing twice, no more than five."""
    question_id = UUID(question.rsplit("/", 1)[1])
    message_id = await uow.fetchval("SELECT id FROM message WHERE question_id = $1 LIMIT 1", question_id)
    plan, lying, harmful = [
        UUID((await attach(*file)).json()["id"])
        for file in (("plan.pdf", PDF), ("foto.jpg", PDF), ("factuur.txt", EICAR))
    ]

    async def refused(*ids: UUID) -> str:
        with pytest.raises(ProblemError) as error:
            await service.claim_for_message(question_id, message_id, ids)
        return error.value.kind or str(error.value.status)

    assert await refused(plan) == "attachmentPending"
    await work()
    assert len(clamd.scanned) == 3
    assert await refused(plan, harmful) == "attachmentInfected"
    assert await refused(plan, UUID(int=1)) == "400"
    assert await refused(*(UUID(int=number) for number in range(PER_MESSAGE + 1))) == "400"
    assert await service.of_message(message_id) == ()
    await service.claim_for_message(question_id, message_id, [plan, lying, plan])
    files = await service.of_message(message_id)
    assert [(one.name, one.media_type, one.content) for one in files] == [
        ("plan.pdf", "application/pdf", PDF), ("foto.jpg.pdf", "application/pdf", PDF),
    ]  # fmt: skip
    assert await refused(plan) == "attachmentUsed"
