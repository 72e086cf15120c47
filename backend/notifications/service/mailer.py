"""Sending a letter over SMTP (library aiosmtplib), and telling a refusal for good from one for now."""

import asyncio
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.headerregistry import Address
from functools import cached_property

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

from backend.notifications.errors import MailAway, MailRefused
from backend.notifications.rules.envelope import OutgoingMail, compose, message_id, recipient
from backend.notifications.rules.server import mail_server

CONNECT_SECONDS = 2.0
WHOLE_SECONDS = 15.0
REMEMBER_SECONDS = 15.0

_PERMANENT = range(500, 600)
_LOG_IN_FIRST = frozenset({530, 534, 535, 538})
"""Refusals of our login: wrong for every mail until somebody sets it right, so no mail may die of them."""
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


class Mailer:
    """The way out for mail; a connection per mail.

    Args:
        smtp_url: the mail server, `smtp[s]://[user:password@]host[:port]`; empty: no mail leaves.
        sender: address in From and envelope; its domain ends our Message-IDs.
        city: display name in From.

    Raises:
        ValueError: the URL or the sender is not valid.
    """

    def __init__(self, smtp_url: str, sender: str, city: str) -> None:
        self._server = mail_server(smtp_url) if smtp_url else None
        self._sender = _sender(sender, city)
        self._answered = float("-inf")

    def message_id(self, name: str) -> str:
        """The Message-ID (`<name@domain>`) of our mail `name`, for `references` of a later one."""
        return message_id(name, self._sender.domain)

    async def send(self, mail: OutgoingMail) -> None:
        """Hand a mail to the server; returns once the server has taken it over.

        Raises:
            MailRefused: a dead letter: no valid recipient, or a permanent refusal of recipient or content.
            MailAway: not now; sending the same mail again later is right and does not double it.
        """
        # beside the event loop: files of some megabytes take long to write out
        content = await asyncio.to_thread(lambda: compose(mail, self._sender).as_bytes())
        taken = False
        try:
            async with asyncio.timeout(WHOLE_SECONDS), self._connected() as smtp:
                await smtp.mail(self._sender.addr_spec)
                await smtp.rcpt(recipient(mail.to))
                await smtp.data(content)
                taken = True
        except (SMTPException, OSError) as error:
            if not taken:  # what goes wrong after the 250 concerns the connection only
                raise _failure(error) from None

    async def ready(self) -> bool:
        """Whether the server lets us in; a yes is remembered for 15 s, so that probes do not flood it."""
        if time.monotonic() - self._answered < REMEMBER_SECONDS:
            return True
        try:
            async with asyncio.timeout(CONNECT_SECONDS), self._connected():
                self._answered = time.monotonic()
        except (SMTPException, OSError, MailAway):
            return False
        return True

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[SMTP]:
        """A connection, encrypted and logged in as the URL asks."""
        server = self._server
        if server is None:
            raise MailAway("SMTP_URL is not set")
        smtp = SMTP(
            hostname=server.host,
            sock=await _socket(server.host, server.port),
            username=server.user,
            password=server.password,
            local_hostname=self._sender.domain,
            timeout=WHOLE_SECONDS,
            use_tls=server.tls,
            # None: when offered; True: or not at all
            start_tls=True if server.verified and not server.tls else None,
            tls_context=self._context,
        )
        try:
            await smtp.connect()
            yield smtp
            await smtp.quit()
        finally:
            smtp.close()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Made once: reading the authorities of the machine takes longer than a mail."""
        context = ssl.create_default_context()
        if self._server is not None and not self._server.verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _sender(address: str, city: str) -> Address:
    try:
        return Address(display_name=city, addr_spec=recipient(address))
    except MailRefused:
        raise ValueError("ONTHAAL_MAIL_FROM must be an e-mail address") from None


async def _socket(host: str, port: int) -> socket.socket:
    """A connected socket within 2 s; the greeting may take longer, because some servers delay it on purpose."""
    loop = asyncio.get_running_loop()
    failure = OSError("no address")
    async with asyncio.timeout(CONNECT_SECONDS):
        for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            made = socket.socket(family, kind, protocol)
            made.settimeout(0)
            try:
                await loop.sock_connect(made, address)
            except OSError as error:
                made.close()
                failure = error
            except BaseException:  # cancelled: the time is over
                made.close()
                raise
            else:
                return made
    raise failure


def _failure(error: SMTPException | OSError) -> MailAway | MailRefused:
    """What an attempt came to; words of the server stay out, because they may hold the address."""
    if isinstance(error, SMTPResponseException):
        enhanced = _ENHANCED.search(error.message)
        reply = f"{error.code} {enhanced[0]}" if enhanced else str(error.code)
        final = isinstance(error, SMTPRecipientRefused | SMTPDataError) and error.code in _PERMANENT
        if final and error.code not in _LOG_IN_FIRST:
            return MailRefused(f"{'content' if isinstance(error, SMTPDataError) else 'recipient'} refused: {reply}")
        return MailAway(f"the server answered {reply}")
    if isinstance(error, TimeoutError):
        return MailAway("the server took too long")
    cause = error.__cause__ or error
    return MailAway(f"no connection ({type(cause).__name__}: {cause})")
