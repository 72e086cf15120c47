"""Mailboxes as administrators make and change them."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.contacts.mailboxes.rules import bare
from backend.contacts.mailboxes.service import box_of
from backend.kit.db import UnitOfWork
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

IMAP = {
    "address": "sport@stad.be",
    "name": "Sport",
    "protocol": "imap",
    "host": "imap.stad.be",
    "username": "sport",
    "password": "geheim-wachtwoord",
}


@pytest.fixture
def administrator(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["administrator"])


async def create(client: Client, **body: Any) -> httpx.Response:
    return await client.post("/mailboxes", json=body, headers={"Idempotency-Key": f"mailbox-{body['address']}"})


async def change(client: Client, mailbox: dict[str, Any], **body: Any) -> httpx.Response:
    headers = {"If-Match": f'"{mailbox["version"]}"'}
    return await client.patch(f"/mailboxes/{mailbox['id']}", json=body, headers=headers)


async def test_made_listed_changed(administrator: Client, people: People) -> None:
    department = str(people.departments["burgerzaken"])
    made = (await create(administrator, address="Burgerzaken@Stad.be", name="BZ", departmentId=department)).json()
    assert (made["address"], made["protocol"], made["active"]) == ("burgerzaken@stad.be", "lmtp", True)
    got = await administrator.get(f"/mailboxes/{made['id']}")
    assert got.headers["etag"] == '"1"'
    changed = await change(administrator, made, active=False, departmentId=None)
    assert (changed.json()["active"], changed.json()["version"]) == (False, 2)
    assert "departmentId" not in changed.json()
    assert (await change(administrator, made, name="x")).status_code == 412
    listed = (await administrator.get("/mailboxes?limit=1")).json()
    assert [one["address"] for one in listed["items"]] == ["burgerzaken@stad.be"]


async def test_an_address_is_there_once(administrator: Client) -> None:
    assert (await create(administrator, address="info@stad.be", name="Info")).status_code == 201
    again = await administrator.post(
        "/mailboxes", json={"address": "INFO@stad.be", "name": "x"}, headers={"Idempotency-Key": "mailbox-again"}
    )
    assert again.status_code == 409
    assert (await create(administrator, address="info+x@stad.be", name="x")).status_code == 400
    unknown = "00000000-0000-7000-8000-000000000001"
    assert (await create(administrator, address="a@stad.be", name="x", departmentId=unknown)).status_code == 400


async def test_the_password_goes_in_and_never_out(administrator: Client, uow: UnitOfWork) -> None:
    for missing in ("host", "username", "password"):
        less = {name: value for name, value in IMAP.items() if name != missing} | {"address": f"{missing}@stad.be"}
        assert (await create(administrator, **less)).status_code == 400
    response = await create(administrator, **IMAP)
    made = response.json()
    assert (made["hasPassword"], made["port"], made["tls"]) == (True, 993, "implicit")
    assert IMAP["password"] not in response.text
    assert IMAP["password"].encode() not in await uow.fetchval("SELECT password FROM mailbox")
    moved = await change(administrator, made, host="elders.example")
    assert moved.status_code == 400
    assert moved.json()["issues"][0]["name"] == "password"
    assert (await change(administrator, made, host="elders.example", password="nieuw")).status_code == 200


async def test_another_place_is_numbered_anew(administrator: Client, uow: UnitOfWork) -> None:
    made = (await create(administrator, **IMAP)).json()
    await uow.execute("UPDATE mailbox SET uid_validity = 7, last_uid = 12, failures = 2, failure = 'x'")
    assert (await change(administrator, made, name="Sportdienst")).status_code == 200
    assert await uow.fetchval("SELECT last_uid FROM mailbox") == 12
    await change(administrator, made | {"version": 2}, folder="Binnen")
    row = await uow.fetchrow("SELECT uid_validity, last_uid, failures, failure FROM mailbox")
    assert row is not None
    assert tuple(row.values()) == (None, None, 0, None)


async def test_only_an_active_mailbox_that_servers_bring_mail_to_takes_it(
    administrator: Client, uow: UnitOfWork
) -> None:
    ours = "onthaal@stad.be"
    await create(administrator, address="info@stad.be", name="Info")
    await create(administrator, address="dicht@stad.be", name="Dicht", active=False)
    await create(administrator, **IMAP)

    async def taken(address: str) -> str | None:
        box = await box_of(uow, address, ours)
        return box.address if box else None

    assert await taken("Info+nieuws@STAD.be") == "info@stad.be"
    assert await taken("onthaal+x@stad.be") == ours
    for other in ("dicht@stad.be", "sport@stad.be", "wie@stad.be", "geen adres", "@stad.be", ""):
        assert await taken(other) is None


@given(st.text(max_size=80))
def test_no_address_makes_it_raise_anything_else(text: str) -> None:
    try:
        found = bare(text)
    except ValueError:
        return
    assert found == found.lower()
    assert bare(found) == found
