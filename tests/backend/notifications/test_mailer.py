import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from msgspec.structs import replace

from backend.kit.embedded.mailsink import list_mails, read_mail
from backend.kit.embedded.places import free_port
from backend.kit.outbox import DeadLetter
from backend.notifications.errors import MailAway, MailRefused
from backend.notifications.service import Mailer
from backend.notifications.service import mailer as module
from tests.backend.notifications.conftest import MAIL, Server, Sink

pytestmark = pytest.mark.anyio

ECHO = "<an@burger.example>: no such person"


def mailer(address: int | str) -> Mailer:
    url = address if isinstance(address, str) else f"smtp://127.0.0.1:{address}"
    return Mailer(url, "onthaal@stad.example", "Stad Één")


class Replies:
    """Handler that answers as told and keeps what came through."""

    def __init__(self, rcpt: str = "", data: str = "250 ok") -> None:
        self.rcpt = rcpt
        self.data = data
        self.kept: list[Envelope] = []
        self.logins: list[LoginPassword] = []
        self.encrypted: list[bool] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802 aiosmtpd's name
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        self.kept.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return self.data

    def login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
        self.logins.append(given)
        return AuthResult(success=given.password == b"geheim", handled=False)


async def test_a_mail_arrives_once_however_often_it_is_sent(start_sink: Callable[..., Sink]) -> None:
    sink = start_sink()
    out = mailer(sink.url)
    await out.send(MAIL)
    await out.send(MAIL)
    await out.send(replace(MAIL, message_id="019a-7c", to="Jan@Burger.example"))
    first, second = list_mails(sink.maildir)
    assert (first.message_id, first.to, first.sender) == (
        "<019a-7b@stad.example>", ["an@burger.example"], "onthaal@stad.example",
    )  # fmt: skip
    assert first.message_id == out.message_id(MAIL.message_id)
    assert (second.message_id, second.to) == ("<019a-7c@stad.example>", ["jan@burger.example"])
    kept = read_mail(sink.maildir, first.id)
    assert kept["X-Envelope-From"] == "onthaal@stad.example"
    assert kept["Subject"] == MAIL.subject
    body = kept.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == MAIL.text


async def test_a_server_that_is_busy_gets_it_later(start_sink: Callable[..., Sink]) -> None:
    sink = start_sink("--fail-first", "1")
    out = mailer(sink.url)
    with pytest.raises(MailAway, match=r"451 4\.3\.0"):
        await out.send(MAIL)
    await out.send(MAIL)
    assert len(list_mails(sink.maildir)) == 1


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({"rcpt": f"550 5.1.1 {ECHO}"}, "recipient refused: 550 5.1.1"),
        ({"rcpt": f"553 {ECHO}"}, "recipient refused: 553"),
        ({"data": f"554 5.7.1 {ECHO}"}, "content refused: 554 5.7.1"),
    ],
)
async def test_a_refusal_for_good_is_a_dead_letter_without_the_address(
    smtp_server: Server, replies: dict[str, str], reason: str
) -> None:
    with pytest.raises(DeadLetter) as refused:
        await mailer(await smtp_server(Replies(**replies))).send(MAIL)
    assert isinstance(refused.value, MailRefused)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({"rcpt": f"450 4.2.1 {ECHO}"}, "the server answered 450 4.2.1"),
        ({"data": f"452 {ECHO}"}, "the server answered 452"),
        ({"rcpt": "530 5.7.0 log in first"}, "the server answered 530 5.7.0"),
        ({"rcpt": "421 4.3.2 closing"}, "the server answered 421 4.3.2"),
    ],
)
async def test_a_refusal_for_now_is_tried_again(smtp_server: Server, replies: dict[str, str], reason: str) -> None:
    with pytest.raises(MailAway) as away:
        await mailer(await smtp_server(Replies(**replies))).send(MAIL)
    assert str(away.value) == reason


async def test_without_a_valid_recipient_nothing_is_sent(smtp_server: Server) -> None:
    handler = Replies()
    with pytest.raises(DeadLetter):
        await mailer(await smtp_server(handler)).send(replace(MAIL, to="an@burger.example\r\nRCPT TO:<b@c.example>"))
    assert handler.kept == []


