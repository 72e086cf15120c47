"""What a customer who is logged in sees: the own file, whole, and nothing of others or of colleagues."""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.kit.db import UnitOfWork
from backend.kit.reach import Reach
from backend.kit.roles import APPLICATION, AUDITOR
from backend.platform import Platform, channel_issuer
from tests.conftest import Client
from tests.people import People
from tests.samples import PERSON

pytestmark = pytest.mark.anyio

Body = dict[str, Any]
Register = Callable[..., Awaitable[Body]]
As = Callable[[str], Client]


@pytest.fixture
def as_customer(anonymous: Client, platform: Platform) -> As:
    """The website, for a customer who is logged in."""
    issuer = channel_issuer(platform.settings, "widget")
    return lambda customer: anonymous.as_user(issuer.token(customer, azp="widget"))


@pytest.fixture
def register(agent: Client) -> Register:
    keys = count(1)

    async def post(subject: str, customer: Body | str, **question: Any) -> Body:
        who = {"customerId": customer} if isinstance(customer, str) else {"customer": customer}
        body = {
            "channel": "phone",
            "notes": "Klinkt bang",
            **who,
            "questions": [{"subject": subject, "text": "Hoe lang?", **question}],
        }
        answer = await agent.post("/contacts", json=body, headers={"Idempotency-Key": f"own-{next(keys):06}"})
        assert answer.status_code == 201, answer.text
        made: Body = answer.json()
        return made

    return post


async def test_a_question_in_the_words_of_who_asked_it(
    as_customer: As, registered: Body, anonymous: Client, people: People, agent: Client, product: UUID
) -> None:
    expert = anonymous.as_user(people.tokens["expert"])
    question = registered["questions"][0]["id"]
    for verb, body in (
        ("claim", None),
        ("notes", {"text": "INTERN: lastige klant"}),
        ("clarify", {"text": "Voor welk kind?", "email": "jan@voorbeeld.be"}),
        ("answer", {"text": "Vijf dagen.", "channel": "phone"}),
    ):
        seen = await agent.get(f"/questions/{question}")
        done = await expert.post(f"/questions/{question}/{verb}", json=body, headers={"If-Match": seen.headers["etag"]})
        assert done.status_code in {200, 201}, f"{verb}: {done.text}"
    me = as_customer(registered["customerId"])
    line = (await me.get("/own/questions")).json()
    assert line["total"] == 1
    assert (line["items"][0]["statusText"], line["items"][0]["answered"]) == ("Beantwoord", True)
    assert line["items"][0]["productId"] == str(product)
    answer = await me.get(f"/own/questions/{question}")
    view = answer.json()
    assert [one["title"] for one in view["messages"]][-2:] == ["Bijkomende vraag", "Antwoord"]
    assert view["messages"][-1]["text"] == "Vijf dagen."
    assert [one["text"] for one in view["timeline"]] == [
        "Vraag ontvangen", "Een medewerker bekijkt de vraag", "Bijkomende vraag gesteld", "Antwoord gegeven",
    ]  # fmt: skip
    listed = (await me.get("/own/messages")).json()
    assert {one["id"] for one in listed["items"]} == {one["id"] for one in view["messages"]}
    assert listed["total"] == len(listed["items"])
    colleagues = [str(people.users["expert"]), str(people.users["agent"])]
    assert not [one for one in ("INTERN", "bang", *colleagues) if one in answer.text]


async def test_nothing_of_another_customer(as_customer: As, register: Register, uow: UnitOfWork) -> None:
    mine = await register("De mijne", PERSON)
    other = await register("Van een ander", {"kind": "person", "names": {"given": "An", "family": "Claes"}})
    theirs = other["questions"][0]["id"]
    me = as_customer(mine["customerId"])
    listed = await me.get("/own/questions")
    assert [one["subject"] for one in listed.json()["items"]] == ["De mijne"]
    refused = await me.get(f"/own/questions/{theirs}")
    assert refused.status_code == 404
    assert "Van een ander" not in refused.text
    await uow.execute(f"SET LOCAL ROLE {AUDITOR}")
    entry = await uow.fetchrow(
        "SELECT outcome FROM audit_entry WHERE action = 'getOwnQuestion' ORDER BY id DESC LIMIT 1"
    )
    await uow.execute(f"SET LOCAL ROLE {APPLICATION}")
    assert entry
    assert entry["outcome"] == "denied"
    assert (await me.get(f"/own/questions/{uuid4()}")).status_code == 404


