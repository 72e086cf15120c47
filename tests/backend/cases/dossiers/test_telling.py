"""Questions in Mijn Burgerprofiel: to whom, what, and when; against the simulator over HTTP."""

from uuid import UUID

import msgspec
import pytest

from backend.kit.db import UnitOfWork
from tests.backend.cases.dossiers.conftest import JAN, OTHER, Background, Make, dossier, share, verb, waiting
from tests.conftest import Client
from tests.people import People
from tests.simulators.burgerprofiel import ASSOCIATION_RIGHT, PRODUCT, RIGHT, SOURCE, BurgerprofielSimulator

pytestmark = pytest.mark.anyio

ENTERPRISE, ASSOCIATION = "0442528054", "V0001001"


def stands(simulator: BurgerprofielSimulator) -> tuple[str, str, bool]:
    [body] = simulator.dossiers.values()
    return body.status.vlaams_fase, body.status.vlaams_code, body.status.actie.actie_nodig


async def test_a_question_is_told_when_it_is_registered(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, uow: UnitOfWork
) -> None:
    question = await ask((await customer())["id"])
    await background.work()
    [body] = simulator.dossiers.values()
    assert (body.identificatie.bron, body.identificatie.dossier_nummer) == (SOURCE, question["reference"])
    assert [(one.identificatie, one.toegangsrechten[0].code) for one in body.agenten] == [(JAN, "Raadpleger")]
    assert stands(simulator) == ("Samenstelling", "Ingediend", False)
    assert body.doorverwijzing.endswith(question["reference"])
    row = await dossier(uow, question)
    assert row is not None
    assert row["state"] == "accepted"
    assert background.failed == []
    assert simulator.notices == {}


async def test_the_words_of_the_customer_are_never_told(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, agent: Client
) -> None:
    question = await ask((await customer())["id"])
    await verb(agent, question, "claim")
    await verb(agent, question, "answer", channel="phone", text="Antwoord met geheim")
    await background.work()
    sent = b"".join(request.body for request in simulator.server.requests)
    assert sent
    for word in (b"Karel", b"schulden", b"eheim", b"Peeters"):
        assert word not in sent


async def test_each_status_is_told_and_a_notice_goes_where_it_matters(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, agent: Client
) -> None:
    question = await ask((await customer(contactPoints=[{"type": "email", "value": "jan@voorbeeld.be"}]))["id"])
    await background.work()
    await verb(agent, question, "claim")
    await background.work()
    assert stands(simulator) == ("Behandeling", "InBehandeling", False)
    assert simulator.notices == {}
    await verb(agent, question, "clarify", text="Welke straat?")
    await background.work()
    assert stands(simulator) == ("Behandeling", "DossierOnvolledig", True)
    [notice] = simulator.notices.values()
    assert notice.transactie_id == f"{SOURCE}+{question['reference']}"
    assert [(one.type, one.identificatie) for one in notice.bestemmelingen] == [("INSZ", JAN)]
    assert notice.pairs()["StatusVlaamseCode"] == "DossierOnvolledig"
    await verb(agent, question, "answer", channel="phone", text="Opgelost")
    await background.work()
    assert stands(simulator) == ("Uitvoering", "Uitgevoerd", False)
    assert len(simulator.notices) == 2
    assert background.failed == []


async def test_without_consent_nothing_is_told(
    customer: Make, ask: Make, background: Background, uow: UnitOfWork, simulator: BurgerprofielSimulator
) -> None:
    await ask((await customer(agreed=None))["id"])
    await ask((await customer(OTHER, agreed=False))["id"])
    await ask(None)
    assert await background.sweep() == 0
    assert await waiting(uow) == 0
    await background.work()
    assert simulator.counted == {}


async def test_consent_brings_what_is_open_and_its_end_takes_it_away(
    customer: Make,
    ask: Make,
    background: Background,
    simulator: BurgerprofielSimulator,
    agent: Client,
    uow: UnitOfWork,
) -> None:
    jan = await customer(agreed=None)
    question = await ask(jan["id"])
    await share(agent, jan["id"], agreed=True)
    await background.work()
    assert len(simulator.dossiers) == 1
    await share(agent, jan["id"], agreed=False)
    await background.work()
    assert simulator.dossiers == {}
    row = await dossier(uow, question)
    assert row is not None
    assert row["state"] == "deleted"
    await share(agent, jan["id"], agreed=True)
    await background.work()
    assert list(simulator.dossiers) == [question["reference"]]
    assert background.failed == []


