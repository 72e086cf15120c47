"""A SIMULATOR of DOSIS, of the notification component and of the server that gives tokens for them.

It refuses what design 7 (sections 1.1 and 1.2) does not allow. Its page `GET /` shows per citizen, enterprise and
association what Mijn Burgerprofiel would show; for a citizen who is chosen there also what it pulls from the city
(sections 1.3 and 1.4; `burgerprofiel_pull.py`). Everybody in it is made up.

By hand: `python -m tests.simulators.burgerprofiel --port 9445 --data DIR`, and do as it prints.
"""

import argparse
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Literal, Self, get_args
from urllib.parse import parse_qs, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.simulators.burgerprofiel_bodies import DossierBody, Fault, NoticeBody, check_dossier, check_notice
from tests.simulators.burgerprofiel_page import page
from tests.simulators.burgerprofiel_pull import PullSide
from tests.simulators.burgerprofiel_tokens import AUDIENCE, CITY, SCOPE, AuthorisationServer
from tests.simulators.server import Reply, Request, Simulator

Broken = Literal["none", "down", "slow", "refused", "refusedLater", "unauthorised", "neverProcessed", "rubbish"]

CLIENT, KEY_ID = "stad-zonderwater-contactcentrum", "zonderwater-1"
SOURCE = "urn://zonderwater/contactcentrum"
PRODUCT = "4242"
RIGHT, ASSOCIATION_RIGHT = "Eloketgebruiker - Zonderwater", "Verenigingsgebruiker - Zonderwater"
SCOPES = {"DosisImport", "NotificatieImport"}
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST = 120
SOURCE_URL = "http://127.0.0.1:8080/burgerprofiel"
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Upload(msgspec.Struct):
    """What was handed in, and what became of it."""

    body: DossierBody
    at: float
    result: dict[str, Any] | None = None


