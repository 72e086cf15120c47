"""Finding customers over HTTP, by each key of the query box, in a base of its own filled from a file of profiles."""

import asyncio
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from msgspec.structs import replace

from backend.app import Platform
from backend.crm.customers.schemas import IdentifierInput
from backend.crm.customers.service import CustomerService
from backend.crm.matching.service import MatchService
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from scripts.benchmarks.load import Request
from scripts.benchmarks.match import BATCH, customer, flush, together
from scripts.benchmarks.stack import Stack
from scripts.matching.draw import rows

TASKS = 1
KEPT = 20_000
"""Lines to draw queries from."""
SHORTEST = 4
"""Letters of a family name that an agent types before looking."""

Line = dict[str, Any]


def ssin(line: Line) -> str:
    """A national number with right check digits that goes with the line: its birth date, and its place in the file."""
    born = line["born"] or f"{1930 + line['pid'] % 70}0101"
    serial = line["pid"] % 997 + 1
    nine = f"{born[2:]}{serial:03}"
    check = 97 - int(("2" if born >= "2000" else "") + nine) % 97
    return f"{nine}{check:02}"


def enterprise_number(line: Line) -> str:
    """An enterprise number with right check digits, one per line."""
    eight = f"{1_000_000 + line['pid']:08}"
    return f"{eight}{97 - int(eight) % 97:02}"


async def fill(running: Stack, profiles: Path) -> list[Line]:
    """Register every line through the service, with a national number when it is still free and an enterprise number.

    Gives some lines to draw queries from, with the numbers they have.
    """
    url = running.cluster.url(APPLICATION, "onthaal")
    settings = Settings(data=str(running.data), database_url=url, redis_url=running.redis.url(), smtp_url="smtp://x:1")
    platform = Platform(settings)
    lines, taken, kept = iter(rows(profiles)), set[str](), list[Line]()
    draw = random.Random(7)

    async def work() -> None:
        while batch := list(islice(lines, BATCH)):
            async with platform.database.transaction(EVERYTHING) as uow:
                held = together(uow)
                service = CustomerService(platform.work(uow, None, "bench.customers", "bench"))
                for line in batch:
                    numbers = _numbers(line, taken)
                    made, _ = customer(line)
                    await service.register(replace(made, identifiers=numbers))
                    if len(kept) < KEPT or draw.random() < KEPT / (line["pid"] + 1):
                        known = {one.type: one.value for one in numbers}
                        kept.append(line | known)
                await flush(uow, held)

    await asyncio.gather(*(work() for _ in range(TASKS)))
    await _settle(running, platform)
    await platform.database.close()
    return kept


def _numbers(line: Line, taken: set[str]) -> tuple[IdentifierInput, ...]:
    number = ssin(line)
    free = number not in taken
    taken.add(number)
    company = IdentifierInput(type="enterpriseNumber", value=enterprise_number(line))
    return (IdentifierInput(type="ssin", value=number), company) if free else (company,)


async def _settle(running: Stack, platform: Platform) -> None:
    """What background runs do: statistics, visibility, counts of names."""
    connection = await asyncpg.connect(running.administrator())
    try:
        await connection.execute("VACUUM (ANALYZE)", timeout=3600)
        await connection.execute("CHECKPOINT", timeout=600)
    finally:
        await connection.close()
    async with platform.database.transaction(EVERYTHING) as uow:
        await MatchService(platform.work(uow, None, "bench.customers", "bench")).count_names()


def misspelt(name: str, draw: random.Random) -> str:
    """The name with two neighbouring letters swapped, or one left out."""
    at = draw.randrange(1, max(2, len(name) - 1))
    if draw.random() < 0.5:  # noqa: PLR2004 half of them
        return name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :]
    return name[:at] + name[at + 1 :]


def _prefix(line: Line, draw: random.Random) -> str:
    family = line["last"]
    return str(family[: draw.randint(SHORTEST, max(SHORTEST, len(family)))])


Typed = Callable[[Line, random.Random], str]

KEYS: dict[str, tuple[str, Callable[[Line], bool], Typed]] = {
    "ssin": ("exact", lambda line: "ssin" in line, lambda line, _: str(line["ssin"])),
    "enterpriseNumber": ("exact", lambda _: True, lambda line, _: str(line["enterpriseNumber"])),
    "phone": ("exact", lambda line: bool(line["phone"]), lambda line, _: str(line["phone"])),
    "email": ("exact", lambda line: bool(line["email"]), lambda line, _: str(line["email"])),
    "address": ("exact", lambda line: bool(line["street"]), lambda line, _: f"{line['pc']} {line['nr']}"),
    "namePrefix": ("name", lambda line: len(line["last"]) >= SHORTEST, _prefix),
    "wholeName": ("name", lambda line: bool(line["first"]), lambda line, _: f"{line['first']} {line['last']}"),
    "nameAndBirthDate": (
        "name",
        lambda line: bool(line["born"]),
        lambda line, _: f"{line['last']} {line['born'][6:]}/{line['born'][4:6]}/{line['born'][:4]}",
    ),
    "misspelt": (
        "fuzzy",
        lambda line: len(line["first"]) > SHORTEST and len(line["last"]) > SHORTEST,
        lambda line, draw: f"{line['first']} {misspelt(line['last'], draw)}",
    ),
}
"""Name of the key -> which goal it has, which lines have it, what is typed into the box."""


def requests(lines: list[Line], key: str) -> Callable[[], Iterator[Request]]:
    """Endless queries by one key, as an agent types them into the one box."""
    _, has, typed = KEYS[key]
    fitting = [line for line in lines if has(line)]

    def ask() -> Iterator[Request]:
        draw = random.Random(len(key))
        while True:
            body = {"text": typed(draw.choice(fitting), draw)}
            yield "POST", "/customers/query?limit=10", msgspec.json.encode(body), {}

    return ask
