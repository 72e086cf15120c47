"""A mail server that keeps every message in a maildir instead of delivering it (library aiosmtpd).

Run as a process: `python -m backend.kit.embedded.mailsink --maildir DIR --port-file FILE`.
"""

import argparse
import asyncio
import email
import email.policy
import hashlib
import mailbox
import os
import re
import signal
import socket
import sys
import uuid
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from pathlib import Path

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from backend.kit.embedded.supervisor import Part

SIZE_LIMIT = 25_000_000
"""Bytes of one message."""
MAIL_ID = re.compile(r"[0-9a-f]{32}\Z")


class MailSummary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One kept message, without its content.

    Attributes:
        id: name to read it with.
        date: when it was kept.
        sender: address of the From header.
        to: envelope recipients.
    """

    id: str
    date: datetime
    sender: str = msgspec.field(name="from")
    to: list[str]
    subject: str
    message_id: str | None


class MailSink:
    """The sink as a part of an installation.

    Args:
        maildir: folder that keeps the messages; made when missing.
        port: fixed port on the loopback address.
    """

    def __init__(self, maildir: Path, port: int, *, host: str = "127.0.0.1") -> None:
        self.maildir = maildir
        self.port = port
        self.host = host

    def command(self) -> list[str]:
        """Give program and arguments of the process."""
        options = {"maildir": self.maildir, "host": self.host, "port": self.port}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return [sys.executable, "-m", "backend.kit.embedded.mailsink", *words]

    def ready(self) -> bool:
        """Tell whether it greets a client now."""
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def url(self) -> str:
        """Give its address for SMTP_URL."""
        return f"smtp://{self.host}:{self.port}"

    def part(self, name: str = "mail") -> Part:
        """Describe it for the supervisor."""
        root = Path(__file__).parents[3]  # where `backend` is found, whatever folder the user is in
        return Part(name=name, command=self.command(), ready=self.ready, popen_options={"cwd": root})


class Keeper:
    """Handler of aiosmtpd: keeps each message durably before it is acknowledged.

    Args:
        maildir: folder that keeps the messages.
        fail_first: refuse this many messages for the time being (451) before the first is accepted.
    """

    def __init__(self, maildir: Path, fail_first: int = 0) -> None:
        for part in ("tmp", "new", "cur"):  # mailbox.Maildir makes them only together with the folder itself
            (maildir / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._maildir = maildir
        self._failures = fail_first

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer 250 once the message is on disk; the name is fixed by aiosmtpd."""
        if self._failures > 0:
            self._failures -= 1
            return "451 4.3.0 Not now, try again later"
        try:
            name = await asyncio.to_thread(self._keep, envelope)
        except OSError as error:  # disk full: the sender keeps it and comes back
            return f"451 4.3.1 Cannot keep it now ({error.strerror})"
        return f"250 2.0.0 Kept as {name}"

    def _keep(self, envelope: Envelope) -> str:
        """Keep the message once; its name follows from its Message-ID, so that needs no index.

        A sender that missed our 250 because of a crash sends the same message again: that one is known.
        """
        content = envelope.original_content or b""
        message_id = str(BytesHeaderParser().parsebytes(content).get("Message-ID", "")).strip()
        name = hashlib.sha256((message_id or uuid.uuid4().hex).encode()).hexdigest()[:32]
        head = [
            f"X-Envelope-From: {envelope.mail_from or ''}",
            f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}",
            f"X-Kept-At: {datetime.now(UTC).isoformat()}",
        ]
        fresh = self._maildir / "tmp" / uuid.uuid4().hex
        with fresh.open("wb") as file:
            file.write("".join(f"{line}\r\n" for line in head).encode() + content)
            file.flush()
            os.fsync(file.fileno())
        if not any((self._maildir / "cur").glob(f"{name}*")):
            _link(fresh, self._maildir / "new" / name)
        fresh.unlink()
        return name


def list_mails(maildir: Path) -> list[MailSummary]:
    """List the kept messages, oldest first; empty when there is no maildir yet."""
    if not (maildir / "new").is_dir():
        return []
    box = mailbox.Maildir(maildir, create=False)
    mails = [_summary(name, box.get_bytes(name)) for name in box.keys()]  # noqa: SIM118 (iterating gives messages)
    return sorted(mails, key=lambda mail: (mail.date, mail.id))


def read_mail(maildir: Path, mail_id: str) -> EmailMessage:
    """Read one kept message; LookupError when there is none of that id."""
    if MAIL_ID.match(mail_id) is None:
        raise LookupError(mail_id)
    try:
        content = mailbox.Maildir(maildir, create=False).get_bytes(mail_id)
    except mailbox.NoSuchMailboxError:
        raise LookupError(mail_id) from None
    return email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)


async def serve(keeper: Keeper, host: str, port: int, port_file: Path | None) -> None:
    """Serve until SIGTERM or SIGINT; `port_file` gets the port once it listens (for port 0)."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def session() -> SMTP:
        return SMTP(keeper, hostname="localhost", ident="Onthaal mail sink", data_size_limit=SIZE_LIMIT)

    server = await loop.create_server(session, host, port)
    if port_file is not None:
        fresh = port_file.with_suffix(".new")
        fresh.write_text(str(server.sockets[0].getsockname()[1]))
        fresh.replace(port_file)
    await stop.wait()
    server.close()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description="Keeps mail in a maildir instead of delivering it.")
    parser.add_argument("--maildir", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--port-file", type=Path, help="gets the port once it listens")
    parser.add_argument("--fail-first", type=int, default=0, metavar="N", help="answer 451 to the first N messages")
    options = parser.parse_args()
    keeper = Keeper(options.maildir, options.fail_first)
    asyncio.run(serve(keeper, options.host, options.port, options.port_file))


def _link(source: Path, target: Path) -> None:
    """Give `source` the name `target` unless it exists, durably."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _summary(name: str, content: bytes) -> MailSummary:
    message = BytesHeaderParser(policy=email.policy.default).parsebytes(content)
    to = str(message.get("X-Envelope-To", ""))
    return MailSummary(
        id=name,
        date=datetime.fromisoformat(str(message["X-Kept-At"])),
        sender=parseaddr(str(message.get("From", "")))[1],
        to=[address for address in to.split(", ") if address],
        subject=str(message.get("Subject", "")),
        message_id=str(message["Message-ID"]).strip() if message["Message-ID"] else None,
    )


if __name__ == "__main__":
    main()