async def test_a_server_that_is_away() -> None:
    out = mailer(free_port("127.0.0.1"))
    with pytest.raises(MailAway, match="no connection"):
        await out.send(MAIL)
    assert not await out.ready()


async def test_without_a_server_mail_waits() -> None:
    out = mailer("")
    with pytest.raises(MailAway, match="SMTP_URL"):
        await out.send(MAIL)
    assert not await out.ready()


@asynccontextmanager
async def raw_server(answers: list[bytes], *, hang_up: bool = True) -> AsyncIterator[int]:
    """A server that gives these answers, one per command, and then hangs up or keeps silent; gives its port."""
    sessions: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(answer)
            line = await reader.readline()
            while answer.startswith(b"354") and line not in {b".\r\n", b""}:
                line = await reader.readline()
        if not hang_up:
            await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sessions.append(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_server(start, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*sessions)


async def test_a_server_that_keeps_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_SECONDS", 0.05)
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.05)
    async with raw_server([], hang_up=False) as port:
        with pytest.raises(MailAway, match="too long"):
            await mailer(port).send(MAIL)
        assert not await mailer(port).ready()


TAKEN = [b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 kept\r\n"]


async def test_a_line_cut_after_the_mail_was_taken_is_no_failure() -> None:
    async with raw_server(TAKEN) as port:
        await mailer(port).send(MAIL)


@pytest.mark.parametrize("answers", range(len(TAKEN)))
async def test_a_line_cut_before_the_mail_was_taken_is_tried_again(answers: int) -> None:
    async with raw_server(TAKEN[:answers]) as port:
        with pytest.raises(MailAway, match="no connection"):
            await mailer(port).send(MAIL)


async def test_encryption_is_used_when_offered(smtp_server: Server, certificate: ssl.SSLContext) -> None:
    handler = Replies()
    await mailer(await smtp_server(handler, tls_context=certificate)).send(MAIL)
    assert handler.encrypted == [True]


async def test_a_server_nobody_vouches_for_gets_no_password(smtp_server: Server, certificate: ssl.SSLContext) -> None:
    handler = Replies()
    options = {"authenticator": handler.login, "auth_require_tls": False}
    servers = {
        await smtp_server(handler, **options): "STARTTLS extension not supported",
        await smtp_server(handler, tls_context=certificate, **options): "certificate verify failed",
    }
    for port, reason in servers.items():
        out = mailer(f"smtp://onthaal:geheim@127.0.0.1:{port}")
        assert out._server is not None
        out._server = replace(out._server, verified=True)  # as for a server on another machine
        with pytest.raises(MailAway, match=reason):
            await out.send(MAIL)
    wrapped = await smtp_server(handler, tls=certificate, **options)
    with pytest.raises(MailAway, match="certificate"):
        await mailer(f"smtps://onthaal:geheim@127.0.0.1:{wrapped}").send(MAIL)
    assert handler.logins == []
    assert handler.kept == []


async def test_it_logs_in_and_a_wrong_password_kills_no_mail(smtp_server: Server) -> None:
    handler = Replies()
    port = await smtp_server(handler, authenticator=handler.login, auth_require_tls=False)
    await mailer(f"smtp://onthaal:geheim@127.0.0.1:{port}").send(MAIL)
    assert len(handler.kept) == 1
    wrong = mailer(f"smtp://onthaal:fout@127.0.0.1:{port}")
    with pytest.raises(MailAway, match="535"):
        await wrong.send(MAIL)
    assert not await wrong.ready()
    assert len(handler.kept) == 1


async def test_ready_is_remembered_for_a_while(smtp_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    out = mailer(await smtp_server(Replies()))
    assert await out.ready()
    assert out._server is not None
    out._server = replace(out._server, port=free_port("127.0.0.1"))
    assert await out.ready()
    monkeypatch.setattr(module, "REMEMBER_SECONDS", 0.0)
    assert not await out.ready()


def test_a_wrong_configuration_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="ONTHAAL_MAIL_FROM"):
        Mailer("smtp://127.0.0.1", "Stad", "Stad")
    with pytest.raises(ValueError, match="SMTP_URL"):
        Mailer("127.0.0.1:25", "onthaal@stad.example", "Stad")