async def test_what_is_still_being_processed_is_not_taken_away_too_soon(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, agent: Client
) -> None:
    """Otherwise it would come back after it was taken away."""
    jan = await customer()
    await ask(jan["id"])
    simulator.fault = "neverProcessed"
    await background.work()
    await share(agent, jan["id"], agreed=False)
    await background.work()
    assert "DELETE /api/v1/dosis/dossiers" not in simulator.counted
    simulator.fault = "none"
    await background.work()
    await background.work()
    assert simulator.dossiers == {}
    assert simulator.counted["DELETE /api/v1/dosis/dossiers"] == 1


async def test_a_sensitive_question_says_nothing(
    customer: Make,
    ask: Make,
    background: Background,
    simulator: BurgerprofielSimulator,
    people: People,
    product: UUID,
    uow: UnitOfWork,
) -> None:
    await _named(uow, product, "Aanvraag leefloon", "777")
    await ask((await customer())["id"], productId=str(product), departmentId=str(people.departments["sociaal-huis"]))
    await background.work()
    [body] = simulator.dossiers.values()
    assert body.naam == "Vraag aan Stad Zonderwater"
    assert [one.id for one in body.producten] == [PRODUCT]
    assert body.dossier_beheerder.dienst == "Onthaal"
    assert b"leefloon" not in b"".join(request.body for request in simulator.server.requests)


async def test_another_question_is_called_after_its_product(
    customer: Make,
    ask: Make,
    background: Background,
    simulator: BurgerprofielSimulator,
    product: UUID,
    uow: UnitOfWork,
) -> None:
    await _named(uow, product, "Reispas", "777")
    await ask((await customer())["id"], productId=str(product))
    await background.work()
    [body] = simulator.dossiers.values()
    assert (body.naam, [one.id for one in body.producten]) == ("Reispas", ["777"])


async def test_organisations_get_it_with_their_own_right(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator
) -> None:
    numbers = {"enterprise": ("enterpriseNumber", ENTERPRISE), "association": ("vCode", ASSOCIATION)}
    for kind, (type_, number) in numbers.items():
        identifiers = [{"type": type_, "value": number}]
        made = await customer(None, kind=kind, organisationName=f"De {kind}", identifiers=identifiers)
        await ask(made["id"])
    await background.work()
    told = {
        body.agenten[0].identificatie: body.agenten[0].toegangsrechten[0].code for body in simulator.dossiers.values()
    }
    assert told == {ENTERPRISE: RIGHT, ASSOCIATION: ASSOCIATION_RIGHT}


async def test_who_has_no_number_is_told_nothing(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator
) -> None:
    await ask((await customer(None))["id"])
    await background.work()
    assert simulator.dossiers == {}
    assert background.failed == []


async def test_a_merge_and_its_end_change_who_sees_it(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, agent: Client
) -> None:
    jan, nameless = await customer(), await customer(None, agreed=None)
    question = await ask(nameless["id"])
    await background.work()
    assert simulator.dossiers == {}
    merging = {
        "mergedId": nameless["id"],
        "survivorVersion": jan["version"],
        "mergedVersion": nameless["version"],
        "reason": "Zelfde persoon, bevestigd",
    }
    response = await agent.post(
        f"/customers/{jan['id']}/merges", json=merging, headers={"Idempotency-Key": "dossier-merge-1"}
    )
    assert response.status_code == 201, response.text
    await background.work()
    assert list(simulator.dossiers) == [question["reference"]]
    undo = f"/customers/{jan['id']}/merges/{response.json()['merge']['id']}/undo"
    assert (await agent.post(undo, json={"reason": "Toch iemand anders"})).status_code == 200
    await background.work()
    assert simulator.dossiers == {}


async def test_a_question_that_gets_a_customer_is_told(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, agent: Client
) -> None:
    jan, question = await customer(), await ask(None)
    await verb(agent, question, "identify", customerId=jan["id"])
    await background.work()
    assert list(simulator.dossiers) == [question["reference"]]


async def test_a_new_number_is_found_by_the_sweep(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, agent: Client
) -> None:
    jan = await customer(None)
    await ask(jan["id"])
    await background.work()
    now = (await agent.get(f"/customers/{jan['id']}")).headers["etag"]
    response = await agent.patch(
        f"/customers/{jan['id']}",
        json={"identifiers": [{"type": "ssin", "value": JAN}]},
        headers={"If-Match": now},
    )
    assert response.status_code == 200, response.text
    assert await background.sweep() == 1
    await background.work()
    assert len(simulator.dossiers) == 1
    assert await background.sweep() == 0


async def _named(uow: UnitOfWork, product: UUID, name: str, number: str) -> None:
    facts = msgspec.json.encode({"externalId": "x", "snapshotId": "s", "name": {"nl": name}}).decode()
    await uow.execute("UPDATE product SET facts = $2::jsonb, product_number = $3 WHERE id = $1", product, facts, number)