async def test_the_database_holds_without_the_where(register: Register, platform: Platform) -> None:
    """A query that forgets whose it is: row-level security shows the own file all the same."""
    mine = await register("De mijne", PERSON)
    other = await register("Van een ander", {"kind": "person", "names": {"given": "An", "family": "Claes"}})
    reach = Reach(kind="customer", opened=frozenset([UUID(mine["customerId"])]))
    async with platform.database.begin(reach) as uow:
        assert [row["subject"] for row in await uow.fetch("SELECT subject FROM question")] == ["De mijne"]
        events = await uow.fetch("SELECT DISTINCT question_id FROM question_event")
        assert [str(row["question_id"]) for row in events] == [mine["questions"][0]["id"]]
        assert not await uow.fetch("SELECT FROM message WHERE question_id = $1", UUID(other["questions"][0]["id"]))
    async with platform.database.begin(Reach(kind="customer")) as uow:
        assert not await uow.fetch("SELECT FROM question")


async def test_a_sensitive_question_is_the_customers_own(as_customer: As, register: Register, people: People) -> None:
    made = await register("Leefloon", PERSON, departmentId=str(people.departments["sociaal-huis"]))
    me = as_customer(made["customerId"])
    listed = (await me.get("/own/questions")).json()
    assert [(one["subject"], one["department"]) for one in listed["items"]] == [("Leefloon", "Sociaal-Huis")]


async def test_a_merged_file_is_one_by_either_id(
    as_customer: As, register: Register, anonymous: Client, people: People, agent: Client
) -> None:
    one = await register("Eerste", PERSON)
    two = await register("Tweede", {"kind": "person", "names": {"given": "Jan", "family": "Vandenbroeck"}})
    lead = anonymous.as_user(people.tokens["lead"])
    lives, gone = [(await agent.get(f"/customers/{made['customerId']}")).json() for made in (one, two)]
    merged = await lead.post(
        f"/customers/{lives['id']}/merges",
        json={
            "mergedId": gone["id"],
            "survivorVersion": lives["version"],
            "mergedVersion": gone["version"],
            "reason": "Zelfde persoon",
        },
        headers={"Idempotency-Key": "merge-0001"},
    )
    assert merged.status_code == 201, merged.text
    for customer in (lives["id"], gone["id"]):
        listed = (await as_customer(customer).get("/own/questions")).json()
        assert [line["subject"] for line in listed["items"]] == ["Tweede", "Eerste"]


async def test_pages_by_cursor_and_by_number_are_the_same(as_customer: As, register: Register) -> None:
    made = await register("Vraag 0", PERSON)
    for number in range(1, 5):
        await register(f"Vraag {number}", made["customerId"])
    me = as_customer(made["customerId"])
    first = (await me.get("/own/questions?limit=2")).json()
    second = (await me.get(f"/own/questions?limit=2&cursor={first['next']}")).json()
    assert second["items"] == (await me.get("/own/questions?limit=2&offset=2")).json()["items"]
    last = (await me.get("/own/questions?limit=2&offset=4")).json()
    subjects = [one["subject"] for page in (first, second, last) for one in page["items"]]
    assert subjects == [f"Vraag {number}" for number in (4, 3, 2, 1, 0)]
    assert first["total"] == 5
    assert "next" not in last


async def test_staff_have_no_own_questions(agent: Client) -> None:
    for path in ("/own/questions", "/own/messages", "/own/profile", "/own/cases", "/own/consultations"):
        assert (await agent.get(path)).status_code == 403
