"""The world of the matrix of rights: one department that is home, people with exactly one role in it, and things at
every distance from it.
"""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.catalogue.rules import ProductFacts
from backend.contacts.rules import Term
from backend.identity.rules import Role
from backend.kit.calendar import OpeningHours
from backend.kit.db import UnitOfWork, encode_json
from backend.kit.keys import DevelopmentIssuer
from backend.kit.reference import new_reference
from backend.settings import DEV_ISSUER
from tests.conftest import Client
from tests.people import People, add_people

HOME, ELSEWHERE, SHIELDED = "burgerzaken", "mobiliteit", "sociaal-huis"
ROLES = get_args(Role)
"""Each held by one person, in the home department only."""
CLIENTS = ("integrator", "customer")
"""Roles of applications, without a department."""
WHO = (*ROLES, *CLIENTS, "nobody")
MEMBERS = {HOME: "expert2", ELSEWHERE: "mobility", SHIELDED: "social"}
RELATIONS: dict[str | None, tuple[str, ...]] = {
    None: ("",),
    "question": ("own", "department", "other", "sensitive", "inside"),
    "customer": ("linked", "unlinked"),
    "contact": ("linked", "unlinked", "mixed", "sensitive", "inside"),
    "case": ("normal", "sensitive", "sensitiveProduct", "inside"),
    "contribution": ("own", "department", "other", "sensitive", "inside"),
}
"""`inside` = sensitive, in the home department; `sensitive` = sensitive elsewhere.

What counts of a contribution is the department that was asked; the question is never with the home department.
"""
NOW = datetime.now(UTC)
TERM = Term(hours=OpeningHours(weekly=((("09:00", "17:00"),),) * 7), days=3)
SSINS = {"linked": "85.07.30-033.28", "unlinked": "93.05.18-223.61", "shielded": "17.07.30-033.84"}
BORN, SAFE_HOUSE = "1980-05-17", "Schuilplaats"
SECRETS = (BORN, SAFE_HOUSE, *SSINS.values(), *(one.replace(".", "").replace("-", "") for one in SSINS.values()))
"""What no answer, problem or log shows of these customers before it is revealed."""


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Who and what is there."""

    people: People
    tokens: dict[str, str]
    users: dict[str, UUID]
    ids: dict[str, str]
    customers: dict[str, str]


async def add_world(uow: UnitOfWork, issuer: DevelopmentIssuer) -> World:
    """People and products; for customers see `add_customers`."""
    people = await add_people(uow, issuer)
    home = people.departments[HOME]
    users: dict[str, UUID] = {}
    for name in WHO:
        users[name] = await _add_user(uow, name, roles=[name] if name in CLIENTS else [])
        if name in ROLES:
            await uow.execute(
                "INSERT INTO membership (department_id, user_id, roles) VALUES ($1, $2, $3)", home, users[name], [name]
            )
    letter, group, source = uuid7(), uuid7(), uuid7()
    await uow.execute(
        "INSERT INTO outbox (id, topic, ids, dead_at, reason) VALUES ($1, 'test', '{}', now(), 'SMTP 550')", letter
    )
    await uow.execute("INSERT INTO synonym_group (id, phrases) VALUES ($1, $2)", group, ["haring", "maatje"])
    await uow.execute(
        """INSERT INTO catalogue_source (id, name, url, every_minutes, next_run_at)
           VALUES ($1, 'Buurgemeente', 'https://buur.example/stroom', 60, now())""",
        source,
    )
    mailbox = uuid7()
    await uow.execute(
        """INSERT INTO mailbox (id, address, name, kind, protocol, port, tls, folder, active, created_at)
           VALUES ($1, 'loket@stad.be', 'Loket', 'question', 'lmtp', 993, 'implicit', 'INBOX', true, now())""",
        mailbox,
    )
    ids = {
        "home": home,
        "mailbox": mailbox,
        "elsewhere": people.departments[ELSEWHERE],
        "centre": people.departments["onthaal"],
        "user": people.users["agent2"],
        "letter": letter,
        "group": group,
        "source": source,
        "product": await _add_product(uow, home, "Reispas"),
        "shieldedProduct": await _add_product(uow, people.departments[SHIELDED], "Leefloon"),
    }
    ids["nothing"] = uuid7()
    tokens = {name: issuer.token(f"m-{name}") for name in WHO}
    return World(
        people=people, tokens=tokens, users=users, ids={name: str(one) for name, one in ids.items()}, customers={}
    )


async def _add_user(uow: UnitOfWork, name: str, roles: list[str]) -> UUID:
    user = uuid7()
    await uow.execute(
        "INSERT INTO app_user (id, username, name, roles) VALUES ($1, $2, $2, $3)", user, f"m-{name.lower()}", roles
    )
    await uow.execute(
        "INSERT INTO user_login (id, user_id, issuer, subject) VALUES ($1, $2, $3, $4)",
        uuid7(), user, DEV_ISSUER, f"m-{name}",
    )  # fmt: skip
    return user


async def _add_product(uow: UnitOfWork, department: UUID, name: str) -> UUID:
    product = uuid7()
    facts = ProductFacts(external_id=name, snapshot_id=name, name={"nl": name})
    await uow.execute(
        """INSERT INTO product (id, source, external_id, snapshot_id, facts, content_hash, status, imported_at)
           VALUES ($1, 'test', $2, $2, $3::jsonb, '', 'published', now())""",
        product, name, encode_json(facts),
    )  # fmt: skip
    await uow.execute(
        """INSERT INTO product_city (product_id, department_id, internal_instructions, transaction_url)
           VALUES ($1, $2, 'Intern', 'https://loket.stad.example/aanvraag')""",
        product, department,
    )  # fmt: skip
    return product


async def add_customers(agent: Client, world: World) -> World:
    """A customer of the home department, one of another department, one with sensitive questions only."""
    made = {}
    for relation, code in (("linked", HOME), ("unlinked", ELSEWHERE), ("shielded", SHIELDED)):
        body = {
            "kind": "person",
            "names": {"given": "Nele", "family": f"Van {relation}"},
            "birthDate": BORN,
            "identifiers": [{"type": "ssin", "value": SSINS[relation]}],
            "addresses": [
                {"street": "Kerkstraat", "number": "1", "postcode": "9000", "municipality": "Gent"},
                {"street": SAFE_HOUSE, "postcode": "9000", "municipality": "Gent", "undisclosed": True},
            ],
            "contactPoints": [{"type": "email", "value": f"{relation}@voorbeeld.be"}],
        }
        contact = {
            "channel": "phone",
            "customer": body,
            "questions": [{"subject": "Een vraag", "departmentId": str(world.people.departments[code])}],
        }
        answer = await agent.post("/contacts", json=contact, headers={"Idempotency-Key": f"matrix-{relation}"})
        assert answer.status_code == 201, answer.text
        made[relation] = answer.json()["customerId"]
    double = {"kind": "person", "names": {"given": "Nele", "family": "Van Elders"}}
    answer = await agent.post("/customers", json=double, headers={"Idempotency-Key": "matrix-double"})
    ids = {**world.ids, "double": answer.json()["id"]}
    return msgspec.structs.replace(world, customers=made, ids=ids)


async def place(
    uow: UnitOfWork, world: World, kind: str | None, relation: str, who: str, *, answered: bool
) -> dict[str, str]:
    """Ids of a new thing of this kind at this distance from `who`."""
    if kind is None:
        return {}
    if kind == "customer":
        return {"customer": world.customers[relation], "email": f"{relation}@voorbeeld.be"}
    if kind == "contribution":
        return await _add_contribution(uow, world, relation, who)
    department = HOME if relation in {"own", "department", "inside", "linked", "mixed"} else ELSEWHERE
    if relation == "sensitive":
        department = SHIELDED
    near = department == HOME
    customer = UUID(world.customers["linked" if near else "unlinked"])
    sensitive = relation in {"sensitive", "inside"}
    assignee = world.users[who] if relation == "own" else None
    question, reference = await add_question(
        uow, world, department, customer, assignee, sensitive=sensitive, answered=answered
    )
    found = {
        "question": str(question),
        "reference": reference,
        "member": str(world.people.users[MEMBERS[department]]),
        "customer": str(customer),
    }
    questions = [question]
    if relation == "mixed":
        questions.append((await add_question(uow, world, SHIELDED, customer, sensitive=True))[0])
    found["contact"] = str(await add_contact(uow, world, customer, questions))
    if kind == "case":
        about = None if relation == "sensitiveProduct" else question
        product = UUID(world.ids["shieldedProduct"]) if relation == "sensitiveProduct" else None
        found["case"] = str(await _add_case(uow, world, customer, about, product))
    return found


async def add_question(
    uow: UnitOfWork,
    world: World,
    code: str,
    customer: UUID,
    assignee: UUID | None = None,
    *,
    sensitive: bool,
    answered: bool = False,
) -> tuple[UUID, str]:
    """A question straight in the database, version 1."""
    question, reference, department = uuid7(), new_reference(), world.people.departments[code]
    state = "answered" if answered else "inProgress" if assignee else "new"
    await uow.execute(
        """INSERT INTO question (id, reference, customer_id, kind, subject, channel, department_id, assignee_id, state,
                  priority, deadline, next_action, next_action_at, confidentiality, language, answer_channel, identity,
                  created_at, answered_at, escalate_at, version)
           VALUES ($1, $2, $3, 'question', 'Een vraag', 'phone', $4, $5, $6, 2, $7, $8, $9, $10, 'nl', 'email',
                  'confirmed', $11, $12, $9, 1)""",
        question, reference, customer, department, assignee, state, NOW + timedelta(days=3),
        None if answered else "assign", None if answered else NOW, "sensitive" if sensitive else "normal", NOW,
        NOW if answered else None,
    )  # fmt: skip
    await uow.execute(
        """INSERT INTO question_event (id, question_id, version, type, at, state, department_id, assignee_id)
           VALUES ($1, $2, 1, 'registered', $3, $4, $5, $6)""",
        uuid7(), question, NOW, state, department, assignee,
    )  # fmt: skip
    return question, reference


async def _add_contribution(uow: UnitOfWork, world: World, relation: str, who: str) -> dict[str, str]:
    """A part of a question of others, asked of the home department or of another one."""
    sensitive = relation in {"sensitive", "inside"}
    asked = ELSEWHERE if relation in {"other", "sensitive"} else HOME
    customer = UUID(world.customers["unlinked"])
    question, reference = await add_question(
        uow, world, SHIELDED if sensitive else "onthaal", customer, sensitive=sensitive
    )
    contribution, term = uuid7(), uuid7()
    await uow.execute("INSERT INTO term (id, content) VALUES ($1, $2::jsonb)", term, encode_json(TERM))
    await uow.execute(
        """INSERT INTO contribution (id, question_id, reference, department_id, assignee_id, asked, asked_by, asked_at,
                  deadline, term_id, escalate_at)
           VALUES ($1, $2, $3, $4, $5, 'Wat is jullie deel?', $6, $7, $8, $9, $8)""",
        contribution, question, reference, world.people.departments[asked],
        world.users[who] if relation == "own" else None, world.people.users["agent"], NOW, NOW + timedelta(days=3),
        term,
    )  # fmt: skip
    await uow.execute("UPDATE question SET open_contributions = 1 WHERE id = $1", question)
    return {"contribution": str(contribution), "member": str(world.people.users[MEMBERS[asked]])}


async def add_contact(uow: UnitOfWork, world: World, customer: UUID, questions: list[UUID]) -> UUID:
    """A contact at the contact centre about these questions."""
    contact = uuid7()
    await uow.execute(
        """INSERT INTO contact (id, channel, direction, started_at, agent_id, department_id, customer_id, caller, notes,
                  consulted_product_ids, question_count)
           VALUES ($1, 'phone', 'inbound', $2, $3, $4, $5, $6::jsonb, 'Klinkt bang', $7, $8)""",
        contact, NOW, world.people.users["agent"], world.people.departments["onthaal"], customer,
        encode_json({"name": "Nele", "phone": "+32470123456"}), [UUID(world.ids["shieldedProduct"])], len(questions),
    )  # fmt: skip
    for question in questions:
        await uow.execute("INSERT INTO contact_question (contact_id, question_id) VALUES ($1, $2)", contact, question)
    return contact


async def _add_case(uow: UnitOfWork, world: World, customer: UUID, question: UUID | None, product: UUID | None) -> UUID:
    case = uuid7()
    await uow.execute(
        """INSERT INTO application_case (id, client_id, external_id, title, customer_id, product_id, question_id, phase,
                  status, changed_at)
           VALUES ($1, $2, $3, 'Aanvraag', $4, $5, $6, 'behandeling', 'Lopend', $7)""",
        case, world.users["integrator"], str(case), customer, product, question, NOW,
    )  # fmt: skip
    return case
