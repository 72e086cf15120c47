"""Fetching mail from a real IMAP server: nothing lost, nothing doubled, whatever happens in between."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.contacts.inbound.rules import read
from backend.contacts.mailboxes import jobs
from backend.contacts.mailboxes.jobs import FETCH, Fetcher, plan_fetches
from backend.kit.blobs import read_blob
from backend.kit.db import Row, UnitOfWork
from backend.kit.imap import ImapAccount, ImapAway, ImapFolder
from backend.kit.outbox import Effect
from backend.kit.reach import EVERYTHING
from tests.backend.contacts.mailboxes.dovecot import PASSWORD, Dovecot, running

pytestmark = pytest.mark.anyio


def mail(number: int) -> bytes:
    head = f"From: jef@voorbeeld.be\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@voorbeeld.be>\r\n"
    return f"{head}\r\nTekst {number}\r\n".encode()


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    folder = Path(tempfile.mkdtemp(prefix="onthaal-dovecot-"))
    folder.chmod(0o755)  # its processes are not root
    try:
        with running(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Box:
    """A mailbox here and its folder there, of one test."""

    def __init__(self, platform: Platform, uow: UnitOfWork, server: Dovecot, user: str) -> None:
        self.platform = platform
        self.uow = uow
        self.server = server
        self.user = user
        self.id = uuid7()

    async def add(self, *, done_folder: str | None = None, password: str = PASSWORD) -> None:
        sealed = self.platform.keys.encrypt(password, table="mailbox", column="password", row=self.id)
        await self.uow.execute(
            """INSERT INTO mailbox (id, address, name, kind, protocol, host, port, tls, folder, done_folder, username,
                      password, active, created_at)
               VALUES ($1, $2, 'Sport', 'question', 'imap', '127.0.0.1', $3, 'none', 'INBOX', $4, $5, $6, true,
                      now())""",
            self.id, f"{self.user}@stad.be", self.server.port, done_folder, self.user, sealed,
        )  # fmt: skip

    def put(self, *numbers: int, seen: bool = False) -> None:
        self.server.put(*map(mail, numbers), user=self.user, seen=seen)

    async def look(self, *, finish: bool = True) -> None:
        """One look, as the worker does; without `finish` it is killed at the end."""
        fetcher = Fetcher(self.platform.database, lambda trace: self.platform.unit(None, FETCH, trace))
        effect = Effect(
            id=uuid7(), topic=FETCH, ids={"mailbox": str(self.id)}, attempts=1, created_at=datetime.now(UTC)
        )
        done = await fetcher.handler.prepare(effect)
        if finish:
            async with self.platform.database.transaction(EVERYTHING) as uow:
                await done(uow, effect)

    async def kept(self) -> list[str]:
        """The subjects of what was kept, in order."""
        rows = await self.uow.fetch(
            "SELECT i.id, i.blob_id, i.recipient FROM inbound_mail i WHERE i.mailbox_id = $1 ORDER BY i.id", self.id
        )
        return [await self._subject(row["blob_id"]) for row in rows]

    async def _subject(self, blob_id: UUID) -> str:
        async with self.platform.unit(None, FETCH, "look") as work:
            return read(await read_blob(work, blob_id), domain="x.example").subject

    async def state(self) -> Row:
        row = await self.uow.fetchrow("SELECT * FROM mailbox WHERE id = $1", self.id)
        assert row is not None
        return row


@pytest.fixture
def box(platform: Platform, uow: UnitOfWork, dovecot: Dovecot, request: pytest.FixtureRequest) -> Box:
    return Box(platform, uow, dovecot, f"u{abs(hash(request.node.name))}")


async def test_unread_mail_at_first_and_everything_after(box: Box) -> None:
    box.put(1, seen=True)
    box.put(2, 3)
    await box.add()
    await box.look()
    assert await box.kept() == ["Mail 2", "Mail 3"]
    assert box.server.flags(box.user) == [True, True, True]
    box.put(4)
    box.put(5, seen=True)
    await box.look()
    await box.look()
    assert await box.kept() == ["Mail 2", "Mail 3", "Mail 4", "Mail 5"], "also what a colleague has read already"
    state = await box.state()
    assert (state["last_uid"], state["failures"]) == (5, 0)
    assert state["looked_at"] is not None
    queued = await box.uow.fetchval("SELECT count(*) FROM outbox WHERE topic = 'contacts.readMail'")
    assert queued == 4


async def test_what_is_done_moves(box: Box) -> None:
    box.put(1, 2)
    await box.add(done_folder="Verwerkt")
    await box.look()
    assert box.server.flags(box.user) == []
    assert box.server.flags(box.user, "Verwerkt") == [True, True]
    box.put(3)
    await box.look()
    assert await box.kept() == ["Mail 1", "Mail 2", "Mail 3"]


@pytest.mark.parametrize("first", [True, False])
async def test_a_crash_between_commit_and_mark(box: Box, monkeypatch: pytest.MonkeyPatch, *, first: bool) -> None:
    """The mail is kept and its server does not know: the next look neither fetches it again nor leaves it unread."""

    def gone(*_: object) -> None:
        raise ImapAway("fetch: abort")

    await box.add()
    if not first:
        await box.look()
    box.put(1, 2)
    with monkeypatch.context() as patched:
        patched.setattr(ImapFolder, "put_away", gone)
        await box.look(finish=False)
    assert await box.kept() == ["Mail 1", "Mail 2"]
    assert box.server.flags(box.user) == [False, False]
    box.put(3)
    await box.look()
    assert await box.kept() == ["Mail 1", "Mail 2", "Mail 3"]
    assert box.server.flags(box.user) == [True, True, True]


async def test_a_server_that_lets_nobody_mark_a_mail_does_not_keep_others_from_coming(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise ImapAway("put away: ReadOnlyError")

    await box.add()
    await box.look()
    monkeypatch.setattr(ImapFolder, "put_away", refused)
    for number in (1, 2):
        box.put(number)
        await box.look()
    assert await box.kept() == ["Mail 1", "Mail 2"]
    assert (await box.state())["failure"] == "put away: ReadOnlyError"


async def test_killed_at_the_end_of_a_look(box: Box) -> None:
    await box.add()
    box.put(1, 2)
    await box.look(finish=False)
    assert (await box.state())["last_uid"] is None
    box.put(3)
    await box.look()
    assert await box.kept() == ["Mail 1", "Mail 2", "Mail 3"]


async def test_a_folder_that_is_numbered_anew(box: Box) -> None:
    await box.add()
    box.put(1, 2)
    await box.look()
    before = (await box.state())["uid_validity"]
    box.server.renumber(box.user)
    box.put(3)
    await box.look()
    assert (await box.state())["uid_validity"] != before
    assert await box.kept() == ["Mail 1", "Mail 2", "Mail 3"]


async def test_a_mail_that_is_too_large_is_told_of_and_stays(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LARGEST", 1_000)
    await box.add()
    box.server.put(mail(1) + b"x" * 2_000, user=box.user)
    box.put(2)
    await box.look()
    rows = await box.uow.fetch("SELECT state, reason, size FROM inbound_mail WHERE mailbox_id = $1 ORDER BY id", box.id)
    assert [row["state"] for row in rows] == ["quarantined", "received"]
    assert "larger than 30 MB" in rows[0]["reason"]
    assert box.server.flags(box.user) == [False, True]
    await box.look()
    assert len(await box.kept()) == 2


async def test_a_server_that_does_not_let_us_in(box: Box) -> None:
    await box.add(password="verkeerd")
    await box.look()
    await box.look()
    state = await box.state()
    assert (state["failures"], state["failure"]) == (2, "the server refuses the login")
    assert PASSWORD not in str(state["failure"])


async def test_a_server_that_is_away(dovecot: Dovecot) -> None:
    account = ImapAccount(
        host="127.0.0.1", port=1, tls="none", folder="INBOX", username="x", password="geheim", done_folder=None
    )
    with pytest.raises(ImapAway, match=r"^connect: ConnectionRefusedError$"), ImapFolder(account):
        pass
    assert "geheim" not in repr(account)
    assert dovecot.port


async def test_every_mailbox_has_its_turn(box: Box) -> None:
    await box.add()
    async with box.platform.unit(None, FETCH, "sweep") as work:
        assert await plan_fetches(work) == 1
    async with box.platform.unit(None, FETCH, "sweep") as work:
        assert await plan_fetches(work) == 0, "it waits already"
    await box.uow.execute("UPDATE outbox SET done_at = now()")
    await box.uow.execute("UPDATE mailbox SET looked_at = now(), failures = 5, failure = 'x'")
    async with box.platform.unit(None, FETCH, "sweep") as work:
        assert await plan_fetches(work) == 0, "one that fails is left alone for a while"
