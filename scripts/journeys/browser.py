"""A citizen's browser on the website of the city: its cookies, logging in at the demo provider, the proof of a form.

Cookies are sent as a browser sends them to this machine: also those that want https.
"""

import base64
import json
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import altcha
import httpx

from scripts.journeys.report import Deviation, check

Json = dict[str, Any]

ACTION = re.compile(r'<form[^>]* action="([^"]+)"')
STEPS = 12
"""Redirects of one login, at most."""


class Browser:
    """Asks the website of the city and the pages it leads to.

    Args:
        url: address of the platform.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.Client(timeout=15, follow_redirects=False, trust_env=False)
        self._cookies: dict[str, dict[str, str]] = {}

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def get(self, path: str, **query: str) -> Json:
        """What a page of the website shows."""
        return self._json(self.send("GET", path, params=query), HTTPStatus.OK)

    def post(self, path: str, body: Json, *, expect: int = HTTPStatus.OK, key: str = "") -> Json:
        """What the website answers to a form."""
        headers = {"X-CSRF": "1", "Idempotency-Key": key or uuid4().hex}
        return self._json(self.send("POST", path, json=body, headers=headers), expect)

    def send(self, method: str, address: str, **request: Any) -> httpx.Response:
        """One request, with the cookies of the host and those it sets."""
        target = httpx.URL(self._url).join(address)
        host = f"{target.host}:{target.port}"
        held = self._cookies.setdefault(host, {})
        headers = {**request.pop("headers", {}), **({"Cookie": _line(held)} if held else {})}
        answer = self._http.request(method, target, headers=headers, **request)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            held[name.strip()] = value.strip()
        return answer

    def log_in(self, channel: str, account: str) -> Json:
        """Log in as somebody of the demo city; gives the session."""
        page = self.follow(self.send("GET", f"/{channel}/login"))
        action = ACTION.search(page.text)
        if action is None:
            raise Deviation(f"de pagina om in te loggen heeft geen formulier: {page.status_code} {page.url}")
        chosen = self.send("POST", str(page.url.join(action[1])), data={"login": account})
        done = self.follow(chosen)
        check(done.is_success, f"inloggen als {account} lukte niet: {done.status_code} {done.text[:200]}")
        return self.get(f"/{channel}/session")

    def proof(self) -> Json:
        """What a browser calculates before it sends a form."""
        told = self.post("/widget/challenges", {})
        challenge = altcha.Challenge.from_dict(told["challenge"])
        solution = altcha.solve_challenge(challenge)
        if solution is None:
            raise Deviation("het bewijs van het formulier kon niet berekend worden")
        payload = {"challenge": challenge.to_dict(), "solution": solution.to_dict()}
        return {"kind": "proofOfWork", "value": base64.b64encode(json.dumps(payload).encode()).decode()}

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Where its redirects lead."""
        for _ in range(STEPS):
            if not answer.is_redirect:
                return answer
            answer = self.send("GET", str(answer.url.join(answer.headers["location"])))
        raise Deviation(f"inloggen komt nergens uit: {urlsplit(str(answer.url)).path}")

    @staticmethod
    def _json(answer: httpx.Response, expect: int) -> Json:
        check(
            answer.status_code == expect,
            f"{answer.request.method} {answer.request.url.path} gaf {answer.status_code}: {answer.text[:300]}",
        )
        read: Json = answer.json()
        return read


def _line(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items() if value not in {"", '""'})
