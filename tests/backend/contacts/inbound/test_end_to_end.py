"""A customer's mail over SMTP, our clarification in the embedded mail sink, the customer's answer: one question."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from backend.app import Platform, create_litestar, development_issuer
from backend.commands.mail_in import receive
from backend.contacts.rules import State
from backend.kit.boundary import Boundary
from backend.kit.embedded.mailsink import MailSink, list_mails, read_mail
from backend.kit.embedded.places import free_port
from backend.kit.embedded.supervisor import Part
from backend.kit.metrics import observe
from backend.kit.reach import EVERYTHING
from backend.settings import Settings
from backend.worker import work as run_worker
from tests.backend.contacts.inbound.office import FROM, LOKET
from tests.backend.contacts.test_life import do
from tests.conftest import Client
from tests.description import DescriptionCheck
from tests.people import People, add_people

pytestmark = pytest.mark.anyio

JEF = "jef.maes@voorbeeld.be"


class City:
    """A small installation: the door, a worker, an API, and a mail server that keeps what is sent."""

    def __init__(self, platform: Platform, people: People, port: int, maildir: Path) -> None:
        self.platform = platform
        self.people = people
        self.port = port
        self.maildir = maildir

    async def send(self, message: EmailMessage, to: str) -> None:
        def deliver() -> None:
            with smtplib.SMTP("127.0.0.1", self.port, local_hostname="mx.voorbeeld.be", timeout=20) as client:
                client.send_message(message, from_addr=JEF, to_addrs=[to])

        await asyncio.to_thread(deliver)

    async def got(self, count: int) -> EmailMessage:
        """The customer's mail number `count`, once it is there."""
        for _ in range(1_200):
            kept = [one for one in list_mails(self.maildir) if JEF in one.to]
            if len(kept) >= count:
                return read_mail(self.maildir, kept[count - 1].id)
            await asyncio.sleep(0.05)
        raise AssertionError(f"mail {count} never came")

    async def questions(self, *, processed: int) -> list[Any]:
        """All questions, once so many mails were read."""
        for _ in range(1_200):
            async with self.platform.database.begin(EVERYTHING) as uow:
                if await uow.fetchval("SELECT count(*) FROM inbound_mail WHERE state = 'processed'") == processed:
                    return await uow.fetch("SELECT id, reference, state FROM question")
            await asyncio.sleep(0.05)
        raise AssertionError("the mail was never read")


async def _started(part: Part) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(*part.command, cwd=part.popen_options["cwd"])
    for _ in range(600):
        if part.ready is None or await asyncio.to_thread(part.ready):
            return process
        await asyncio.sleep(0.05)
    raise AssertionError("the mail sink does not answer")


@pytest.fixture
async def city(settings: Settings, own_database: str, tmp_path: Path) -> AsyncIterator[City]:
    maildir = tmp_path / "mail"
    sink = MailSink(maildir, free_port("127.0.0.1"))
    process = await _started(sink.part())
    fields = {name: getattr(settings, name) for name in Settings.__struct_fields__}
    changes = {"database_url": own_database, "smtp_url": sink.url(), "mail_from": FROM, "mail_in_port": 0}
    platforms = [Platform(Settings(**fields | changes)) for _ in range(3)]
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    running = [
        asyncio.create_task(receive(platforms[0], stop, ready)),
        asyncio.create_task(run_worker(platforms[1], stop)),
    ]
    try:
        async with platforms[2].database.transaction() as uow:
            people = await add_people(uow, development_issuer(settings))
            await uow.execute(
                """INSERT INTO mailbox (id, address, name, kind, protocol, port, tls, folder, active, created_at) VALUES
                   (gen_random_uuid(), $1, 'Loket', 'question', 'lmtp', 993, 'implicit', 'INBOX', true, now())""",
                LOKET,
            )
        yield City(platforms[2], people, await ready, maildir)
    finally:
        stop.set()
        await asyncio.gather(*running)
        process.terminate()
        await process.wait()


def reply_to(received: EmailMessage, text: str) -> EmailMessage:
    """What a mail program makes of it when its reader answers."""
    answer = EmailMessage()
    answer["From"] = f"Jef Maes <{JEF}>"
    answer["To"] = received["Reply-To"] or received["From"]
    answer["Subject"] = f"Re: {received['Subject']}"
    answer["Message-ID"] = "<antwoord@voorbeeld.be>"
    answer["In-Reply-To"] = received["Message-ID"]
    answer["References"] = f"{received['References'] or ''} {received['Message-ID']}".strip()
    body = received.get_body(("plain",))
    assert body is not None
    earlier = "\n".join(f"> {line}" for line in body.get_content().splitlines())
    answer.set_content(f"{text}\n\nOp ma 23 nov. 2026 om 10:12 schreef Stad Zonderwater <{FROM}>:\n{earlier}\n")
    return answer


async def test_a_mail_and_the_answer_to_our_answer_are_one_question(city: City, description: DescriptionCheck) -> None:
    first = EmailMessage()
    first["From"], first["To"], first["Subject"] = f"Jef Maes <{JEF}>", LOKET, "Reispas voor mijn zoon"
    first["Message-ID"] = "<vraag@voorbeeld.be>"
    first.set_content("Hoe lang duurt het?")
    await city.send(first, LOKET)
    acknowledgement = await city.got(1)
    ((question, reference, state),) = [tuple(row) for row in await city.questions(processed=1)]
    assert state == State.NEW
    assert f"[{reference}]" in str(acknowledgement["Subject"])
    assert acknowledgement["In-Reply-To"] == "<vraag@voorbeeld.be>"

    litestar = create_litestar(city.platform)
    async with litestar.lifespan(), Client(Boundary(litestar, observe=observe), description) as anonymous:
        agent = anonymous.as_user(city.people.tokens["agent"])
        await do(agent, str(question), "claim")
        asked = await do(agent, str(question), "clarify", {"text": "Hoe oud is je zoon?"})
        assert asked.json()["state"] == "waitingForCustomer"
        clarification = await city.got(2)
        assert clarification["Reply-To"] == LOKET
        assert "<vraag@voorbeeld.be>" in str(clarification["References"])
        await city.send(reply_to(clarification, "Hij is acht."), str(clarification["Reply-To"]))
        assert [row["id"] for row in await city.questions(processed=2)] == [question]
        view = (await agent.get(f"/questions/{question}")).json()
        assert view["state"] == "inProgress"
        assert view["messages"][-1]["text"] == "Hij is acht."
        assert "> " in view["messages"][-1]["fullText"]
        assert view["timeline"][-1]["type"] == "replied"
