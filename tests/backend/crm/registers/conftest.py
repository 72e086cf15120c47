"""The registers as simulators on this machine, and a platform that is coupled to them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from backend.app import Platform
from backend.crm.registers.service.sources import Registers
from backend.settings import RegisterSettings, Settings
from tests.backend.crm.conftest import Body, Create
from tests.conftest import Client, RolledBack
from tests.simulators.associations import Associations
from tests.simulators.magda import Magda

JAN, MILA, HENDRIK = "85073003328", "05010100113", "90061638302"
HURRY = 0.5
"""Seconds that a look-up takes at most where the register is slow on purpose: the simulator waits for 30."""


@pytest.fixture(scope="session")
def _magda(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Magda]:
    with Magda(tmp_path_factory.mktemp("magda")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _associations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Associations]:
    with Associations(tmp_path_factory.mktemp("associations")) as simulator:
        yield simulator


@pytest.fixture
def magda(_magda: Magda) -> Magda:
    """MAGDA: nothing goes wrong, nobody was asked for yet."""
    _magda.fault, _magda.faulty = "none", frozenset({"GeefPersoon", "GeefOnderneming"})
    _magda.subscribed.clear()
    _magda.refused.clear()
    _magda.server.requests.clear()
    return _magda


@pytest.fixture
def associations(_associations: Associations) -> Associations:
    """The associations register: nothing goes wrong."""
    _associations.fault = "none"
    _associations.server.requests.clear()
    return _associations


@pytest.fixture
def seconds() -> float:
    """How long a look-up takes at most; a test of a slow register asks for less."""
    return 15.0


@pytest.fixture
def coupled(magda: Magda, associations: Associations, seconds: float) -> RegisterSettings:
    """All three registers, as a registers file couples them."""
    file = {
        "nationalRegister": magda.coupling(seconds=seconds),
        "enterpriseRegister": magda.coupling(seconds=seconds),
        "associationsRegister": associations.coupling(seconds=seconds),
    }
    return msgspec.json.decode(msgspec.json.encode(file), type=RegisterSettings)


@pytest.fixture
async def registers(coupled: RegisterSettings) -> AsyncIterator[Registers]:
    """The adapters."""
    made = Registers(coupled)
    yield made
    await made.close()


@pytest.fixture
def wired(settings: Settings, registers_file: Path) -> Settings:
    """The settings of an installation that is coupled to all three."""
    return msgspec.structs.replace(settings, registers_file=str(registers_file))


@pytest.fixture
async def platform(wired: Settings, database: RolledBack) -> Platform:
    return Platform(wired, database)


Enrich = Callable[..., Awaitable[httpx.Response]]
Accept = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def enrich(agent: Client) -> Enrich:
    """POST .../enrichment as the agent, or as somebody else."""

    async def post(customer: str, client: Client | None = None, **body: Any) -> httpx.Response:
        asked = {"purpose": "registerLookup", **body}
        return await (client or agent).post(f"/customers/{customer}/enrichment", json=asked)

    return post


@pytest.fixture
def accept(agent: Client) -> Accept:
    """POST .../accept of the differences of these fields, or of these ids."""

    async def post(
        view: Body, *fields: str, ids: list[str] | None = None, version: int | None = None, client: Client | None = None
    ) -> httpx.Response:
        customer = view["customerId"]
        chosen = ids if ids is not None else [one["id"] for one in opened(view) if one["field"] in fields]
        if version is None:
            version = (await agent.get(f"/customers/{customer}")).json()["version"]
        return await (client or agent).post(
            f"/customers/{customer}/enrichment/{view['id']}/accept",
            json={"differences": chosen},
            headers={"If-Match": f'"{version}"'},
        )

    return post


def opened(view: Body) -> list[Body]:
    """The differences that are to be decided."""
    return [one for one in view["differences"] if one["decision"] == "open"]


def told(view: Body) -> list[tuple[str, str, str, str | None]]:
    """Field, type, verdict and what the register says."""
    return [(one["field"], one.get("type", ""), one["verdict"], one.get("theirs")) for one in view["differences"]]


@pytest.fixture
async def jan(create: Create, person: Body) -> Body:
    """A person whom the simulated national register knows: another address, more given names."""
    view: Body = (await create(person)).json()
    return view


@pytest.fixture
async def mila(create: Create) -> Body:
    """A person whose address may not be told; the desk wrote it down in the open before that."""
    body = {
        "kind": "person",
        "names": {"given": "Mila", "family": "Schuilenburg"},
        "identifiers": [{"type": "ssin", "value": MILA}],
        "addresses": [{"street": "Geheimestraat", "number": "7", "postcode": "9000", "municipality": "Gent"}],
    }
    view: Body = (await create(body)).json()
    return view


@pytest.fixture
def registers_file(coupled: RegisterSettings, tmp_path: Path) -> Path:
    """The same as a file, for a platform."""
    file = tmp_path / "registers.json"
    file.write_bytes(msgspec.json.encode(coupled))
    return file
