"""What may not be told stays untold: undisclosed addresses, birth dates, national numbers, what registers say."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.kit.db import UnitOfWork
from tests.backend.crm.conftest import Audit, Body, Create
from tests.backend.crm.registers.conftest import JAN, MILA, Accept, Enrich, told
from tests.conftest import Client
from tests.simulators.magda import Fault, Magda

pytestmark = pytest.mark.anyio

SECRET_PLACES = ("Geheimestraat", "9000", "Gent")
TABLES = ("register_lookup", "register_difference", "outbox", "idempotency_record", "customer")


async def found_by_place(agent: Client) -> list[Any]:
    body = {"postcode": "9000", "houseNumber": "7"}
    response = await agent.post("/customers/query", json=body)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


async def test_an_undisclosed_address_is_only_said_to_exist(mila: Body, enrich: Enrich) -> None:
    response = await enrich(mila["id"])
    assert response.status_code == 200, response.text
    (address,) = (one for one in response.json()["differences"] if one["field"] == "address")
    assert (address["verdict"], address["shielded"], address["decision"]) == ("new", True, "open")
    assert "theirs" not in address
    assert "ours" not in address, "whether the desk has the same address in the open is not told"
    assert not any(word in response.text for word in SECRET_PLACES)


async def test_an_undisclosed_address_stays_hidden_once_accepted(
    agent: Client, mila: Body, enrich: Enrich, accept: Accept
) -> None:
    assert len(await found_by_place(agent)) == 1, "the desk wrote it in the open"
    done = await accept((await enrich(mila["id"])).json(), "address")
    assert done.status_code == 200, done.text
    for shown in (
        done,
        await agent.get(f"/customers/{mila['id']}"),
        await agent.get(f"/customers/{mila['id']}/file"),
        await agent.get(f"/customers/{mila['id']}/enrichment"),
        await agent.post("/customers/query", json={"name": "Schuilenburg"}),
        await enrich(mila["id"]),
    ):
        assert shown.status_code == 200, shown.text
        assert not any(word in shown.text for word in SECRET_PLACES), shown.url
    assert await found_by_place(agent) == [], "the same address in the open is gone too"
    revealed = await agent.post(
        f"/customers/{mila['id']}/reveal", json={"fields": ["undisclosedAddress"], "purpose": "legalObligation"}
    )
    (address,) = revealed.json()["addresses"]
    assert (address["street"], address["source"]) == ("Geheimestraat", "nationalRegister")


async def test_an_undisclosed_address_that_we_have_is_the_same(mila: Body, enrich: Enrich, accept: Accept) -> None:
    await accept((await enrich(mila["id"])).json(), "address")
    view = (await enrich(mila["id"])).json()
    assert ("address", "", "same", None) in told(view)


async def test_no_row_holds_in_the_clear_what_a_register_says(
    uow: UnitOfWork, jan: Body, mila: Body, enrich: Enrich, accept: Accept, audit: Audit
) -> None:
    await enrich(jan["id"])
    view = (await enrich(mila["id"])).json()
    held = str(await audit(jan["id"])) + str(await audit(mila["id"]))
    for table in TABLES:
        held += "".join(row[0] for row in await uow.fetch(f"SELECT t::text FROM {table} t"))
    assert view["reference"] in held
    for clear in (JAN, MILA, "850730", "1985-07-30", "2005-01-01", "Geheimestraat", "Dorp-West", "Pieter"):
        assert clear not in held, clear
    sealed = await uow.fetchval("SELECT count(*) FROM register_difference WHERE content IS NOT NULL")
    assert sealed == len((await enrich(jan["id"])).json()["differences"]) + len(view["differences"])
    await accept(view, "address")
    left = await uow.fetchval(
        "SELECT count(*) FROM register_difference WHERE lookup_id = $1 AND content IS NOT NULL", UUID(view["id"])
    )
    assert left == 0, "what was decided is not kept beside the profile"


@pytest.mark.parametrize("fault", ["none", "noFile", "unauthorised", "rubbish", "half", "otherNumber"])
async def test_no_log_holds_a_national_number_or_what_a_register_says(
    jan: Body, enrich: Enrich, magda: Magda, fault: Fault, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    magda.fault = fault
    response = await enrich(jan["id"])
    seen = capfd.readouterr()
    logged = seen.out + seen.err
    assert "enrichCustomer" in logged
    for clear in (JAN, "85.07.30", "Dorp-West", "Pieter", "1985-07-30"):
        assert clear not in logged
        assert clear not in str(response.url)
    for problem in ("Gegevens niet opvraagbaar", "Niet gemachtigd"):
        assert problem not in response.text, "the words of the register are not passed on"


async def test_an_address_the_desk_holds_undisclosed_is_not_shown_by_a_register(
    create: Create, enrich: Enrich, person: Body
) -> None:
    person["addresses"] = [
        {
            "street": "Dorp-West",
            "number": "52",
            "box": "3",
            "postcode": "9080",
            "municipality": "Lochristi",
            "undisclosed": True,
        }
    ]
    customer = (await create(person)).json()
    response = await enrich(customer["id"])
    (address,) = (one for one in response.json()["differences"] if one["field"] == "address")
    assert address["shielded"] is True
    assert "Dorp-West" not in response.text


def test_the_simulators_are_nowhere_in_the_product() -> None:
    root = Path(__file__).parents[4]
    assert (root / "tests" / "simulators").is_dir()
    found = [path for path in (root / "backend").rglob("*.py") if "tests.simulators" in path.read_text()]
    assert found == []
