"""Keys are replaced under load: nobody notices, every number is found all the time, nothing stays under the old key."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any

import httpx
import msgspec
import psutil
import pytest

from tests.reliability.running import PROGRAM, Running, environment_of, frozen, until

pytestmark = pytest.mark.anyio

CLIENTS = 2
PAUSE = 0.05
"""Between the rounds of a client: the command needs the processor too."""
SECONDS = 150
"""For one command; the machine of the tests may be busy."""
BEFORE, AFTER = 20, 10
ROWS = "SELECT count(*) FROM {table} WHERE get_byte({column}, 0) = $1"
SEALED = (("customer", "birth_date"), ("customer_identifier", "value"))


def numbers() -> Iterator[str]:
    """National numbers, each once."""
    for day in count():
        base = f"{40 + day // 27:02}{1 + day % 9:02}{1 + day % 27:02}{1 + day % 997:03}"
        yield f"{base}{97 - int(base) % 97:02}"


class Load:
    """Clients that register and look, and note what was not answered as it should be."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._numbers = numbers()
        self.known: dict[str, str] = {}
        self.errors: list[str] = []
        self.calls = 0

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        clients = [asyncio.create_task(self._client(stop)) for _ in range(CLIENTS)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*clients)

    async def more(self, customers: int) -> None:
        """Wait until so many more are registered."""
        wanted = len(self.known) + customers

        async def so() -> bool:
            assert not self.errors, self.errors[:5]
            return len(self.known) >= wanted

        await until(so, 60, f"{customers} more customers")

    async def check_all(self) -> None:
        """Every number leads to its customer, and to nobody else."""
        async with self._running.client() as http:
            for number, customer in list(self.known.items()):
                await self._found(http, number, customer)

    async def _client(self, stop: asyncio.Event) -> None:
        async with self._running.client() as http:
            while not stop.is_set():
                await self._round(http, next(self._numbers))
                await asyncio.sleep(PAUSE)

    async def _round(self, http: httpx.AsyncClient, number: str) -> None:
        body = {
            "kind": "person",
            "names": {"given": "Proef", "family": f"Persoon {number[:6]}"},
            "birthDate": "1980-02-03",
            "identifiers": [{"type": "ssin", "value": number}],
        }
        made = await self._call(http, "POST", "/customers", 201, body, key=f"keys-{number}")
        again = await self._call(http, "POST", "/customers", 201, body, key=f"keys-{number}")
        if made is None or again is None:
            return
        if made["id"] != again["id"]:
            self.errors.append(f"{made['id']} registered twice")
        await self._call(http, "POST", "/customers", 409, body, key=f"twin-{number}")
        path = f"/customers/{made['id']}"
        await self._call(http, "GET", path, 200)
        fields = {"fields": ["ssin", "birthDate"], "purpose": "identityCheck"}
        shown = await self._call(http, "POST", f"{path}/reveal", 200, fields)
        if shown and (shown["ssin"], shown["birthDate"]) != (number, "1980-02-03"):
            self.errors.append(f"{path} reveals something else")
        change = {"language": "fr", "birthDate": "1980-02-03"}
        await self._call(http, "PATCH", path, 200, change, version=made["version"])
        await self._found(http, number, made["id"])
        self.known[number] = made["id"]

    async def _found(self, http: httpx.AsyncClient, number: str, customer: str) -> None:
        found = await self._call(http, "POST", "/customers/query", 200, {"text": number})
        if found is not None and [hit["id"] for hit in found["items"]] != [customer]:
            self.errors.append(f"{customer} is not found by its number: {len(found['items'])} hits")

    async def _call(
        self,
        http: httpx.AsyncClient,
        verb: str,
        path: str,
        status: int,
        body: object = None,
        *,
        key: str = "",
        version: int = 0,
    ) -> Any:
        headers = {"Idempotency-Key": key} if key else {"If-Match": f'"{version}"'} if version else {}
        self.calls += 1
        try:
            answer = await http.request(verb, path, json=body, headers=headers)
        except httpx.TransportError as error:
            self.errors.append(f"{verb} {path}: {type(error).__name__}")
            return None
        if answer.status_code != status:
            self.errors.append(f"{verb} {path}: {answer.status_code} {answer.text[:200]}")
            return None
        return answer.json()


async def keys(running: Running, *arguments: str) -> tuple[int, str, str]:
    """Run `onthaal keys`; its exit code and outputs."""
    command = [*PROGRAM, "keys", *arguments, "--data", str(running.places.data)]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment_of(), capture_output=True, text=True, check=False, timeout=SECONDS
    )
    return done.returncode, done.stdout, done.stderr


async def rows(running: Running, version: int) -> int:
    return sum([await running.value(ROWS.format(table=table, column=column), version) for table, column in SEALED])


async def test_keys_are_replaced_under_load_without_an_error(running: Running) -> None:
    load = Load(running)
    file = running.places.data / "keys" / "keyring.json"
    old = msgspec.json.decode(file.read_bytes())
    before = old["writes"]
    async with load.going_on():
        await load.more(BEFORE)
        code, out, err = await keys(running, "rotate")
        assert code == 0, err
        await load.more(AFTER)
        await load.check_all()
    assert load.errors == []
    assert await rows(running, before) == 0, out
    assert await rows(running, before + 1) == 2 * len(load.known), "every number and birth date"
    assert f"version {before + 1} writes" in out
    assert "rows rewritten" in out
    for secret in (old["keys"][0]["encryption"], old["keys"][0]["lookup"]):
        assert secret not in out + err
    audit = "SELECT count(*) FROM audit_entry WHERE action = 'rotateKeys' AND actor IS NULL AND fields[1] = 'activated'"
    assert await running.value(audit) == 1

    refused, _, why = await keys(running, "retire", str(before))
    assert (refused, "is needed until" in why) == (1, True), why
    async with load.going_on():
        gone, out, err = await keys(running, "retire", str(before), "--force")
        assert gone == 0, err
        await load.more(5)
        await load.check_all()
    assert load.errors == []
    after = msgspec.json.decode(file.read_bytes())
    assert [one["version"] for one in after["keys"]] == [before + 1]
    status = msgspec.json.decode((await keys(running, "status", "--json"))[1])
    served = [one for one in status["processes"] if not one["process"].endswith("command")]
    assert len(served) == 4, "two API processes, a worker and mail-in"
    assert {tuple(one["writes"]) for one in served} == {(before + 1,)}


async def test_a_process_that_does_not_follow_stops_the_rotation_and_nothing_is_changed(running: Running) -> None:
    file = running.places.data / "keys" / "keyring.json"
    before = file.read_bytes()
    worker: list[psutil.Process] = running.family("worker")
    with frozen(worker):
        code, _, err = await keys(running, "rotate", "--wait", "3")
    assert (code, err.count("\n")) == (1, 1), err
    assert err.startswith("onthaal: nothing was changed: version ")
    assert "worker" in err
    after, wanted = msgspec.json.decode(file.read_bytes()), msgspec.json.decode(before)
    assert after == wanted
    await running.healthy()