class BurgerprofielSimulator:
    """The simulator.

    Args:
        folder: for the key and the coupling file.
        port: 0 for any.
        processing: seconds between handing in and processing.
        token_seconds: how long a token holds.
        source: address of the source API of the city; empty: nothing is pulled.
    """

    def __init__(
        self, folder: Path, port: int = 0, *, processing: float = 0.0, token_seconds: int = 3600, source: str = ""
    ) -> None:
        self.folder = folder
        self.fault: Broken = "none"
        self.processing = processing
        self.token_seconds = token_seconds
        self.dossiers: dict[str, DossierBody] = {}
        self.uploads: dict[str, Upload] = {}
        self.notices: dict[str, NoticeBody] = {}
        self.counted: Counter[str] = Counter()
        self.refusals: list[str] = []
        self._tokens: dict[str, tuple[str, float]] = {}
        self._proofs: set[str] = set()
        self._lock = threading.Lock()
        self.key_file = folder / "burgerprofiel-key.pem"
        self._public = _key(self.key_file).public_key()
        self.server = Simulator(self._answer, None, port)
        self.url = self.server.url
        self.pull = PullSide(AuthorisationServer(self.url, self._public, KEY_ID), source)

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def coupling(self, **changes: object) -> dict[str, object]:
        """How Mijn Burgerprofiel is coupled to this simulator, as in its file."""
        return {
            "dosisUrl": self.url,
            "notificationsUrl": self.url,
            "tokenUrl": f"{self.url}/oauth/token",
            "clientId": CLIENT,
            "keyFile": str(self.key_file),
            "keyId": KEY_ID,
            "source": SOURCE,
            "product": PRODUCT,
            "brand": "ZONDERWATER",
            "link": "https://www.zonderwater.example/mijn-vragen/{number}",
            "neutralName": "Vraag aan Stad Zonderwater",
            "contact": {
                "name": "Contactcentrum Zonderwater",
                "department": "Onthaal",
                "phone": "09 399 99 99",
                "email": "onthaal@zonderwater.example",
                "address": {"street": "Markt", "number": "1", "postcode": "9999", "municipality": "Zonderwater"},
            },
            "rights": {"enterprise": RIGHT, "association": ASSOCIATION_RIGHT},
            **changes,
        }

    def couple(self, **changes: object) -> Path:
        """Write that file; gives where."""
        file = self.folder / "burgerprofiel.json"
        file.write_bytes(msgspec.json.format(msgspec.json.encode(self.coupling(**changes))))
        return file

    def source(self, **changes: object) -> dict[str, object]:
        """How the city has tokens of this simulator checked, as in its file."""
        tokens = self.pull.tokens
        return {
            "introspectionUrl": tokens.introspection_url,
            "issuer": tokens.issuer,
            "clientId": CITY,
            "clientKeyFile": str(self.key_file),
            "clientKeyId": KEY_ID,
            "audience": AUDIENCE,
            "scope": SCOPE,
            "development": True,
            **changes,
        }

    def couple_source(self, **changes: object) -> Path:
        """Write that file; gives where."""
        file = self.folder / "source.json"
        file.write_bytes(msgspec.json.format(msgspec.json.encode(self.source(**changes))))
        return file

    def forget_tokens(self) -> None:
        """No token holds any more, as after a restart of the server that gave them."""
        with self._lock:
            self._tokens.clear()

    def clear(self) -> None:
        """As new."""
        with self._lock:
            for kept in (self.dossiers, self.uploads, self.notices, self.counted, self.refusals, self._tokens):
                kept.clear()
        self.server.requests.clear()
        self.fault, self.processing, self.token_seconds = "none", 0.0, 3600

    def _answer(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        if parts.path == "/" and request.method in {"GET", "POST"}:
            return self._page(request)
        if reply := self.pull.answer(request):
            return reply
        with self._lock:
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if (request.method, parts.path) == ("POST", "/oauth/token"):
                return self._token(request)
            self.counted[f"{request.method} {parts.path}"] += 1
            if early := self._early():
                return early
            return self._authorised(request, parts.path, query)

    def _page(self, request: Request) -> Reply:
        """The lock is free while the city is asked: the city asks back whether the token is good."""
        with self._lock:
            self._process()
            dossiers, notices = list(self.dossiers.values()), list(self.notices.values())
        known = {agent.identificatie for dossier in dossiers for agent in dossier.agenten}
        pulled = self.pull.shown(request, known)
        if isinstance(pulled, Reply):
            return pulled
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
        return Reply(body=page(dossiers, notices, pulled).encode(), headers=headers)

    def _early(self) -> Reply | None:
        if self.fault == "down":
            return _error(500, "InterneFout")
        if self.fault == "slow":
            return Reply(wait=30.0)
        if self.fault == "unauthorised":
            return _error(401, "TokenOngeldig")
        if self.fault == "rubbish":
            return Reply(body=b"<html>Onderhoud</html>")
        return None

    def _authorised(self, request: Request, path: str, query: dict[str, str]) -> Reply:
        self._process()
        routes: dict[tuple[str, str], tuple[str, Callable[[], Reply]]] = {
            ("POST", "/api/v2/dosis/dossiers"): ("DosisImport", lambda: self._hand_in(request)),
            ("GET", "/api/v1/dosis/resultaten/perUploadId"): ("DosisImport", lambda: self._result(query)),
            ("DELETE", "/api/v1/dosis/dossiers"): ("DosisImport", lambda: self._delete(query)),
            ("POST", "/api/v2/notificaties"): ("NotificatieImport", lambda: self._notice(request)),
        }
        if (request.method, path) not in routes:
            return _error(404, "OnbekendPad")
        scope, act = routes[request.method, path]
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        held = self._tokens.get(token)
        if kind != "Bearer" or held is None or held[0] != scope or held[1] < time.time():
            return _error(401, "TokenOngeldig")
        try:
            return act()
        except Fault as fault:
            self.refusals.append(fault.code)
            return _error(400, "ValidatieFout", fault)

    def _token(self, request: Request) -> Reply:
        self.counted["token"] += 1
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        try:
            if form["grant_type"] != "client_credentials" or form["client_assertion_type"] != _ASSERTION:
                raise ValueError("grant")
            if form["scope"] not in SCOPES:
                raise ValueError("scope")
            proof = form["client_assertion"]
            if jwt.get_unverified_header(proof).get("kid") != KEY_ID:
                raise ValueError("kid")
            claims = jwt.decode(
                proof,
                self._public,
                algorithms=["RS256"],
                audience=f"{self.url}/oauth/token",
                issuer=CLIENT,
                options={"require": ["iss", "sub", "aud", "jti", "iat", "exp"]},
            )
            if claims["sub"] != CLIENT or claims["exp"] - claims["iat"] > _LONGEST or claims["jti"] in self._proofs:
                raise ValueError("claims")
        except (KeyError, ValueError, jwt.PyJWTError):
            return Reply(status=400, body=b'{"error":"invalid_client"}', headers={"Content-Type": "application/json"})
        self._proofs.add(claims["jti"])
        token = secrets.token_urlsafe(24)
        self._tokens[token] = (form["scope"], time.time() + self.token_seconds)
        return _json({"access_token": token, "token_type": "Bearer", "expires_in": self.token_seconds})

    def _hand_in(self, request: Request) -> Reply:
        if self.fault == "refused":
            raise Fault("ProductOnbekend", "Producten[0].Id")
        body = check_dossier(request.body, {RIGHT, ASSOCIATION_RIGHT})
        key = str(body.upload_id)
        if key not in self.uploads:  # the same again is the same
            self.uploads[key] = Upload(body=body, at=time.time())
        return _json({"Status": "OK", "UploadId": key})

    def _process(self) -> None:
        """What was handed in long enough ago is processed, in order."""
        if self.fault == "neverProcessed":
            return
        for key, upload in self.uploads.items():
            if upload.result is not None or time.time() - upload.at < self.processing:
                continue
            refused = self.fault == "refusedLater"
            upload.result = {
                "Identificatie": msgspec.to_builtins(upload.body.identificatie),
                "UploadId": key,
                "Bestand": None,
                "TijdstipVerwerking": time.strftime("%Y-%m-%dT%H:%M:%S"),
                "Succes": not refused,
                "Fout": "AgentOnbekend" if refused else None,
                "Fouten": [{"Omschrijving": "Agent onbekend", "LijnNummer": 1}] if refused else [],
                "VerwerktVoorOpvraging": not refused,
            }
            if not refused:
                self.dossiers[upload.body.identificatie.dossier_nummer] = upload.body

    def _result(self, query: dict[str, str]) -> Reply:
        upload = self.uploads.get(query.get("uploadId", ""))
        if upload is None or upload.result is None:
            return _error(404, "UploadOnbekend")
        return _json(upload.result)

    def _delete(self, query: dict[str, str]) -> Reply:
        if query.get("bron") != SOURCE or self.dossiers.pop(query.get("dossierNummer", ""), None) is None:
            return _error(404, "DossierOnbekend")
        return _json({"Status": "OK"})

    def _notice(self, request: Request) -> Reply:
        if self.fault == "refused":
            raise Fault("BestemmelingOnbekend", "Bestemmelingen[0]")
        body = check_notice(request.body)
        self.notices.setdefault(body.id, body)
        return Reply(status=202)


def _key(file: Path) -> RSAPrivateKey:
    """The key of the city: in reality only the public half would be known here."""
    if file.exists():
        found = load_pem_private_key(file.read_bytes(), None)
        assert isinstance(found, RSAPrivateKey)
        return found
    made = generate_private_key(public_exponent=65537, key_size=2048)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def _json(value: object) -> Reply:
    return Reply(body=msgspec.json.encode(value), headers={"Content-Type": "application/json"})


def _error(status: int, code: str, fault: Fault | None = None) -> Reply:
    errors = [{"code": fault.code, "message": "Fout", "description": fault.code, "field": fault.field}] if fault else []
    body = {"code": code, "message": "Fout", "description": "Zie errors", "errors": errors}
    return Reply(status=status, body=msgspec.json.encode(body), headers={"Content-Type": "application/json"})


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A simulator of DOSIS and of notices of Mijn Burgerprofiel.")
    parser.add_argument("--port", type=int, default=9445)
    parser.add_argument("--data", type=Path, default=Path(gettempdir()) / "onthaal-burgerprofiel")
    parser.add_argument("--fault", choices=get_args(Broken), default="none", help="what goes wrong")
    parser.add_argument("--processing", type=float, default=1.0, help="seconds before an upload is processed")
    parser.add_argument("--source", default=SOURCE_URL, help="address of the source API of the city")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    made = BurgerprofielSimulator(options.data, options.port, processing=options.processing, source=options.source)
    file, source = made.couple(), made.couple_source()  # before anybody is answered
    with made as simulator:
        simulator.fault = options.fault
        print(f"simulator of Mijn Burgerprofiel on {simulator.url}/, fault: {options.fault}", flush=True)  # noqa: T201
        settings = f"ONTHAAL_BURGERPROFIEL_FILE={file} ONTHAAL_BFF_SOURCE_FILE={source}"
        print(f"in another terminal: export {settings} && ./scripts/up", flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
