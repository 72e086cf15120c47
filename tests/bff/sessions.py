"""Somebody who is logged in, without a login: a session straight in the store of a channel."""

from litestar import Litestar

from bff.app import Mounted
from bff.session import Sessions


def channel_of(mounted: Mounted, name: str) -> Litestar:
    """The application of a mounted channel."""
    app = mounted._edges[f"/{name}"].app
    assert isinstance(app, Litestar)
    return app


async def sign_in(app: Litestar, subject: str, *, capacity: str | None = None, **known: str) -> dict[str, str]:
    """Cookies of a new session.

    Args:
        app: the channel, from `channel_of`.
        subject: user id, customer id or `visitor`.
        capacity: `BUR`, `EA` or `VER`.
        known: to fill in beforehand (`givenName=...`).
    """
    sessions: Sessions = app.state.sessions
    name = " ".join(filter(None, (known.get("givenName"), known.get("familyName")))) or "Test"
    token, _ = await sessions.start(subject, name, capacity=capacity, known=known)
    return {sessions.cookie: token}


def cookie(cookies: dict[str, str]) -> dict[str, str]:
    """The same as a header, for a client that keeps secure cookies to itself over http."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
