"""The door over a real socket: what a mail server hears, and what is in the database when it hears it."""

import asyncio
import contextlib
import hashlib
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from backend.app import Platform
from backend.commands.mail_in import receive
from backend.kit.db import Database
from backend.kit.embedded.places import free_port
from backend.kit.mail_in import LARGEST
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.backend.contacts.inbound.mails import OUTLOOK
from tests.backend.contacts.inbound.office import FROM, LOKET

pytestmark = pytest.mark.anyio

INFO = "info@zonderwater.example"
RAW = OUTLOOK.decode("latin-1").encode("ascii", "replace")
_BOX = """
INSERT INTO mailbox (id, address, name, kind, protocol, port, tls, folder, active, created_at)
VALUES (gen_random_uuid(), $1, 'Loket', 'question', $2, 993, 'implicit', 'INBOX', $3, now())
"""
_KEPT = "SELECT recipient, envelope_sender, state, size FROM inbound_mail ORDER BY id"


@pytest.fixture
async def base(own_database: str) -> AsyncIterator[Database]:
    async with Database(own_database, role=APPLICATION, size=2) as database:
        async with database.transaction() as uow:
            for address, active in ((LOKET, True), (INFO, True), ("oud@zonderwater.example", False)):
                await uow.execute(_BOX, address, "lmtp", active)
        yield database


async def kept(base: Database) -> list[Any]:
    async with base.begin(EVERYTHING) as uow:
        return await uow.fetch(_KEPT)


@contextlib.asynccontextmanager
async def listening(settings: Settings, **changes: Any) -> AsyncIterator[int]:
    """The intake in this event loop; gives its port."""
    fields = {name: getattr(settings, name) for name in Settings.__struct_fields__} | {"mail_in_port": 0, **changes}
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(receive(Platform(Settings(**fields)), stop, ready))
    try:
        yield await ready
    finally:
        stop.set()
        await running


async def say(port: int, *lines: bytes) -> list[bytes]:
    """What the server answers to each of these lines; the last line of an answer counts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = [await reader.readline()]
    for line in lines:
        writer.write(line + b"\r\n")
        while (answer := await reader.readline())[3:4] == b"-":
            pass
        answers.append(answer)
    writer.close()
    return answers[1:]


def send(port: int, to: list[str], content: bytes = RAW, sender: str = "jef@voorbeeld.be") -> dict[str, Any]:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mx.example", timeout=20) as client:
        return client.sendmail(sender, to, content)


async def test_yes_means_committed(settings: Settings, base: Database, own_database: str) -> None:
    async with listening(settings, database_url=own_database) as port:
        assert await asyncio.to_thread(send, port, [LOKET, "Info+iets@Zonderwater.EXAMPLE", FROM]) == {}
        rows = await kept(base)
        assert [row["recipient"] for row in rows] == [LOKET, INFO, FROM]
        assert {(row["state"], row["envelope_sender"], row["size"]) for row in rows} == {
            ("received", "jef@voorbeeld.be", len(RAW))
        }
        assert await asyncio.to_thread(send, port, [LOKET]) == {}, "brought twice"
        assert len(await kept(base)) == 3
        assert await asyncio.to_thread(send, port, [LOKET], b"Subject: x\r\n\r\nrapport", "") == {}
        assert (await kept(base))[-1]["envelope_sender"] == ""
    async with base.begin(EVERYTHING) as uow:
        assert await uow.fetchval("SELECT count(*) FROM outbox WHERE topic = 'contacts.readMail'") == 4
        content = await uow.fetchval("SELECT string_agg(content, '') FROM blob")
        assert b"ge=EFnteresseerd" not in content


async def test_what_is_refused(settings: Settings, base: Database, own_database: str) -> None:
    async with listening(settings, database_url=own_database) as port:
        greeting = (b"EHLO mx.example", b"MAIL FROM:<jef@voorbeeld.be>")
        for address in (b"niemand@zonderwater.example", b"oud@zonderwater.example", b"loket@elders.example"):
            assert (await say(port, *greeting, b"RCPT TO:<" + address + b">"))[-1].startswith(b"550 5.1.1")
        large = b"MAIL FROM:<jef@voorbeeld.be> SIZE=%d" % (LARGEST + 1)
        assert (await say(port, b"EHLO mx.example", large))[-1].startswith(b"552")
        with pytest.raises(smtplib.SMTPDataError) as refused:
            await asyncio.to_thread(_too_much, port)
        assert refused.value.smtp_code == 552
    assert await kept(base) == []


def _too_much(port: int) -> None:
    """A client that does not say how large it is."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mx.example", timeout=60) as client:
        client.ehlo()
        client.esmtp_features.pop("size")
        client.sendmail("jef@voorbeeld.be", [LOKET], b"Subject: x\r\n\r\n" + (b"x" * 9_998 + b"\r\n") * 3_200)


