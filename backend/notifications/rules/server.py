"""The address of a mail server as a URL, and how far its connection must be trusted."""

from urllib.parse import unquote, urlsplit

import msgspec

_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION = 587
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail goes.

    Attributes:
        tls: encrypted from the first byte (`smtps`); otherwise STARTTLS when the server offers it.
        verified: encryption and a valid certificate are required: always for `smtps`, and when a password leaves this
            machine. Without either, encryption is used when offered whatever the certificate, because the alternative
            is no encryption at all.
    """

    host: str
    port: int
    tls: bool
    verified: bool
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


def mail_server(url: str) -> MailServer:
    """Read `smtp[s]://[user:password@]host[:port]`.

    Port 25 without one; 587 with a user; 465 for `smtps`.

    Raises:
        ValueError: it is no such URL; the message does not hold it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in _PORTS or parts.path not in {"", "/"} or parts.query:
        raise ValueError("SMTP_URL must be smtp://host:port or smtps://user:password@host:port")
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    return MailServer(
        host=host,
        port=port or (_SUBMISSION if user and not tls else _PORTS[parts.scheme]),
        tls=tls,
        verified=tls or (user is not None and host not in _THIS_MACHINE),
        user=user,
        password=unquote(parts.password or "") if user else None,
    )
