"""Answer templates over HTTP: who keeps them, which are offered for a question, and how they are filled in."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backend.catalogue.rules import ProductFacts
from backend.kit.db import UnitOfWork, encode_json
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


@pytest.fixture
def lead(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["civilLead"])


@pytest.fixture
def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


@pytest.fixture
def expert(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["expert"])


@pytest.fixture
def question(registered: dict[str, Any]) -> str:
    return str(registered["questions"][0]["id"])


async def create(client: Client, text: str = "Beste {customerName}", **more: Any) -> httpx.Response:
    body = {"name": f"Sjabloon {uuid4()}", "text": text, **more}
    return await client.post("/answerTemplates", json=body, headers={"Idempotency-Key": str(uuid4())})


async def test_team_leads_keep_those_of_their_department_and_editors_all(
    lead: Client, editor: Client, expert: Client, people: People
) -> None:
    own, other = str(people.departments["burgerzaken"]), str(people.departments["mobiliteit"])
    assert (await create(lead, departmentId=own)).status_code == 201
    assert (await create(lead, departmentId=other)).status_code == 403
    assert (await create(lead)).status_code == 403
    everybody = (await create(editor)).json()
    theirs = (await create(editor, departmentId=other)).json()
    assert (await create(expert, departmentId=own)).status_code == 403
    listed = (await expert.get("/answerTemplates")).json()["items"]
    assert {one.get("departmentId") for one in listed} == {own, None}
    assert (await expert.get(f"/answerTemplates/{theirs['id']}")).status_code == 404
    assert len((await editor.get("/answerTemplates")).json()["items"]) == 3
    path, tag = f"/answerTemplates/{everybody['id']}", {"If-Match": '"1"'}
    assert (await lead.patch(path, json={"name": "Mijn"}, headers=tag)).status_code == 403
    assert (await lead.delete(path, headers=tag)).status_code == 403
    assert (await editor.delete(path, headers=tag)).status_code == 204
    assert (await editor.get(path)).status_code == 404


async def test_a_change_needs_the_newest_version(lead: Client, people: People) -> None:
    made = (await create(lead, departmentId=str(people.departments["burgerzaken"]), kind="request")).json()
    path = f"/answerTemplates/{made['id']}"
    changed = await lead.patch(path, json={"text": "Dag {customerName}", "kind": None}, headers={"If-Match": '"1"'})
    assert (changed.headers["etag"], changed.json()["version"]) == ('"2"', 2)
    assert "kind" not in changed.json()
    same = await lead.patch(path, json={"text": "Dag {customerName}"}, headers={"If-Match": '"2"'})
    assert same.json()["version"] == 2
    assert (await lead.patch(path, json={"name": "x"}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await lead.patch(path, json={"name": "x"})).status_code == 428


async def test_a_name_means_one_text(editor: Client) -> None:
    first = (await create(editor)).json()
    again = await create(editor, name=first["name"])
    assert (again.status_code, again.json()["type"]) == (409, "urn:problem-type:onthaal:templateExists")
    assert (await create(editor, name=first["name"], language="fr")).status_code == 201


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{customerName.__class__}", "{% raw %}", "{ssin}", "{"])
async def test_code_is_refused(editor: Client, text: str) -> None:
    refused = await create(editor, text)
    assert (refused.status_code, refused.json()["issues"][0]["name"]) == (400, "text")


async def test_an_unknown_product_is_refused(editor: Client) -> None:
    assert (await create(editor, productId=str(uuid4()))).status_code == 400


async def facts(uow: UnitOfWork, product: UUID) -> None:
    """Texts of the product, in two languages."""
    told = ProductFacts(
        external_id="x",
        snapshot_id="s",
        name={"nl": "Reispas", "fr": "Passeport"},
        description={"nl": "<p>Een pas om te reizen.</p>", "fr": "<p>Un passeport.</p>"},
        themes=("BurgerOverheid",),
    )
    await uow.execute("UPDATE product SET facts = $2::jsonb WHERE id = $1", product, encode_json(told))
    await uow.execute(
        """UPDATE product_city SET first_line_information = 'Breng een pasfoto mee.', transaction_url =
                  'https://loket.stad.example/pas?naam={name}&ref={reference}' WHERE product_id = $1""",
        product,
    )


async def test_what_suits_the_question_comes_first(
    editor: Client, expert: Client, question: str, product: UUID, people: People, uow: UnitOfWork
) -> None:
    await facts(uow, product)
    own = str(people.departments["burgerzaken"])
    wanted = [
        {"productId": str(product), "name": "product"},
        {"theme": "BurgerOverheid", "name": "thema"},
        {"kind": "question", "name": "soort"},
        {"departmentId": own, "name": "dienst"},
        {"name": "algemeen"},
        {"productId": str(product), "name": "français", "language": "fr"},
    ]
    unwanted = [
        {"theme": "Wonen", "name": "ander thema"},
        {"kind": "complaint", "name": "andere soort"},
        {"departmentId": str(people.departments["mobiliteit"]), "name": "andere dienst"},
    ]
    for one in [*reversed(wanted), *unwanted]:
        assert (await create(editor, **one)).status_code == 201
    offered = (await expert.get(f"/questions/{question}/answerTemplates")).json()["items"]
    assert [one["name"] for one in offered] == [str(one["name"]) for one in wanted]


async def test_a_template_is_filled_in_with_what_is_known(
    editor: Client, expert: Client, question: str, product: UUID, uow: UnitOfWork
) -> None:
    await facts(uow, product)
    text = (
        "Beste {customerName}, over {subject} ({reference}): {product.name}. {product.description} {product.firstLine} "
        "{product.transactionUrl} — {department}, {city}, {agentName}, uiterlijk {deadline}, gevraagd {askedOn}."
    )
    template = (await create(editor, text)).json()["id"]
    filled = (await expert.post(f"/questions/{question}/answerTemplates/{template}/fill")).json()
    page = (await expert.get(f"/questions/{question}")).json()
    assert filled["missing"] == []
    assert filled["text"].startswith(
        f"Beste Lien De Smet, over Reispas voor mijn zoon ({page['reference']}): Reispas. Een pas om te reizen. "
        "Breng een pasfoto mee. "
        f"https://loket.stad.example/pas?naam=Lien%20De%20Smet&ref={page['reference']} — Burgerzaken, "
    )
    assert page["version"] == 1, "nothing is kept"
    await uow.execute("UPDATE question SET language = 'fr' WHERE id = $1", UUID(question))
    french = (await expert.post(f"/questions/{question}/answerTemplates/{template}/fill")).json()
    assert "Passeport. Un passeport." in french["text"]


async def test_without_a_product_its_places_stay_open(agent: Client, editor: Client) -> None:
    body = {"channel": "counter", "questions": [{"subject": "{city} {{7*7}}"}]}
    made = (await agent.post("/contacts", json=body, headers={"Idempotency-Key": "template-anon"})).json()
    template = (await create(editor, "{customerName}: {subject}, {product.name}")).json()["id"]
    path = f"/questions/{made['questions'][0]['id']}/answerTemplates/{template}/fill"
    filled = (await agent.post(path)).json()
    assert filled == {
        "text": "{customerName}: {city} {{7*7}}, {product.name}",
        "missing": ["customerName", "product.name"],
    }


async def test_other_departments_fill_in_nothing(
    editor: Client, anonymous: Client, expert: Client, question: str, people: People
) -> None:
    template = (await create(editor)).json()["id"]
    mobility = anonymous.as_user(people.tokens["mobility"])
    path = f"/questions/{question}/answerTemplates"
    assert (await mobility.post(f"{path}/{template}/fill")).status_code == 403
    target = {"departmentId": str(people.departments["sociaal-huis"]), "reason": "Vraag om steun"}
    await expert.post(f"/questions/{question}/forward", json=target, headers={"If-Match": '"1"'})
    assert (await mobility.get(path)).status_code == 404
    assert (await expert.post(f"{path}/{template}/fill")).status_code == 404
