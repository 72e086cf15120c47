"""What a session holds: who is there, by what means, and what the provider gave."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from bff.settings import Channel

Capacity = Literal["BUR", "EA", "VER"]
"""In what capacity somebody logged in: for oneself, an enterprise, an association (design 7 section 2)."""

VISITOR = "visitor"
"""Subject of somebody who is nobody we know: not logged in, or logged in and no customer yet."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session of a channel lasts."""

    idle: timedelta
    whole: timedelta


STAFF = Life(idle=timedelta(minutes=60), whole=timedelta(hours=10))
CITIZEN = Life(idle=timedelta(minutes=15), whole=timedelta(hours=2))


def life_of(channel: Channel) -> Life:
    """Idle and absolute time-out of a channel (design 5)."""
    return STAFF if channel == "agent" else CITIZEN


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What the identity provider gave; none of it ever leaves the server but `hint`, at logout.

    Attributes:
        issuer: of the provider.
        subject: `sub` there.
        sid: id of the session there, for back-channel logout.
        hint: the id token, when it holds nothing that may not be in an address.
        refresh: the refresh token.
        until: epoch seconds at which the tokens end.
        checked: epoch seconds at which the provider was last asked.
    """

    issuer: str
    subject: str
    sid: str | None = None
    hint: str | None = None
    refresh: str | None = None
    until: float = 0.0
    checked: float = 0.0


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One login on one channel.

    Attributes:
        id: public name of the session, in lists; it opens nothing.
        channel: where it counts.
        subject: user id (agent), customer id, or `visitor` when the login is no known customer.
        name: of the person, as the provider or the core says it.
        started_at: when it began; it ends at most `Life.whole` later.
        seen_at: when it was last used, to about half a minute.
        capacity: of a citizen's login.
        means: how the person logged in (`acr`), when the provider says so.
        roles: of a colleague, for showing; the core decides.
        known: to fill in beforehand: `givenName`, `familyName`, `ssin`, `enterpriseNumber`, `vCode`, `organisation`.
        grant: of the provider; None in tests.
    """

    id: str
    channel: Channel
    subject: str
    name: str
    started_at: datetime
    seen_at: datetime
    capacity: Capacity | None = None
    means: str | None = None
    roles: tuple[str, ...] = ()
    known: dict[str, str] = {}
    grant: Grant | None = None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator sees of a session: no name, no content; kept in clear beside the sealed rest."""

    id: str
    subject: str
    started_at: datetime
    seen_at: datetime
