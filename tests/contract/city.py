"""A small city with one of everything, made through the API: what a generated request can be about."""

from typing import Any
from uuid import UUID

import httpx
import msgspec
from uuid_utils.compat import uuid7

from backend.app import development_issuer
from backend.catalogue.rules import ProductFacts
from backend.kit.db import Database, UnitOfWork, encode_json
from backend.kit.roles import APPLICATION
from backend.settings import DEV_ISSUER, Settings
from tests.backend.assistant.authoring import put_in
from tests.backend.assistant.taking import party
from tests.people import add_people
from tests.samples import PERSON

ROLES = ["agent", "expert", "teamLead", "productEditor", "administrator", "auditor"]
GLOBAL_ROLES = ["integrator", "administrator", "auditor"]
QUESTIONS = 12
MOMENT = "2026-03-02T09:00:00Z"


class City(msgspec.Struct, frozen=True, kw_only=True):
    """What is in it.

    Attributes:
        token: access token of somebody with every role in every department.
        user: id of that person.
        ids: kind of thing -> ids that exist.
    """

    token: str
    user: UUID
    ids: dict[str, list[str]]


async def _add_everyone(uow: UnitOfWork, departments: list[UUID]) -> UUID:
    """Somebody with every role, everywhere."""
    user = uuid7()
    await uow.execute(
        "INSERT INTO app_user (id, username, name, roles) VALUES ($1, 'everyone', 'Iedereen', $2)", user, GLOBAL_ROLES
    )
    await uow.execute(
        "INSERT INTO user_login (id, user_id, issuer, subject) VALUES ($1, $2, $3, 'everyone')",
        uuid7(),
        user,
        DEV_ISSUER,
    )
    for department in departments:
        await uow.execute(
            "INSERT INTO membership (department_id, user_id, roles) VALUES ($1, $2, $3)", department, user, ROLES
        )
    return user


async def _add_product(uow: UnitOfWork, department: UUID, number: int) -> str:
    product, external = uuid7(), f"product-{number}"
    facts = ProductFacts(external_id=external, snapshot_id=external, name={"nl": f"Reispas {number}"})
    await uow.execute(
        """INSERT INTO product (id, source, external_id, snapshot_id, facts, content_hash, status, imported_at)
           VALUES ($1, 'test', $2, $2, $3::jsonb, '', 'published', now())""",
        product,
        external,
        encode_json(facts),
    )
    await uow.execute("INSERT INTO product_city (product_id, department_id) VALUES ($1, $2)", product, department)
    return str(product)


async def add_city(settings: Settings) -> City:
    """People, departments and products straight in the database; for the rest see `fill`."""
    issuer = development_issuer(settings)
    issuer.prepare()
    async with Database(settings.database_url, role=APPLICATION, size=1) as database, database.transaction() as uow:
        people = await add_people(uow, issuer)
        user = await _add_everyone(uow, list(people.departments.values()))
        products = [await _add_product(uow, people.departments["burgerzaken"], number) for number in range(3)]
        dead = uuid7()
        await uow.execute(
            "INSERT INTO outbox (id, topic, ids, dead_at, reason) VALUES ($1, 'message', '{}', now(), 'SMTP 550')", dead
        )
        await put_in(uow, party(product=products[0]))
    ids = {
        "flow": ["straatfeest"],
        "department": [str(one) for one in people.departments.values()],
        "user": [str(one) for one in people.users.values()],
        "product": products,
        "dead_letter": [str(dead)],
        "member": [str(user)],
    }
    return City(token=issuer.token("everyone"), user=user, ids=ids)


def fill(city: City, url: str) -> City:
    """Customers, contacts, questions and cases, as an agent and another application would make them."""
    headers = {"Authorization": f"Bearer {city.token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=20) as client:

        def create(path: str, body: dict[str, Any]) -> dict[str, Any]:
            response = client.post(path, json=body, headers={"Idempotency-Key": str(uuid7())})
            assert response.status_code == 201, response.text
            made: dict[str, Any] = response.json()
            return made

        association = {"kind": "association", "organisationName": "Turnkring De Zwaluw"}
        customers = [create("/customers", body)["id"] for body in (PERSON, association)]
        questions = [
            {"subject": f"Vraag {number}", "text": "Hoe lang duurt het?", "departmentId": department}
            for number, department in zip(range(QUESTIONS), city.ids["department"] * QUESTIONS, strict=False)
        ]
        contact = create("/contacts", {"channel": "phone", "customerId": customers[0], "questions": questions})
        body = {"title": "Parkeerkaart", "customerId": customers[0], "phase": "behandeling", "status": "InBehandeling"}
        phrases = ["kaapstanderdraai", "zeilmakersloods"]
        group = create("/catalogue/synonyms", {"phrases": phrases})
        source = create("/catalogue/sources", {"name": "Buurgemeente", "url": f"{url}/doc/instancesnapshot"})
        case = client.put("/cases/by-external-id/P-1", json={**body, "changedAt": MOMENT})
        assert case.status_code == 200, case.text
    made = {
        "customer": customers,
        "contact": [contact["id"]],
        "question": [question["id"] for question in contact["questions"]],
        "reference": [question["reference"] for question in contact["questions"]],
        "case": [case.json()["id"]],
        "group": [group["id"]],
        "source": [source["id"]],
    }
    return City(token=city.token, user=city.user, ids=city.ids | made)
