"""The staff and applications that play along: each calls the API with a token of its own."""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from scripts.journeys.report import Deviation, check
from scripts.journeys.tool import onthaal

Json = dict[str, Any]

AGENT, SECOND_AGENT = "an.agent", "bart.agent"
EVENTS, ECONOMY, SOCIAL = "veerle.evenementen", "karim.economie", "saar.sociaal"
EDITOR, AUDITOR, APPLICATION = "pieter.redactie", "dora.dpo", "evenementenloket"
LEAD, ADMINISTRATOR = "tine.teamlead", "adem.beheer"
CAST = (AGENT, SECOND_AGENT, LEAD, EVENTS, ECONOMY, SOCIAL, EDITOR, ADMINISTRATOR, AUDITOR, APPLICATION)

TIMEOUT = httpx.Timeout(15)
PAGES = 200
"""At most this many pages of a list are read."""


class Colleague:
    """One user or application.

    Args:
        http: the connection they share.
        username: in the demo city.
        token: access token.
        secrets: what no answer may ever show.
    """

    def __init__(self, http: httpx.Client, username: str, token: str, secrets: list[str]) -> None:
        self.username = username
        self._http = http
        self._token = token
        self._secrets = secrets

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        expect: int,
        headers: dict[str, str] | None = None,
        query: dict[str, object] | None = None,
    ) -> httpx.Response:
        """One request.

        Raises:
            Deviation: another status than expected, or an answer that shows a national number.
        """
        response = self._http.request(
            method,
            path,
            json=body,
            params={name: str(value) for name, value in (query or {}).items()},
            headers={"Authorization": f"Bearer {self._token}", **(headers or {})},
        )
        called = f"{method} {path} ({self.username})"
        if response.status_code != expect:
            raise Deviation(f"{called} gaf {response.status_code} in plaats van {expect}: {response.text[:300]}")
        shown = [secret for secret in self._secrets if secret in response.text]
        check(not shown, f"het antwoord op {called} toont een rijksregisternummer")
        return response

    def get(self, path: str, **query: object) -> Json:
        """Read something."""
        return _object(self.send("GET", path, expect=HTTPStatus.OK, query=query))

    def ask(self, path: str, body: Json) -> Json:
        """Search or find with a POST, as what is searched for may not stand in an address."""
        return _object(self.send("POST", path, body, expect=HTTPStatus.OK))

    def create(self, path: str, body: Json, key: str | None = None) -> Json:
        """Create something, once per key."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        return _object(self.send("POST", path, body, expect=HTTPStatus.CREATED, headers=headers))

    def act(self, question: Json, verb: str, body: Json | None = None, *, expect: int = HTTPStatus.OK) -> Json:
        """Do something with a question as it was last seen; gives it as it is after that."""
        headers = {"If-Match": f'"{question["version"]}"'}
        return _object(self.send("POST", f"/questions/{question['id']}/{verb}", body, expect=expect, headers=headers))

    def put(self, path: str, body: Json) -> Json:
        """Replace something."""
        return _object(self.send("PUT", path, body, expect=HTTPStatus.OK))

    def all(self, path: str, **query: object) -> list[Json]:
        """Every item of a list, page by page."""
        items: list[Json] = []
        cursor: dict[str, object] = {}
        for _ in range(PAGES):
            page = self.get(path, limit=100, **query, **cursor)
            items += page["items"]
            if not page.get("next"):
                return items
            cursor = {"cursor": page["next"]}
        raise Deviation(f"GET {path} heeft na {PAGES} bladzijden nog geen einde")


class Office:
    """Everybody who plays along, by username.

    Args:
        url: address of the API.
        data: data folder of the platform.
    """

    def __init__(self, url: str, data: Path) -> None:
        self.secrets: list[str] = []
        # no proxy of the environment between us and our own machine
        self.http = httpx.Client(base_url=url, timeout=TIMEOUT, trust_env=False)
        self._data = data
        self._people: dict[str, Colleague] = {}

    def open(self, usernames: Iterable[str] = CAST) -> None:
        """Get everybody a token."""
        names = list(usernames)
        tokens = onthaal("token", *names, data=self._data).split()
        for name, token in zip(names, tokens, strict=True):
            self._people[name] = Colleague(self.http, name, token, self.secrets)

    def __getitem__(self, username: str) -> Colleague:
        return self._people[username]


def _object(response: httpx.Response) -> Json:
    body = response.json()
    check(isinstance(body, dict), "het antwoord is geen JSON-object")
    found: Json = body
    return found
