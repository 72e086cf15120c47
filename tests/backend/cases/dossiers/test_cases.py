"""Cases of other applications in Mijn Burgerprofiel."""

from typing import Any

import pytest

from tests.backend.cases.dossiers.conftest import JAN, Background, Make, share
from tests.conftest import Client
from tests.people import People
from tests.simulators.burgerprofiel import BurgerprofielSimulator

pytestmark = pytest.mark.anyio


@pytest.fixture
def application(agent: Client, people: People) -> Client:
    return agent.as_user(people.tokens["integrator"])


async def report(application: Client, customer_id: str, **changes: Any) -> None:
    body = {
        "title": "Bouwaanvraag van Jan Peeters",
        "customerId": customer_id,
        "phase": "behandeling",
        "status": "InBehandeling",
        "changedAt": "2026-11-01T10:00:00Z",
        **changes,
    }
    response = await application.put("/cases/by-external-id/OMV-7", json=body)
    assert response.status_code == 200, response.text


async def test_a_case_is_told_and_follows_its_application(
    customer: Make, application: Client, background: Background, simulator: BurgerprofielSimulator
) -> None:
    jan = await customer()
    await report(application, jan["id"])
    await background.work()
    [body] = simulator.dossiers.values()
    assert body.identificatie.dossier_nummer == "integrator-OMV-7"
    assert (body.status.vlaams_fase, body.status.vlaams_code) == ("Behandeling", "InBehandeling")
    assert [one.identificatie for one in body.agenten] == [JAN]
    assert b"Peeters" not in b"".join(request.body for request in simulator.server.requests)
    changed = {"phase": "beslissing", "status": "Wacht op college", "changedAt": "2026-11-02T10:00:00Z"}
    await report(application, jan["id"], **changed, actionNeeded=True)
    await background.work()
    [body] = simulator.dossiers.values()
    assert (body.status.vlaams_fase, body.status.vlaams_code) == ("Beslissing", "InWacht")
    assert body.status.actie.actie == "Open uw dossier"
    assert len(simulator.notices) == 1
    assert background.failed == []


async def test_an_older_report_changes_nothing(
    customer: Make, application: Client, background: Background, simulator: BurgerprofielSimulator
) -> None:
    jan = await customer()
    await report(application, jan["id"], phase="beslissing", status="Goedgekeurd")
    await background.work()
    await report(application, jan["id"], changedAt="2026-10-01T10:00:00Z")
    await background.work()
    [body] = simulator.dossiers.values()
    assert body.status.vlaams_code == "Goedgekeurd"
    assert len(simulator.uploads) == 1


async def test_a_case_of_somebody_else_from_now_on_is_taken_away(
    customer: Make, application: Client, background: Background, simulator: BurgerprofielSimulator, agent: Client
) -> None:
    jan, other = await customer(), await customer(None, agreed=None)
    await report(application, jan["id"])
    await background.work()
    assert len(simulator.dossiers) == 1
    await report(application, other["id"], changedAt="2026-11-03T10:00:00Z")
    await background.work()
    assert simulator.dossiers == {}
    await share(agent, jan["id"], agreed=False)
    await background.work()
    assert background.failed == []


async def test_a_case_of_before_the_consent_is_told_after_it(
    customer: Make, application: Client, background: Background, simulator: BurgerprofielSimulator, agent: Client
) -> None:
    jan = await customer(agreed=None)
    await report(application, jan["id"])
    await background.work()
    assert simulator.dossiers == {}
    await share(agent, jan["id"], agreed=True)
    await background.work()
    assert len(simulator.dossiers) == 1