async def test_what_is_odd_is_taken(settings: Settings, base: Database, own_database: str) -> None:
    """A line longer than the standard allows, bytes beyond ASCII: refusing those would lose a mail."""
    odd = b"From: a@voorbeeld.be\r\nSubject: caf\xe9\r\n\r\n" + b"x" * 200_000 + b"\r\n"
    async with listening(settings, database_url=own_database) as port:
        assert await asyncio.to_thread(send, port, [LOKET], odd) == {}
    assert [row["size"] for row in await kept(base)] == [len(odd)]


async def test_lmtp_answers_for_each_recipient(settings: Settings, base: Database, own_database: str) -> None:
    async with listening(settings, database_url=own_database) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = [b"LHLO mx.example", b"MAIL FROM:<>"]
        lines += [b"RCPT TO:<" + address.encode() + b">" for address in (LOKET, "niemand@elders.example", INFO)]
        await reader.readline()
        for line in [*lines, b"DATA"]:
            writer.write(line + b"\r\n")
            while (await reader.readline())[3:4] == b"-":
                pass
        writer.write(RAW + b"\r\n.\r\n")
        assert [await reader.readline() for _ in range(2)] == [b"250 2.0.0 Kept\r\n"] * 2
        writer.close()
    assert [row["recipient"] for row in await kept(base)] == [LOKET, INFO]


async def test_while_the_database_is_away_the_sender_keeps_it(settings: Settings, own_database: str) -> None:
    assert own_database
    away = f"postgresql+asyncpg://x@127.0.0.1:{free_port('127.0.0.1')}/x"
    async with listening(settings, database_url=away) as port:
        answers = await say(port, b"EHLO mx", b"MAIL FROM:<jef@voorbeeld.be>", b"RCPT TO:<" + LOKET.encode() + b">")
        assert answers[-1].startswith(b"451 4.3.0")


async def test_a_commit_that_fails_is_no_yes(
    settings: Settings, base: Database, own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> None:
        raise ConnectionResetError

    async with listening(settings, database_url=own_database) as port:
        monkeypatch.setattr("backend.contacts.inbound.jobs.keep", lost)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            await asyncio.to_thread(send, port, [LOKET])
        assert refused.value.smtp_code == 451
    assert await kept(base) == []


@pytest.fixture
def door(settings: Settings, own_database: str, tmp_path: Path) -> Iterator[Callable[[], tuple[int, int]]]:
    """Starts `onthaal mail-in`; gives process id and port."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> tuple[int, int]:
        port = free_port("127.0.0.1")
        env = {
            **os.environ,
            "ONTHAAL_DATA": settings.data,
            "DATABASE_URL": own_database,
            "REDIS_URL": settings.redis_url,
            "ONTHAAL_MAIL_IN_PORT": str(port),
        }
        with (tmp_path / "mail-in.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "backend.cli", "mail-in"], env=env, stdout=log, stderr=log
            )
        started.append(process)
        while process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return process.pid, port
            time.sleep(0.05)
        raise AssertionError((tmp_path / "mail-in.log").read_text())

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        assert process.wait(timeout=30) in {0, -signal.SIGKILL}


async def test_killed_before_the_commit_nothing_is_promised(
    base: Database, own_database: str, door: Callable[[], tuple[int, int]]
) -> None:
    pid, port = await asyncio.to_thread(door)
    admin = await asyncpg.connect(own_database.replace("+asyncpg", ""))
    try:
        held = f"inboundMail {hashlib.sha256(RAW).hexdigest()}"  # by which the same mail is kept one at a time
        await admin.execute("SELECT pg_advisory_lock(hashtextextended($1, 7421004))", held)
        sending = asyncio.create_task(asyncio.to_thread(send, port, [LOKET]))
        for _ in range(500):
            if await admin.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"):
                break
            await asyncio.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            await sending
        assert await kept(base) == []
    finally:
        await admin.close()
    _, port = await asyncio.to_thread(door)
    assert await asyncio.to_thread(send, port, [LOKET]) == {}
    assert len(await kept(base)) == 1
