"""Processes that follow their key files, in agreement with each other, on a real PostgreSQL."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from backend.kit import keeper
from backend.kit.crypto import KeyRing
from backend.kit.db import Database
from backend.kit.holders import GONE, HOLDERS, Holder, holder_of
from backend.kit.keeper import KeyKeeper
from backend.kit.keyfile import KeyFile
from backend.kit.keys import write_secret
from backend.kit.problems import ProblemError
from backend.kit.roles import APPLICATION

pytestmark = pytest.mark.anyio


class Process:
    """What one process has of it: a file, a keeper, a database of its own."""

    def __init__(self, file: KeyFile, url: str) -> None:
        self.file = file
        self.keeper = KeyKeeper(file)
        self.database = Database(url, role=APPLICATION, size=1)

    @asynccontextmanager
    async def running(self, role: str) -> AsyncIterator["Process"]:
        async with self.database, self.keeper.keeping(self.database, role):
            yield self

    @property
    def shape(self) -> tuple[tuple[int, ...], int]:
        return self.keeper.ring.versions, self.keeper.ring.writes

    async def begins(self) -> None:
        async with self.database.begin() as uow:
            await uow.fetchval("SELECT 1")


Start = Callable[..., "AsyncIterator[Process]"]


@pytest.fixture
async def processes(own_database: str, tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    """Starts processes; those of the same machine share a file."""
    ring = KeyRing.generate().to_json()
    async with AsyncExitStack() as stack:

        async def start(machine: str, role: str, content: bytes = ring) -> Process:
            path = tmp_path / machine / "keyring.json"
            if not path.exists():
                write_secret(path, content)
            return await stack.enter_async_context(Process(KeyFile(path), own_database).running(role))

        yield start


async def holders(process: Process) -> dict[str, Holder]:
    async with process.database.begin() as uow:
        found = [holder_of(row) for row in await uow.fetch(HOLDERS, GONE)]
    return {one.process.rpartition(" ")[2]: one for one in found}


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110 what happens inside another task and PostgreSQL
            await asyncio.sleep(0.02)


async def test_two_processes_take_over_a_version_and_give_one_up(processes: Callable[..., object]) -> None:
    api, worker = await processes("here", "api"), await processes("here", "worker")  # type: ignore[misc]
    for process in (api, worker):
        await process.begins()
    api.file.change(lambda ring: ring.added())
    await until(lambda: api.shape == worker.shape == ((2, 1), 1))
    api.file.change(lambda ring: ring.writing(2))
    await until(lambda: api.shape == worker.shape == ((2, 1), 2))
    api.file.change(lambda ring: ring.without(1))
    await until(lambda: api.shape == worker.shape == ((2,), 2))
    await api.keeper.look()
    said = await holders(api)
    assert {role: (list(one.versions), list(one.writes)) for role, one in said.items()} == {
        "api": ([2], [2]),
        "worker": ([2], [2]),
    }


async def test_nobody_writes_what_another_machine_cannot_read(processes: Callable[..., object]) -> None:
    here, there = await processes("here", "api"), await processes("there", "worker")  # type: ignore[misc]
    await there.begins()
    await here.begins()
    here.file.change(lambda ring: ring.rotated())
    await until(lambda: here.shape == ((2, 1), 1))
    for _ in range(2):
        await here.keeper.look()
    assert here.shape == ((2, 1), 1), "the file says that 2 writes, the other machine does not know it"
    there.file.path.write_bytes(here.file.path.read_bytes())
    await until(lambda: here.shape == there.shape == ((2, 1), 2))


async def test_who_starts_with_an_old_file_is_not_let_in_until_it_is_right(processes: Callable[..., object]) -> None:
    here = await processes("here", "api")  # type: ignore[misc]
    old = here.file.path.read_bytes()
    here.file.change(lambda ring: ring.rotated())
    await here.begins()
    await until(lambda: here.shape == ((2, 1), 2))
    late = await processes("there", "api", old)  # type: ignore[misc]
    with pytest.raises(ProblemError) as refused:
        await late.begins()
    assert refused.value.status == 503
    assert not await late.keeper.ready()
    assert late.keeper.reason().startswith("the key file lacks version 2, with which ")
    late.file.path.write_bytes(here.file.path.read_bytes())
    await until(lambda: not late.keeper.lapsed())
    await late.begins()
    assert await late.keeper.ready()


async def test_other_keys_under_the_same_number_are_noticed(processes: Callable[..., object]) -> None:
    here = await processes("here", "api")  # type: ignore[misc]
    await here.begins()
    other = await processes("there", "api", KeyRing.generate().to_json())  # type: ignore[misc]
    with pytest.raises(ProblemError):
        await other.begins()
    assert other.keeper.reason().startswith("version 1 has other keys in ")
    before = here.keeper.ring
    here.file.path.write_bytes(KeyRing.generate().to_json())
    await here.keeper.look()
    here.file.path.write_bytes(b"{}")
    await here.keeper.look()
    here.file.path.unlink()
    await here.keeper.look()
    assert here.keeper.ring is before, "a file that cannot be used changes nothing"
    await here.begins()


async def test_work_under_way_counts_with_the_ring_it_began_with(processes: Callable[..., object]) -> None:
    here = await processes("here", "api")  # type: ignore[misc]
    await here.begins()
    under_way = here.keeper.ring
    here.file.change(lambda ring: ring.rotated())
    await until(lambda: here.shape == ((2, 1), 2))
    await here.keeper.look()
    said = (await holders(here))["api"]
    assert (list(said.versions), said.writes) == ([1], [1, 2])
    del under_way
    gc.collect()
    await here.keeper.look()
    said = (await holders(here))["api"]
    assert (sorted(said.versions), said.writes) == ([1, 2], [2])


async def test_who_was_silent_for_too_long_is_let_in_anew(
    processes: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, frozen = await processes("here", "api"), await processes("there", "worker")  # type: ignore[misc]
    await here.begins()
    await frozen.begins()
    monkeypatch.setattr(frozen.keeper, "_follow", None)
    async with frozen.keeper._turn:  # stands still
        async with here.database.transaction() as uow:
            await uow.execute(
                "UPDATE key_holder SET seen_at = now() - interval '2 minutes' WHERE process LIKE '%worker'"
            )
        here.file.change(lambda ring: ring.rotated())
        await until(lambda: here.shape == ((2, 1), 2))
        monkeypatch.setattr(keeper, "_clock", lambda now=keeper._clock: now() + keeper.LEASE_SECONDS + 1)
        assert frozen.keeper.lapsed()
    with pytest.raises(ProblemError):
        await frozen.begins()
    frozen.file.path.write_bytes(here.file.path.read_bytes())
    await until(lambda: frozen.shape == ((2, 1), 2))
    await frozen.begins()


async def test_who_stops_is_not_waited_for(own_database: str, tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    write_secret(path, KeyRing.generate().to_json())
    async with Process(KeyFile(path), own_database).running("api") as stays:
        async with Process(KeyFile(path), own_database).running("worker") as goes:
            await goes.begins()
            await stays.begins()
            assert set(await holders(stays)) == {"api", "worker"}
        assert set(await holders(stays)) == {"api"}
