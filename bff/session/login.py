"""A login from beginning to end: the transaction in between, what the provider says, and who that is in the core."""

import hashlib
import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from bff.core.client import Caller, Core, Operation
from bff.core.tokens import CHANNEL_ITSELF
from bff.session.errors import LoginRefused
from bff.session.model import VISITOR, Capacity, Grant, Session
from bff.session.provider import ProviderClient, Tokens
from bff.session.sessions import Sessions, mark
from bff.session.verifying import Claims

TRANSACTION_SECONDS = 600
LONGEST_PATH, LONGEST_TOKEN = 2_000, 100
"""Characters that are kept of what a browser sends with the beginning of a login: anybody may begin one."""
LOGGED_OUT_SECONDS = 300
LONGEST_NAME = 200
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
CAPACITIES: tuple[Capacity, ...] = ("BUR", "EA", "VER")
NUMBER: dict[Capacity, tuple[str, str]] = {
    "BUR": ("ssin", "rrn"),
    "EA": ("enterpriseNumber", "vo_orgcode"),
    "VER": ("vCode", "vo_orgcode"),
}
"""Capacity -> what its number is called with us, and in the claims."""


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A login under way; kept on the server, opened once by the secret in the short cookie.

    Attributes:
        state: what the provider gives back.
        nonce: what the id token must hold.
        verifier: of PKCE.
        back: path to go to afterwards.
        before: the session cookie at the beginning; that session ends.
    """

    state: str
    nonce: str
    verifier: str
    back: str
    before: str = ""


class LoginRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the core hears of a colleague who logs in."""

    issuer: str
    subject: str
    name: str
    email: str | UnsetType = UNSET
    roles: list[str] = []


