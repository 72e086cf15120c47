"""Routes of sessions, on every channel with logins."""

from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode
from uuid import UUID

import structlog
from litestar import Controller, Request, Response
from litestar.datastructures import Cookie
from litestar.params import Parameter

from backend.kit.operation import delete, get, post
from backend.kit.problems import ProblemError, forbidden, invalid_input, not_found, unavailable
from backend.kit.query import PASSED_ON
from backend.kit.schema import View
from backend.kit.uploads import FORM
from bff.core.client import Caller, Core, Operation, ProblemRelayed
from bff.session import pages
from bff.session.errors import LoginRefused, ProviderAway
from bff.session.guards import caller_of, signed_in, token_of
from bff.session.login import TRANSACTION_SECONDS, Login, itself
from bff.session.model import VISITOR, Session
from bff.session.schemas import ListedSession, ListedSessions, LogoutView, SessionView
from bff.session.sessions import Sessions

log = structlog.get_logger("login")

Asked = Request[Any, Any, Any]

BROWSER: dict[str, Any] = {"opt": {"open": True, PASSED_ON: True}, "include_in_schema": False}
"""Where a browser or the provider goes by itself: no session yet, parameters as the provider chooses, no API."""
LOGOUT_TOKEN_BYTES = 16 * 1024
ADMINISTRATOR = "administrator"

REFUSED = "De aanmelding kon niet gecontroleerd worden. Er is niets gebeurd: u kunt het gerust opnieuw proberen."
AWAY = "De aanmelddienst antwoordt nu niet. Probeer het over enkele minuten opnieuw."
NO_RIGHT = "U hebt geen toegang tot deze toepassing. Vraag rechten aan uw beheerder."


class Me(View):
    """What we look at of `getMe`."""

    roles: list[str]


GET_ME = Operation("getMe", "GET", "/me", Me)


class SessionController(Controller):
    """Login, session and logout of a channel."""

    tags = ["session"]

    @get("/login", public=True, **BROWSER)
    async def login(self, request: Asked) -> Response[str] | Response[None]:
        """To the login of the identity provider; `return` is the path on this site to come back to."""
        begun, login = request.query_params.get("return", "/"), _login(request)
        try:
            address, secret = await login.begin(begun, token_of(request))
        except LoginRefused as error:
            return _failed(request, str(error), REFUSED, 502)
        except (ProviderAway, ProblemError) as error:
            return _failed(request, str(error), AWAY, 503)
        return Response(None, status_code=303, headers={"Location": address}, cookies=[_short(request, secret)])

    @get("/callback", public=True, **BROWSER)
    async def callback(self, request: Asked) -> Response[str]:
        """The provider's answer; a page of ours follows, which the browser leaves with the session cookie."""
        name, login = _short(request, "").key, _login(request)
        caller = itself(caller_of(request, VISITOR))
        answer = {key: request.query_params.getall(key) for key in request.query_params}
        try:
            if any(len(values) > 1 for values in answer.values()):
                raise LoginRefused("a parameter twice")
            single = {key: values[0] for key, values in answer.items()}
            token, back = await login.finish(request.cookies.get(name, ""), single, caller)
        except LoginRefused as error:
            return _failed(request, str(error), REFUSED, 400)
        except (ProviderAway, ProblemError) as error:  # the provider, the core or the store of sessions
            return _failed(request, str(error), AWAY, 503)
        except ProblemRelayed as error:
            return _failed(request, f"core {error.answer.status}", NO_RIGHT, 403)
        cookies = [_cookie(_sessions(request).cookie, token, "strict"), _short(request, "")]
        return pages.onward(back, cookies)

    @get("/login/ended", public=True, **BROWSER)
    async def login_ended(self, request: Asked) -> Response[str]:
        """Where the provider sends the browser after logging out there."""
        return pages.ended(f"/{_sessions(request).channel}/login")

    @get("/session", guards=[signed_in])
    async def get_session(self, request: Asked) -> SessionView:
        """Who is logged in, and how long the session still lasts."""
        session: Session = request.user
        staff = session.channel == "agent"
        seconds = max(0, _sessions(request).seconds_left(session))
        told: dict[str, Any] = {"name": session.name, "seconds_left": seconds, "known": session.known}
        if staff:
            told |= {"user_id": session.subject, "roles": list(session.roles)}
        elif session.subject != VISITOR:
            told["customer_id"] = session.subject
        told |= {key: value for key in ("capacity", "means") if (value := getattr(session, key))}
        return SessionView(**told)

    @post("/logout", status_code=200, guards=[signed_in])
    async def logout(self, request: Asked) -> Response[LogoutView]:
        """End the session; the answer says where to log out at the identity provider too."""
        session: Session = request.user
        await _sessions(request).end(token_of(request))
        address = None
        if session.grant is not None and (login := request.app.state.login) is not None:
            try:
                address = await login.provider.logout_address(session.grant.hint)
            except (LoginRefused, ProviderAway) as error:
                log.warning("logout_address_unknown", reason=str(error))
        view = LogoutView(address=address) if address else LogoutView()
        return Response(view, cookies=[_cookie(_sessions(request).cookie, "", "strict", seconds=0)])

    @post(
        "/backchannelLogout",
        public=True,
        status_code=200,
        opt={"open": True, FORM: LOGOUT_TOKEN_BYTES},
        include_in_schema=False,
    )
    async def backchannel_logout(self, request: Asked) -> None:
        """Called by the identity provider: somebody logged out there (OpenID Connect Back-Channel Logout 1.0)."""
        fields = parse_qs((await request.body()).decode("ascii", "replace"))
        try:
            ended = await _login(request).logged_out(fields.get("logout_token", [""])[0])
        except LoginRefused as error:
            log.warning("logout_refused", reason=str(error))
            raise invalid_input("Not a logout token for us.", name="logout_token") from error
        except ProviderAway as error:
            raise unavailable("The keys of the identity provider cannot be read.") from error
        log.info("logged_out_by_provider", sessions=ended)


