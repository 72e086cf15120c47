import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import msgspec
import pytest

from backend.commands.serve import STOP_SECONDS
from backend.kit.crypto import KeyRing
from backend.kit.keys import DevelopmentIssuer
from tests.backend.commands.debian import PASSWORD, Servers, debian_servers
from tests.backend.commands.program import Running, answers, free_port, onthaal, started, until

ISSUER = "https://login.stad.example"


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with debian_servers() as made:
        yield made


@pytest.fixture(scope="module")
def migrated(servers: Servers) -> Servers:
    """A database of a login that may not make roles: the administrator's script, then the migrations."""
    servers.sql("postgres", f"CREATE ROLE city LOGIN PASSWORD '{PASSWORD}'", "CREATE DATABASE onthaal OWNER city")
    url = servers.url("city", "onthaal")
    refused = onthaal("migrate", MIGRATION_DATABASE_URL=url)
    assert refused.code == 3, refused.err
    assert refused.err.startswith("onthaal: the database roles are missing and this login may not create them;")
    assert refused.err.count("\n") == 1
    servers.sql("onthaal", refused.out)
    for expected in (r"schema empty -> (\d+)\n", r"schema (\d+)\n"):
        done = onthaal("migrate", MIGRATION_DATABASE_URL=url)
        assert done.code == 0, done.err
        assert re.fullmatch(expected, done.out)
    servers.sql("postgres", f"ALTER ROLE onthaal_app PASSWORD '{PASSWORD}'")
    return servers


KEYS = KeyRing.generate().to_json()
"""Of every process on the database of this file: one that was killed is reckoned with for a while."""


def variables(servers: Servers, data: Path, login: str = "onthaal_app") -> dict[str, str]:
    data.mkdir(exist_ok=True)
    keys = data / "keyring.json"
    keys.write_bytes(KEYS)
    keys.chmod(0o600)
    return {
        "DATABASE_URL": servers.url(login, "onthaal"),
        "REDIS_URL": servers.redis_url,
        "ONTHAAL_DATA": str(data),
        "ONTHAAL_KEYS_FILE": str(keys),
    }


def production(servers: Servers, folder: Path, login: str) -> dict[str, str]:
    """A complete configuration of a real city."""
    issuers = folder / "issuers.json"
    DevelopmentIssuer(folder, ISSUER, "onthaal-core").prepare()
    jwks = str(folder / "development-jwks.json")
    issuers.write_bytes(msgspec.json.encode([{"issuer": ISSUER, "audience": "onthaal-core", "jwksFile": jwks}]))
    return {
        **variables(servers, folder / "data", login),
        "ONTHAAL_MODE": "production",
        "SMTP_URL": "smtp://127.0.0.1:1",
        "ONTHAAL_SCANNER": "none",
        "ONTHAAL_ISSUERS_FILE": str(issuers),
        "ONTHAAL_PUBLIC_URL": "https://onthaal.stad.example",
        "ONTHAAL_METRICS_TOKEN": "figures",
        "ONTHAAL_ORGANISATION": "OVO002949",
        "ONTHAAL_CITY": "Stad",
        "ONTHAAL_MAIL_FROM": "onthaal@stad.example",
    }


def test_migrate_makes_the_contact_centre_once(migrated: Servers) -> None:
    async def kinds() -> list[tuple[str, str]]:
        connection = await asyncpg.connect(migrated.url("postgres", "onthaal"))
        try:
            return [tuple(row) for row in await connection.fetch("SELECT code, kind FROM department ORDER BY code")]
        finally:
            await connection.close()

    assert ("onthaal", "frontOffice") in asyncio.run(kinds())
    assert [kind for _, kind in asyncio.run(kinds())].count("frontOffice") == 1


def test_serve_and_worker_are_processes_of_their_own(migrated: Servers, tmp_path: Path) -> None:
    port, given = free_port(), variables(migrated, tmp_path / "data")
    url = f"http://127.0.0.1:{port}"
    serve = ["serve", "--port", str(port), "--workers", "2"]
    with (
        started(serve, tmp_path / "api.txt", **given) as api,
        started(["worker"], tmp_path / "worker.txt", **given) as worker,
    ):
        api.wait_for(lambda: answers(f"{url}/health/ready"), "the API is ready")
        worker.wait_for(lambda: "worker_started" in worker.text(), "the worker works")
        taken = onthaal("serve", "--port", str(port), **given)
        assert (taken.code, taken.err.count("\n")) == (2, 1)
        assert taken.err.startswith(f"onthaal: port {port} on 127.0.0.1 is already in use")
        _one_api_process_dies(api, url)
        for _ in range(20):
            httpx.get(f"{url}/health/live")
        count = re.search(r'_count\{method="GET",path="/health/live",status="200"\} (\d+)', _figures(url))
        assert count
        assert int(count[1]) >= 20, "the figures of both processes"
        assert worker.stop() == 0, worker.text()
        assert "worker_stopped" in worker.text()
        assert _stopped_while_a_request_runs(api, port, given).startswith(b"HTTP/1.1 201 ")
        assert api.left() == []


