"""Nobody tells their story twice: a citizen who is logged in finds in a flow what the own file says."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.platform import channel_issuer
from tests.backend.assistant.authoring import document
from tests.backend.assistant.taking import party, publish, take
from tests.backend.assistant.test_guidance import HOME, customer
from tests.backend.crm.links.test_merging import merge
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
PREFILLED = {"land": "country", "gemeente": "municipality", "taal": "language"}
KINDS = {"land": "country", "gemeente": "text", "taal": "text"}
AWAY = {**HOME, "postcode": "1012", "municipality": "Amsterdam", "country": "NL"}


def private() -> Json:
    """A flow of which the answers are private, about everything that `party` does not look at."""
    found = document("uitkering", answers_in="session")
    asked = [
        {"id": name, "type": KINDS[name], "title": name.capitalize(), "prefill": f"customer.{field}"}
        for name, field in PREFILLED.items()
    ]
    return {**found, "questions": [*asked, *found["questions"]]}


@pytest.fixture
async def flows(platform: Platform, anonymous: Client) -> None:  # noqa: ARG001 started, so that it listens
    await publish(platform, party(), private(), document("verhuizen"))


@pytest.fixture
def citizen(anonymous: Client, platform: Platform) -> Any:
    """Gives who is logged in on the website."""
    issuer = channel_issuer(platform.settings, "widget")
    return lambda subject: anonymous.as_user(issuer.token(subject, azp="widget", net=uuid4().hex))


async def answers(client: Client, slug: str = "straatfeest", **more: Any) -> Json:
    response = await client.get(f"/own/flows/{slug}/answers", params=more)
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


@pytest.fixture
def looks(uow: UnitOfWork) -> Any:
    """Gives what the audit log says of these looks: whose file, why, which fields."""

    async def read() -> list[tuple[str, str, list[str]]]:
        await uow.execute("SET LOCAL ROLE onthaal_auditor")
        rows = await uow.fetch(
            "SELECT subject, purpose, fields FROM audit_entry WHERE action = 'getOwnFlowAnswers' ORDER BY id"
        )
        await uow.execute("RESET ROLE")
        return [(str(row["subject"]), row["purpose"], row["fields"]) for row in rows]

    return read


@pytest.mark.usefixtures("flows")
async def test_who_is_logged_in_need_not_say_what_is_known(agent: Client, citizen: Any) -> None:
    other = await customer(agent, {**HOME, "postcode": "1000"}, names={"given": "Jan", "family": "Claes"})
    me = citizen(await customer(agent, HOME, language="fr"))
    known = await answers(me)
    assert known == {"answers": {"wie": "person", "postcode": "9999"}, "version": 1}
    assert (await take(me, "straatfeest", known["answers"]))["question"]["id"] == "gasten"
    assert (await answers(me, version=1)) == known
    secret = await answers(me, "uitkering")
    assert secret["answers"] == {"land": "be", "gemeente": "Zonderwater", "taal": "fr"}
    assert (await take(me, "uitkering", secret["answers"]))["question"]["id"] == "gezin"
    assert (await answers(citizen(other)))["answers"]["postcode"] == "1000"


@pytest.mark.parametrize(
    "address",
    [
        {**HOME, "undisclosed": True},
        {**HOME, "validTo": "2020-01-01"},
        {**HOME, "validFrom": "2099-01-01"},
        {**HOME, "country": "DK"},
    ],
    ids=["undisclosed", "past", "to come", "abroad"],
)
@pytest.mark.usefixtures("flows")
async def test_an_address_that_is_shielded_or_does_not_hold_answers_nothing(
    agent: Client, citizen: Any, address: Json
) -> None:
    me = citizen(await customer(agent, address))
    assert (await answers(me))["answers"] == {"wie": "person"}
    found = (await answers(me, "uitkering"))["answers"]
    assert found == ({"land": "dk", "gemeente": "Zonderwater"} if "country" in address else {}) | {"taal": "nl"}


@pytest.mark.usefixtures("flows")
async def test_the_address_that_may_be_told_answers_beside_one_that_may_not(agent: Client, citizen: Any) -> None:
    me = citizen(await customer(agent, {**HOME, "postcode": "9000", "undisclosed": True}, AWAY))
    assert (await answers(me))["answers"] == {"wie": "person"}
    assert (await answers(me, "uitkering"))["answers"] == {"land": "nl", "gemeente": "Amsterdam", "taal": "nl"}


@pytest.mark.usefixtures("flows")
async def test_an_organisation_answers_for_itself(agent: Client, citizen: Any) -> None:
    club = citizen(await customer(agent, HOME, kind="association"))
    assert (await answers(club))["answers"] == {"wie": "association", "postcode": "9999"}
    firm = citizen(await customer(agent, HOME, kind="enterprise"))
    assert (await answers(firm))["answers"] == {"postcode": "9999"}, "of no use as an answer to who gives the party"


@pytest.mark.usefixtures("flows")
async def test_who_is_no_customer_finds_nothing_and_nobody_was_looked_at(
    agent: Client, citizen: Any, looks: Any
) -> None:
    await customer(agent, HOME)
    for subject in ("visitor", str(uuid4())):
        assert await answers(citizen(subject)) == {"answers": {}, "version": 1}
    assert await looks() == []


@pytest.mark.usefixtures("flows")
async def test_a_look_is_logged_as_ones_own_and_nothing_else_is_kept(
    agent: Client, citizen: Any, looks: Any, uow: UnitOfWork
) -> None:
    who = await customer(agent, HOME)
    me = citizen(who)
    consulted = (await me.get("/own/consultations")).json()
    await answers(me)
    await answers(me, "uitkering")
    assert (await answers(me, "verhuizen"))["answers"] == {}
    assert await looks() == [
        (who, "ownData", ["addresses", "kind"]),
        (who, "ownData", ["addresses", "language"]),
    ], "a flow that asks nothing that we know looks at nothing"
    assert await uow.fetchval("SELECT count(*) FROM flow_passage") == 0
    assert (await me.get("/own/consultations")).json() == consulted, "the own look is no consultation by the city"


@pytest.mark.usefixtures("flows")
async def test_it_follows_a_customer_into_the_file_it_lives_on_in(agent: Client, citizen: Any, looks: Any) -> None:
    made: list[Json] = []
    for address in (HOME, {**HOME, "validTo": "2020-01-01"}):
        who = await customer(agent, address)
        made.append((await agent.get(f"/customers/{who}")).json())
    await merge(agent, made[0], made[1])
    assert (await answers(citizen(made[1]["id"])))["answers"] == {"wie": "person", "postcode": "9999"}
    assert {subject for subject, _, _ in await looks()} == {made[0]["id"], made[1]["id"]}


@pytest.mark.usefixtures("flows")
async def test_what_is_no_flow_and_who_is_no_citizen(
    agent: Client, citizen: Any, anonymous: Client, people: People
) -> None:
    me = citizen(await customer(agent, HOME))

    async def refused(client: Client, path: str) -> int:
        answer: httpx.Response = await client.get(f"/own/flows/{path}")
        return answer.status_code

    assert await refused(me, "nooit/answers") == await refused(me, "straatfeest/answers?version=2") == 404
    assert await refused(me, "straatfeest/answers?version=0") == await refused(me, "straatfeest/answers?wie=x") == 400
    for name in ("agent", "editor", "integrator"):
        assert await refused(anonymous.as_user(people.tokens[name]), "straatfeest/answers") == 403
    assert await refused(anonymous, "straatfeest/answers") == 401


@pytest.mark.usefixtures("flows")
async def test_a_version_that_counts_no_more_gives_way(agent: Client, citizen: Any, platform: Platform) -> None:
    me = citizen(await customer(agent, HOME))
    newer = party()
    del newer["questions"][0]["prefill"]
    await publish(platform, newer)
    assert await answers(me) == {"answers": {"postcode": "9999"}, "version": 2}
    assert (await answers(me, version=1))["answers"] == {"wie": "person", "postcode": "9999"}, "was begun with"
