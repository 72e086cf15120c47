"""The pull side of the simulator of Mijn Burgerprofiel: a citizen is chosen, and what the city has is asked and shown.

The page of the city with its contact form, to which the list of forms leads, is played here too (`/formulier/...`): the
demo city has no website. How a token is handed over to such a page is not published; this is a guess.
"""

import secrets
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import msgspec

from backend.commands.provider import CITIZENS
from tests.simulators.burgerprofiel_bodies import is_ssin
from tests.simulators.burgerprofiel_pull_page import chooser, form_page, pulled_part
from tests.simulators.burgerprofiel_source import PLACE, Form, Source, SourceFailed
from tests.simulators.burgerprofiel_tokens import INTROSPECT, AuthorisationServer
from tests.simulators.server import Reply, Request

FORM, HAND_OVER = "/formulier", "/formulier/api/v1/temp-sso-token"
FORM_AUDIENCE = "onthaal-formulier"
KEPT = 1_000
PEOPLE = {told["rrn"]: label.partition(",")[0] for label, told in CITIZENS.values() if "rrn" in told}
"""Citizens that can always be chosen: who can log in on the website."""


class PullSide:
    """Asks a city.

    Args:
        tokens: gives what the city is asked with.
        source_url: of the source API of the city; empty: nothing is asked.
    """

    def __init__(self, tokens: AuthorisationServer, source_url: str) -> None:
        self.tokens = tokens
        self.source_url = source_url
        self._handed: dict[str, str] = {}

    def answer(self, request: Request) -> Reply | None:
        """For what belongs to this side, but for the page itself."""
        path = urlsplit(request.path).path
        if request.method == "POST" and path == INTROSPECT:
            return self.tokens.introspect(request)
        if request.method == "POST" and path == HAND_OVER:
            return self._handed_over(request)
        if request.method == "GET" and path.startswith(f"{FORM}/"):
            return self._form(request)
        return None

    def shown(self, request: Request, known: set[str]) -> Reply | str:
        """The part of the page for who is chosen, or where an opened form is.

        Args:
            request: of the page.
            known: citizens about whom the city told something.
        """
        if not self.source_url:
            return "<p>Er is geen bron gekoppeld. Daarom kun je hier niets ophalen.</p>\n"
        people = PEOPLE | {ssin: ssin for ssin in sorted(known) if is_ssin(ssin) and ssin not in PEOPLE}
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        ssin = form.get("burger", "")
        if request.method != "POST" or ssin not in people:
            return chooser(people, "")
        try:
            if wanted := form.get("formulier"):
                return self._opened(ssin, wanted)
            found = Source(self.source_url, self.tokens.give(ssin)).pulled(ssin, form.get("vraag", ""))
        except SourceFailed as failure:
            return chooser(people, ssin) + pulled_part(ssin, people[ssin], str(failure))
        return chooser(people, ssin) + pulled_part(ssin, people[ssin], found)

    def _opened(self, ssin: str, wanted: str) -> Reply:
        """To the page of a form, already logged in where it takes that."""
        found = [one for one in Source(self.source_url, self.tokens.give(ssin)).forms() if one.id == wanted]
        if not found:
            raise SourceFailed("Dit formulier staat niet in de lijst.")
        return Reply(status=303, headers={"Location": self._address(found[0], ssin)})

    def _address(self, form: Form, ssin: str) -> str:
        embed, register = form.links.embed, form.links.sso_token_registration_api
        if not embed.templated:
            return embed.href
        if form.sso is None or register is None:
            raise SourceFailed("Bij dit formulier staat niet waar je inlogt.")
        shown = {"Authorization": f"Bearer {self.tokens.give(ssin, audience=form.sso.audience)}"}
        try:
            given = httpx.post(register.href, headers=shown, timeout=5, trust_env=False).raise_for_status()
            return embed.href.replace(PLACE, msgspec.json.decode(given.content, type=dict[str, str])["token"])
        except (httpx.HTTPError, msgspec.DecodeError, KeyError) as error:
            raise SourceFailed("De pagina van het formulier neemt de inlog niet aan.") from error

    def _handed_over(self, request: Request) -> Reply:
        """As the page of the form: a token of the citizen becomes one for once."""
        ssin = self.tokens.whose(request.headers.get("authorization", "").removeprefix("Bearer "), FORM_AUDIENCE)
        if ssin is None:
            return Reply(status=401)
        token = secrets.token_urlsafe(16)
        if len(self._handed) >= KEPT:
            self._handed.pop(next(iter(self._handed)), None)
        self._handed[token] = ssin
        return Reply(body=msgspec.json.encode({"token": token}), headers={"Content-Type": "application/json"})

    def _form(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        token = parse_qs(parts.query).get("token", [""])[0]
        ssin = self._handed.pop(token, "")
        html = form_page(unquote(parts.path.removeprefix(f"{FORM}/")), PEOPLE.get(ssin, ssin))
        return Reply(body=html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
