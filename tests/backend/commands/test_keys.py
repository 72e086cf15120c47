"""`onthaal keys` on a real database, without other processes unless a test starts them."""

import asyncio
import re
import stat
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import asyncpg
import msgspec
import pytest

from backend.app import Platform
from backend.catalogue.sources.schemas import CatalogueSourceCreate
from backend.catalogue.sources.service import SourceService
from backend.commands.renewals import RENEWALS, columns
from backend.crm.customers.schemas import CustomerCreate
from backend.crm.customers.service import CustomerService
from backend.kit import rewrite
from backend.kit.crypto import KeyRing
from backend.kit.db import Database, UnitOfWork
from backend.kit.keyfile import KeyFile
from backend.kit.rewrite import Rewriter, Rewritten
from backend.kit.roles import APPLICATION
from backend.kit.work import Work
from backend.settings import Settings
from tests.backend.commands.program import Outcome, onthaal

T = TypeVar("T")
HASHES = "SELECT encode(lookup, 'hex') FROM customer_identifier ORDER BY id"


def number(day: int) -> str:
    base = f"8507{1 + day % 28:02}{1 + day:03}"
    return f"{base}{97 - int(base) % 97:02}"


class City:
    """An installation: a database and a key file."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.file = KeyFile(settings.keys_path)
        self.act(lambda _: asyncio.sleep(0))

    def act(self, step: Callable[[Work], Awaitable[T]], ring: KeyRing | None = None) -> T:
        """One unit of work in a process of its own, with its keys."""

        async def run() -> T:
            async with Database(self.settings.database_url, role=APPLICATION) as database:
                platform = Platform(self.settings, database)
                if ring:
                    platform.keeper.use(ring)
                async with database.transaction() as uow:
                    return await step(platform.work(uow, None, "test", "test"))

        return asyncio.run(run())

    def register(self, *days: int, ring: KeyRing | None = None) -> None:
        async def all_of_them(work: Work) -> None:
            for day in days:
                body = {
                    "kind": "person",
                    "names": {"given": "Jan", "family": f"Peeters{day}"},
                    "birthDate": "1985-07-30",
                    "identifiers": [{"type": "ssin", "value": number(day)}],
                }
                await CustomerService(work).register(msgspec.convert(body, CustomerCreate))

        self.act(all_of_them, ring)

    def sql(self, statement: str, *args: object) -> list[asyncpg.Record]:
        return self.act(lambda work: work.uow.fetch(statement, *args))

    def rewrite(self, progress: Callable[[int, int | None], None] = lambda *_: None) -> Rewritten:
        """The rewriting alone, without resting."""

        async def run() -> Rewritten:
            async with Database(self.settings.database_url, role=APPLICATION) as database:
                platform = Platform(self.settings, database)

                def work(uow: UnitOfWork) -> Work:
                    return platform.work(uow, None, "rotateKeys", "test")

                return await Rewriter(database, work, columns(), RENEWALS, rest=0).run(progress)

        return asyncio.run(run())

    def keys(self, *arguments: str) -> Outcome:
        variables = {"DATABASE_URL": self.settings.database_url, "ONTHAAL_DATA": self.settings.data}
        return onthaal("keys", *arguments, **variables)

    def status(self) -> dict[str, dict[int, int]]:
        found = msgspec.json.decode(self.keys("status", "--json").out)
        return {one["name"]: {int(v): n for v, n in one["versions"].items()} for one in found["columns"]}


@pytest.fixture
def city(own_database: str, tmp_path: Path) -> City:
    return City(Settings(data=str(tmp_path), database_url=own_database, redis_url="redis://127.0.0.1:1"))


def test_everything_comes_under_the_new_version_and_the_old_one_can_go(city: City) -> None:
    city.register(1, 2, 3)
    city.sql(
        "UPDATE customer_identifier SET ended_at = now() WHERE customer_id = (SELECT max(id::text)::uuid FROM customer)"
    )
    source = {"name": "lpdc", "url": "https://lpdc.example/x", "apiKey": "geheim", "everyMinutes": 60}

    async def add_source(work: Work) -> None:
        await SourceService(work, private=False).create(msgspec.convert(source, CatalogueSourceCreate))

    city.act(add_source)
    before = city.status()
    assert before["customer.birth_date"] == before["customer_identifier.value"] == before["matching"] == {1: 3}
    old = city.sql(HASHES)
    done = city.keys("rotate")
    assert done.code == 0, done.err
    assert done.out.startswith("version 2 is known to all processes\nversion 2 writes\n10 rows rewritten in ")
    assert re.fullmatch(r"after \d{4}-\d\d-\d\d \d\d:\d\d UTC: `onthaal keys retire 1`\n", done.err)
    after = city.status()
    assert after["customer.birth_date"] == after["customer_identifier.value"] == after["matching"] == {2: 3}
    assert after["catalogue_source.api_key"] == {2: 1}
    assert not {row[0] for row in old} & {row[0] for row in city.sql(HASHES)}, "look-up hashes are new too"
    assert city.keys("rewrite").out.startswith("0 rows rewritten")
    assert city.keys("retire", "1", "--force").code == 0
    only_new = city.file.read()
    assert (only_new.versions, only_new.writes) == ((2,), 2)
    for row in city.sql("SELECT id, value, lookup FROM customer_identifier"):
        plain = only_new.decrypt(row["value"], table="customer_identifier", column="value", row=row["id"])
        assert only_new.lookup(plain, purpose="ssin") == row["lookup"]
    for row in city.sql("SELECT id, birth_date, birth_lookup FROM customer"):
        assert only_new.decrypt(row["birth_date"], table="customer", column="birth_date", row=row["id"]) == "1985-07-30"
        assert only_new.lookup("1985-07-30", purpose="birthDate") == row["birth_lookup"]
    shown = city.keys("status").out
    assert "gone" in shown
    assert "the answers to creating calls are kept for 72 hours" in shown


def test_step_by_step_as_with_several_machines(city: City) -> None:
    city.register(1)
    assert city.keys("add").out == "version 2 added; it does not write yet\n"
    assert city.keys("add").out == "version 2 was there already; it does not write yet\n"
    assert "does not write yet" in city.keys("status").out
    assert stat.S_IMODE(city.file.path.stat().st_mode) == 0o600
    assert city.keys("activate").out == "version 2 writes\n"
    refused = city.keys("retire", "1")
    assert refused.err == (
        "onthaal: rows are still under version 1: 1 in customer.birth_date, 1 in customer_identifier.value, "
        "1 in matching; run `onthaal keys rewrite`\n"
    )
    assert city.keys("retire", "2").err == "onthaal: version 2 writes: rotate first\n"
    assert city.keys("retire", "7").err.endswith("it has 1, 2\n")
    assert city.keys("rewrite").out.startswith("3 rows rewritten")
    early = city.keys("retire", "1")
    assert (early.code, "a mail brought again" in early.err) == (1, True)
    city.sql("UPDATE key_version SET replaced_at = replaced_at - interval '121 hours'")
    assert city.keys("retire", "1").out == "version 1 is gone from the key file\n"


def test_an_interrupted_rotation_goes_on(city: City) -> None:
    city.register(1, 2)
    city.file.change(lambda ring: ring.added())
    assert city.keys("rotate").code == 0
    assert city.file.read().versions == (2, 1), "the version that was waiting, not a third one"
    city.register(3, ring=city.file.read().writing(1))
    again = city.keys("rotate")
    assert again.err.startswith("going on with the rotation to version 2\n")
    assert again.out.startswith("3 rows rewritten")
    assert city.file.read().versions == (2, 1)


def test_two_commands_at_once_refuse(city: City) -> None:
    lock = "SELECT pg_advisory_lock(hashtextextended('keys', 7421003))"

    async def meanwhile() -> Outcome:
        other = await asyncpg.connect(city.settings.database_url.replace("+asyncpg", ""))
        try:
            await other.execute(lock)
            return await asyncio.to_thread(city.keys, "rotate")
        finally:
            await other.close()

    refused = asyncio.run(meanwhile())
    assert refused.err == "onthaal: another command is changing the keys: try again when it is done\n"
    assert (refused.code, city.file.read().versions) == (1, (1,))


def test_without_postgresql_nothing_is_changed(city: City) -> None:
    variables = {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "ONTHAAL_DATA": city.settings.data}
    for step in (["rotate"], ["add"], ["activate"], ["rewrite"], ["retire", "1"], ["status"]):
        refused = onthaal("keys", *step, **variables)
        assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1), refused.err
    assert city.file.read().versions == (1,)


def test_a_file_that_cannot_be_replaced_is_one_line(city: City) -> None:
    city.file.path.with_name(".keyring.json.new").mkdir()
    refused = city.keys("rotate")
    assert (refused.code, refused.err.count("\n")) == (2, 1), refused.err
    assert city.file.read().versions == (1,)


def test_what_cannot_be_opened_or_is_there_twice_is_told_and_the_rest_goes_on(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrite, "AGAIN_SECONDS", 0.01)
    city.register(1, 2, 3)
    city.file.change(lambda ring: ring.rotated())
    city.register(4)
    broken, twin = (row["id"] for row in city.sql("SELECT id FROM customer_identifier ORDER BY id LIMIT 2"))
    city.sql(
        "UPDATE customer_identifier SET value = set_byte(value, 20, get_byte(value, 20) # 1) WHERE id = $1", broken
    )
    hashed = city.file.read().lookup(number(2), purpose="ssin")
    city.sql(
        "INSERT INTO customer_identifier (customer_id, id, type, lookup, value, source, recorded_at)"
        " SELECT customer_id, gen_random_uuid(), type, $2, set_byte(value, 0, 2), source, recorded_at"
        " FROM customer_identifier WHERE id = $1",
        twin,
        hashed,
    )
    done = city.rewrite()
    assert (len(done.stuck), done.left) == (2, 2 + 2), "the profiles of both cannot be made anew either"
    told = "\n".join(done.stuck)
    assert f"{broken}: the value was changed or belongs to another place" in told
    assert f"{twin}: another row has the same value under a newer key" in told
    assert number(2) not in told
    refused = city.keys("rewrite")
    assert (refused.code, "4 rows are still under an older version" in refused.err) == (1, True), refused.err
    assert "still under version 1" in city.keys("retire", "1", "--force").err


def test_a_row_in_use_is_left_for_later(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "AGAIN_SECONDS", 0.01)
    city.register(1, 2)
    city.file.change(lambda ring: ring.rotated())

    async def meanwhile() -> Rewritten:
        other = await asyncpg.connect(city.settings.database_url.replace("+asyncpg", ""))
        try:
            async with other.transaction():
                await other.execute("SELECT FROM customer ORDER BY id LIMIT 1 FOR UPDATE")
                return await asyncio.to_thread(city.rewrite)
        finally:
            await other.close()

    assert asyncio.run(meanwhile()).left == 2, "a birth date and a profile"
    done = city.rewrite()
    assert (done.rows, done.left, done.stuck) == (2, 0, [])


def test_a_lost_connection_in_the_middle_is_gone_over(city: City) -> None:
    city.register(1, 2)
    city.file.change(lambda ring: ring.rotated())
    struck: list[int] = []

    def strike(done: int, _total: int | None) -> None:
        if not struck:
            struck.append(done)
            others = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND datname = $1"
            )

            async def end() -> None:
                other = await asyncpg.connect(city.settings.database_url.replace("+asyncpg", ""))
                name = await other.fetchval("SELECT current_database()")
                await other.execute(f"{others.replace('$1', repr(name))} AND pid <> pg_backend_pid()")
                await other.close()

            thread_run(end)

    done = city.rewrite(strike)
    assert (done.left, done.stuck, struck) == (0, [], [0])


def thread_run(step: Callable[[], Awaitable[None]]) -> None:
    """Run it to its end while the loop of this thread stands still."""
    thread = threading.Thread(target=lambda: asyncio.run(step()))  # type: ignore[arg-type]
    thread.start()
    thread.join()