class Recorded(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who that is."""

    user_id: str
    name: str
    roles: list[str]


class Identification(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the core hears of a citizen who logs in."""

    capacity: Capacity
    ssin: str | UnsetType = UNSET
    enterprise_number: str | UnsetType = UNSET
    v_code: str | UnsetType = UNSET


class Identified(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which customer that is, if any."""

    customer_id: str | None = None


RECORD_LOGIN = Operation("recordLogin", "POST", "/logins", Recorded, LoginRecord)
IDENTIFY = Operation("identifyCustomer", "POST", "/customers/identify", Identified, Identification)


class Login:
    """Logins of one channel.

    Args:
        sessions: where they end up.
        provider: who says who somebody is.
        core: knows who that is with us.
    """

    def __init__(self, sessions: Sessions, provider: ProviderClient, core: Core) -> None:
        self._sessions = sessions
        self.provider = provider
        self._core = core

    async def begin(self, back: str, before: str) -> tuple[str, str]:
        """The address of the provider's login, and the secret of the transaction for the short cookie.

        Args:
            back: path on this site to go to afterwards.
            before: the session cookie of now.

        Raises:
            LoginRefused: its discovery is not to be trusted.
            ProviderAway: it does not answer.
        """
        made = Transaction(
            state=_random(), nonce=_random(), verifier=_random(), back=local(back), before=before[:LONGEST_TOKEN]
        )
        challenge = urlsafe_b64encode(hashlib.sha256(made.verifier.encode()).digest()).rstrip(b"=").decode()
        address = await self.provider.login_address(state=made.state, nonce=made.nonce, challenge=challenge)
        secret = _random()
        await self._sessions.keep(secret, made, TRANSACTION_SECONDS)
        return address, secret

    async def finish(self, secret: str, answer: Mapping[str, str], caller: Caller) -> tuple[str, str]:
        """The new session cookie and the path to go to; the transaction is over, whatever comes of it.

        Args:
            secret: of the transaction, from the short cookie.
            answer: parameters of the callback.
            caller: the channel itself, in this request.

        Raises:
            LoginRefused: not to be trusted, or refused by the provider.
            ProviderAway: it does not answer.
            ProblemRelayed: the core knows no such colleague.
        """
        begun: Transaction | None = await self._sessions.take(secret, Transaction) if secret else None
        if begun is None:
            raise LoginRefused("no transaction")
        await self._check(answer, begun)
        tokens = await self.provider.exchange(answer["code"], begun.verifier)
        if tokens.id_token is None:
            raise LoginRefused("no id token")
        claims = await self.provider.check.id_token(tokens.id_token, begun.nonce)
        who = await self._who(claims, caller)
        token, _ = await self._sessions.start(**who, grant=self._grant(claims, tokens))
        if begun.before:
            await self._sessions.end(begun.before)
        if await self._logged_out(claims):
            await self._sessions.end(token)
            raise LoginRefused("logged out there in the meantime")
        return token, begun.back

    async def refreshed(self, session: Session) -> tuple[Session, str | None]:
        """The session with new tokens, and the new id token when the provider gives one; raises as `finish`."""
        grant = session.grant
        if grant is None or grant.refresh is None:
            raise LoginRefused("nothing to refresh")
        tokens = await self.provider.refresh(grant.refresh)
        renewed = msgspec.structs.replace(
            grant, refresh=tokens.refresh_token or grant.refresh, until=time.time() + tokens.expires_in
        )
        return msgspec.structs.replace(session, grant=renewed), tokens.id_token

    async def known_again(self, session: Session, id_token: str, caller: Caller) -> Session:
        """The session with what this refreshed id token says, as at a login; raises as `finish`."""
        claims = await self.provider.check.id_token(id_token, None)
        if session.grant is None or claims["sub"] != session.grant.subject:
            raise LoginRefused("somebody else")
        return msgspec.structs.replace(session, **await self._who(claims, caller))

    async def logged_out(self, token: str) -> int:
        """End the sessions of a back-channel logout token; how many.

        Raises:
            LoginRefused: not to be trusted, or used before.
            ProviderAway: the keys of the provider cannot be read.
        """
        claims = await self.provider.check.logout_token(token)
        issuer = self.provider.provider.issuer
        if not await self._sessions.first(f"logout:{mark('jti', issuer, claims['jti'])}", LOGGED_OUT_SECONDS):
            raise LoginRefused("used before")
        kind = "sid" if claims.get("sid") else "sub"
        found_by = mark(kind, issuer, claims[kind])
        await self._sessions.note(f"ended:{found_by}", claims["iat"], LOGGED_OUT_SECONDS)
        return await self._sessions.end_marked(found_by)

    async def _logged_out(self, claims: Claims) -> bool:
        """Whether the provider said so since it gave these claims; a session that begins later it does not mean."""
        issuer = self.provider.provider.issuer
        for kind in ("sid", "sub"):
            ended = await self._sessions.noted(f"ended:{mark(kind, issuer, claims.get(kind, ''))}")
            if ended is not None and claims["iat"] <= ended:
                return True
        return False

    async def _check(self, answer: Mapping[str, str], begun: Transaction) -> None:
        """The callback is the answer of this provider to this transaction (RFC 9207 against a mix-up)."""
        if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise LoginRefused("state")
        metadata, issuer = await self.provider.metadata(), answer.get("iss")
        if issuer is None and metadata.authorization_response_iss_parameter_supported:
            raise LoginRefused("no iss")
        if issuer is not None and issuer != self.provider.provider.issuer:
            raise LoginRefused("iss")
        if "error" in answer or not answer.get("code"):
            raise LoginRefused("no code")

    async def _who(self, claims: Claims, caller: Caller) -> dict[str, Any]:
        """Fields of the session, after asking the core who this is."""
        means = {"means": _text(claims, "acr")}
        return means | (
            await self._colleague(claims, caller)
            if self._sessions.channel == "agent"
            else await self._citizen(claims, caller)
        )

    async def _colleague(self, claims: Claims, caller: Caller) -> dict[str, Any]:
        roles = claims.get(self.provider.provider.roles_claim, [])
        name = _name(claims)
        record = LoginRecord(
            issuer=self.provider.provider.issuer,
            subject=_text(claims, "vo_id") or claims["sub"],
            name=(name or claims["sub"])[:LONGEST_NAME],
            email=_mail(claims),
            roles=[one for one in roles if isinstance(one, str)] if isinstance(roles, list) else [],
        )
        found = (await self._core.call(RECORD_LOGIN, caller, body=record)).value
        return {"subject": found.user_id, "name": found.name, "roles": tuple(found.roles)}

    async def _citizen(self, claims: Claims, caller: Caller) -> dict[str, Any]:
        code = claims.get("vo_doelgroepcode", "BUR")
        capacity: Capacity | None = next((one for one in CAPACITIES if one == code), None)
        if capacity is None:
            raise LoginRefused("capacity")
        ours, theirs = NUMBER[capacity]
        number = _text(claims, theirs)
        if number is None:
            raise LoginRefused(theirs)
        told = msgspec.convert({"capacity": capacity, ours: number}, Identification)
        found = (await self._core.call(IDENTIFY, caller, body=told)).value
        known = {
            "givenName": _text(claims, "given_name"),
            "familyName": _text(claims, "family_name"),
            "organisation": _text(claims, "vo_orgnaam"),
            ours: number,
        }
        return {
            "subject": found.customer_id or VISITOR,
            "name": _name(claims),
            "capacity": capacity,
            "known": {key: value for key, value in known.items() if value},
        }

    def _grant(self, claims: Claims, tokens: Tokens) -> Grant:
        now = time.time()
        return Grant(
            issuer=self.provider.provider.issuer,
            subject=claims["sub"],
            sid=_text(claims, "sid"),
            hint=None if "rrn" in claims else tokens.id_token,
            refresh=tokens.refresh_token,
            until=now + tokens.expires_in,
            checked=now,
        )


def local(back: str) -> str:
    """The path if it is one on this very site, else the root: a login never sends anybody elsewhere."""
    safe = back.startswith("/") and not back.startswith("//") and "\\" not in back and back.isprintable()
    return back if safe and " " not in back and len(back) <= LONGEST_PATH else "/"


def itself(caller: Caller) -> Caller:
    """The channel itself, in the same request."""
    return msgspec.structs.replace(caller, subject=CHANNEL_ITSELF)


def _random() -> str:
    return secrets.token_urlsafe(32)


def _text(claims: Claims, name: str) -> str | None:
    value = claims.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _mail(claims: Claims) -> str | UnsetType:
    """The first that the core takes as an address: one that is typed carelessly there keeps nobody out here."""
    given = (_text(claims, name) for name in ("vo_email", "email"))
    return next((one for one in given if one and _MAIL.fullmatch(one)), UNSET)


def _name(claims: Claims) -> str:
    return " ".join(filter(None, (_text(claims, "given_name"), _text(claims, "family_name"))))
