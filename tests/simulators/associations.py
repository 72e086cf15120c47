"""A SIMULATOR of the public interface of the associations register, for tests and by hand. No association in it exists.

By hand: `python -m tests.simulators.associations --port 9444`, and do as it prints.
"""

import argparse
import threading
from pathlib import Path
from tempfile import gettempdir
from typing import Literal, Self, get_args

import msgspec

from tests.simulators.authority import Authority
from tests.simulators.magda import couple
from tests.simulators.register_data import ASSOCIATIONS
from tests.simulators.server import Reply, Request, Simulator, server_context

Fault = Literal["none", "slow", "tooManyRequests", "rubbish", "half", "huge", "otherNumber", "down", "gzip"]

API_KEY = "made-up-key-of-the-simulator"
RETRY_AFTER = 9


class Associations:
    """The simulator.

    Args:
        folder: for keys and certificates.
        port: 0 for any.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.authority = Authority(folder, "associations simulator authority")
        self.fault: Fault = "none"
        self.api_key_file = folder / "api-key.txt"
        self.api_key_file.write_text(f"{API_KEY}\n")
        server = self.authority.server()
        context = server_context(server.certificate_file, server.key_file, clients=None)
        self.server = Simulator(self._answer, context, port)
        self.url = self.server.url

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def coupling(self, **changes: object) -> dict[str, object]:
        """How the register is coupled to this simulator, as in the registers file."""
        return {
            "url": self.url,
            "apiKeyFile": str(self.api_key_file),
            "caFile": str(self.authority.ca_file),
            **changes,
        }

    def _answer(self, request: Request) -> Reply:
        if broken := _broken(self.fault):
            return broken
        if request.headers.get("vr-api-key") != API_KEY:
            return _problem(403, "Ongeldige of ontbrekende API key")
        if request.headers.get("vr-api-version") != "v2":
            return _problem(400, "Onbekende versie")
        found = ASSOCIATIONS.get(request.path.removeprefix("/v1/verenigingen/"))
        if request.method != "GET" or found is None:
            return _problem(404, "De gevraagde vereniging is niet gevonden")
        told = ASSOCIATIONS["V0001002"] if self.fault == "otherNumber" else found
        return Reply(body=msgspec.json.encode(told), headers={"Content-Type": "application/ld+json; charset=utf-8"})


def _broken(fault: Fault) -> Reply | None:
    return {
        "slow": Reply(wait=30.0),
        "tooManyRequests": Reply(status=429, headers={"Retry-After": str(RETRY_AFTER)}),
        "rubbish": Reply(body=b'{"vereniging": [[[' * 50),
        "half": Reply(body=b'{"vereniging": ' + b" " * 5000, cut=10),
        "huge": Reply(body=b'"' + b"x" * 2_000_000 + b'"'),
        "down": _problem(500, "Er is een interne fout opgetreden"),
        "gzip": Reply(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}),
    }.get(fault)


def _problem(status: int, detail: str) -> Reply:
    problem = {"type": "urn:associationregistry:problem", "title": "Fout", "detail": detail, "status": status}
    return Reply(status=status, body=msgspec.json.encode(problem), headers={"Content-Type": "application/problem+json"})


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A simulator of the associations register with made-up associations.")
    parser.add_argument("--port", type=int, default=9444)
    parser.add_argument("--folder", type=Path, default=Path(gettempdir()) / "onthaal-simulators")
    parser.add_argument("--fault", choices=get_args(Fault), default="none", help="what goes wrong")
    options = parser.parse_args()
    folder: Path = options.folder
    (folder / "associations").mkdir(parents=True, exist_ok=True)
    with Associations(folder / "associations", options.port) as simulator:
        simulator.fault = options.fault
        couple(folder / "registers.json", associationsRegister=simulator.coupling())
        print(f"simulator of the associations register on {simulator.url}, fault: {options.fault}")  # noqa: T201
        print(f"associations: {', '.join(ASSOCIATIONS)}")  # noqa: T201
        print(f"in another terminal: export ONTHAAL_REGISTERS_FILE={folder / 'registers.json'} && ./scripts/up")  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