def test_stopping_does_not_wait_for_processes_that_still_start(tmp_path: Path) -> None:
    away = {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"}
    arguments = ["serve", "--port", str(free_port()), "--workers", "2", "--data", str(tmp_path)]
    with started(arguments, tmp_path / "api.txt", **away) as api:
        api.wait_for(lambda: len(api.family()) == 2, "the API processes start")
        assert api.stop(seconds=STOP_SECONDS * 3 / 4) == 0, api.text()
        assert api.left() == []


def _one_api_process_dies(api: Running, url: str) -> None:
    before = api.family()
    assert len(before) >= 2
    before[0].kill()
    until(lambda: len(api.family()) >= len(before) and before[0] not in api.family(), "another API process")
    until(lambda: answers(f"{url}/health/ready"), "the API answers")


def _stopped_while_a_request_runs(api: Running, port: int, given: dict[str, str]) -> bytes:
    """SIGTERM in the middle of a request; gives the beginning of its answer."""
    login = ("--administrator", "ann", "--issuer", "urn:onthaal:development", "--subject", "ann")
    assert onthaal("seed", *login, **given).code == 0
    body = b'{"code": "sport", "name": "Sport"}'
    head = (
        "POST /departments HTTP/1.1\r\nHost: onthaal\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {onthaal('token', 'ann', **given).out.strip()}\r\n"
        f"Idempotency-Key: 12345678\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(head.encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 100 "), "the application waits for the body"
        processes = len(api.family())
        api.process.terminate()
        until(lambda: len(api.family()) < processes, "the other API process is gone")
        client.sendall(body)
        answer = client.recv(1000)
    assert api.process.wait(20) == 0
    return answer


def _figures(url: str) -> str:
    return httpx.get(f"{url}/metrics").text


def test_production_refuses_a_login_that_may_too_much(migrated: Servers, tmp_path: Path) -> None:
    for login, why in (("postgres", "is a superuser, "), ("city", "the login city owns the tables")):
        if login == "city":
            migrated.sql("onthaal", "GRANT onthaal_app TO city")
        given = production(migrated, tmp_path, login)
        got = onthaal("serve", "--port", str(free_port()), **given)
        assert (got.code, got.err.count("\n")) == (2, 1), got.err
        assert got.err.startswith("onthaal: production mode refuses DATABASE_URL: the login ")
        assert why in got.err


def test_production_serves_a_real_city(migrated: Servers, tmp_path: Path) -> None:
    given = production(migrated, tmp_path, "onthaal_app")
    demo, token = onthaal("seed", "--demo", **given), onthaal("token", "ann", **given)
    assert demo.err.startswith("onthaal: production mode takes no demo city")
    assert token.err.startswith("onthaal: production mode has no development tokens")
    assert (demo.code, token.code, token.out) == (2, 2, "")
    foreign = onthaal("seed", "--administrator", "bea", "--issuer", "https://elsewhere", "--subject", "7", **given)
    assert foreign.err == f"onthaal: issuer https://elsewhere is not trusted; ONTHAAL_ISSUERS_FILE names: {ISSUER}\n"
    assert onthaal("seed", "--administrator", "bea", "--issuer", ISSUER, "--subject", "7", **given).code == 0
    port = free_port()
    with started(["serve", "--port", str(port)], tmp_path / "api.txt", **given) as api:
        api.wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/ready"), "ready")
        access = DevelopmentIssuer(tmp_path, ISSUER, "onthaal-core").token("7")
        me = httpx.get(f"http://127.0.0.1:{port}/me", headers={"Authorization": f"Bearer {access}"})
        assert me.json()["name"] == "bea"
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 401
        assert api.stop() == 0, api.text()
    assert not (tmp_path / "data" / "keys").exists(), "no development keys beside a real city"


def test_up_uses_the_servers_that_are_configured(migrated: Servers, tmp_path: Path) -> None:
    port = free_port()
    migrated.sql("postgres", "CREATE DATABASE other")
    given = {"DATABASE_URL": migrated.url("postgres", "other"), "REDIS_URL": migrated.redis_url}
    arguments = ["up", "--empty", "--port", str(port), "--data", str(tmp_path / "data")]
    with started(arguments, tmp_path / "up.txt", **given) as running:
        running.wait_for(lambda: "Ctrl-C stops everything" in running.text(), "ready")
        names = {process.name() for process in running.family()}
        assert not {"postgres", "redis-server"} & names
        source = httpx.get(f"http://127.0.0.1:{port}/burgerprofiel/v1/questions/85073003328")
        assert source.status_code == 503, "a city that is not the demo city has no simulator"
        found = msgspec.json.decode(onthaal("doctor", "--json", "--data", str(tmp_path / "data")).out)
        details = {check["name"]: check["detail"] for check in found["checks"]}
        assert found["ok"] is True, details
        assert re.match(r"PostgreSQL 1\d\..*is a superuser", details["PostgreSQL"])
        assert PASSWORD not in msgspec.json.encode(found).decode()
        assert running.stop() == 0, running.text()
        assert running.left() == []


def test_a_server_that_is_away_is_one_line(tmp_path: Path) -> None:
    away = {"DATABASE_URL": "postgresql://x:secret@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"}
    for command in (["migrate"], ["token", "ann"], ["audit", "list"], ["catalogue", "status"], ["seed"]):
        got = onthaal(*command, "--data", str(tmp_path), **away)
        assert (got.code, got.out, got.err.count("\n")) == (2, "", 1), got.err
        assert "secret" not in got.err
    nothing = onthaal("worker", "--data", str(tmp_path))
    advice = "start `onthaal up` or set DATABASE_URL and REDIS_URL"
    assert nothing.err == f"onthaal: nothing runs on {tmp_path}: {advice}\n"