class AdministratorController(Controller):
    """Sessions of all colleagues, for administrators."""

    path = "/sessions"
    tags = ["session"]

    @get(problems=[502])
    async def list_sessions(self, request: Asked) -> ListedSessions:
        """Every session of a colleague, the one used last first; for administrators."""
        await _require_administrator(request)
        own: Session = request.user
        items = [
            ListedSession(
                id=card.id,
                user_id=card.subject,
                started_at=card.started_at,
                seen_at=card.seen_at,
                own=card.id == own.id,
            )
            for card in await _sessions(request).listed()
        ]
        return ListedSessions(items=items)

    @delete("/{session_id:uuid}", problems=[404, 502])
    async def end_session(
        self, request: Asked, session_id: Annotated[UUID, Parameter(description="Of the list.")]
    ) -> None:
        """End somebody's session, at once; for administrators."""
        await _require_administrator(request)
        if not await _sessions(request).kill(str(session_id)):
            raise not_found("session")
        log.warning("session_ended_by_administrator", by=request.user.subject, session=str(session_id))


async def _require_administrator(request: Asked) -> None:
    core: Core = request.app.state.core
    caller: Caller = request.scope["state"]["caller"]
    if ADMINISTRATOR not in (await core.get(GET_ME, caller)).roles:
        raise forbidden("For administrators.")


def _sessions(request: Asked) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


def _login(request: Asked) -> Login:
    login: Login | None = request.app.state.login
    if login is None:
        raise ProblemError(404, "Nobody logs in here: no identity provider was chosen.")
    return login


def _cookie(name: str, value: str, site: Any, seconds: int | None = None) -> Cookie:
    return Cookie(key=name, value=value, path="/", secure=True, httponly=True, samesite=site, max_age=seconds)


def _short(request: Asked, secret: str) -> Cookie:
    """The cookie of a login under way: Lax, so that it comes back from the provider; without a secret, its end."""
    seconds = TRANSACTION_SECONDS if secret else 0
    return _cookie(f"{_sessions(request).cookie}-login", secret, "lax", seconds)


def _failed(request: Asked, reason: str, text: str, status: int) -> Response[str]:
    log.warning("login_failed", reason=reason, channel=_sessions(request).channel)
    again = f"/{_sessions(request).channel}/login?{urlencode({'return': '/'})}"
    return pages.failed(text, again, status, [_short(request, "")])
