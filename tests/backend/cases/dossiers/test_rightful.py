"""Who may never be told, and what must not stay there: recipients by kind of customer, consent that ended meanwhile."""

from uuid import UUID

import httpx
import pytest

from backend.cases.dossiers.rules import PUSH
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher
from tests.backend.cases.dossiers.conftest import JAN, Background, Make, dossier, share
from tests.conftest import Client, RolledBack
from tests.people import People
from tests.simulators.burgerprofiel import BurgerprofielSimulator

pytestmark = pytest.mark.anyio

ENTERPRISE = "0442528054"


async def test_the_enterprise_of_a_person_does_not_get_what_the_person_asked(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator
) -> None:
    """Whoever acts for an enterprise never sees the file of a person, also of a person who told both numbers."""
    numbers = [{"type": "ssin", "value": JAN}, {"type": "enterpriseNumber", "value": ENTERPRISE}]
    await ask((await customer(None, identifiers=numbers))["id"])
    await background.work()
    [body] = simulator.dossiers.values()
    assert [one.identificatie for one in body.agenten] == [JAN]


async def processed(simulator: BurgerprofielSimulator) -> None:
    """They process what was handed in, as when somebody looks."""
    async with httpx.AsyncClient() as browser:
        await browser.get(simulator.url)


class Killed(BaseException):
    """The worker is gone."""


async def test_what_was_told_and_not_written_down_is_taken_away_with_the_consent(
    customer: Make,
    ask: Make,
    background: Background,
    simulator: BurgerprofielSimulator,
    database: RolledBack,
    agent: Client,
    uow: UnitOfWork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jan = await customer()
    question = await ask(jan["id"])
    real = UnitOfWork.commit

    async def dies(self: UnitOfWork) -> None:
        if simulator.uploads:
            raise Killed
        await real(self)

    [effect] = [one for one in await background.due() if one.topic == PUSH]
    with monkeypatch.context() as patched:
        patched.setattr(UnitOfWork, "commit", dies)
        with pytest.raises(Killed):
            await Dispatcher(database, background.handlers).run(effect)
    assert len(simulator.uploads) == 1
    await share(agent, jan["id"], agreed=False)
    await background.work()
    await processed(simulator)
    await background.work()
    assert simulator.dossiers == {}
    await uow.execute("UPDATE dossier SET pushed_at = pushed_at - interval '11 minutes'")
    await background.work()
    row = await dossier(uow, question)
    assert row is not None
    assert row["state"] == "deleted"


async def test_whose_result_never_came_is_taken_away_all_the_same(
    customer: Make,
    ask: Make,
    background: Background,
    simulator: BurgerprofielSimulator,
    agent: Client,
    uow: UnitOfWork,
) -> None:
    """They forgot the result, or nobody asked for it while it was there: the end of the consent counts."""
    jan = await customer()
    await ask(jan["id"])
    await background.step()
    await processed(simulator)
    assert len(simulator.dossiers) == 1
    simulator.uploads.clear()
    await uow.execute("UPDATE dossier SET pushed_at = pushed_at - interval '25 hours'")
    await share(agent, jan["id"], agreed=False)
    await background.work()
    assert simulator.dossiers == {}


async def test_the_number_of_a_shielded_case_does_not_say_whose_it_is(
    customer: Make,
    background: Background,
    simulator: BurgerprofielSimulator,
    agent: Client,
    people: People,
    product: UUID,
    uow: UnitOfWork,
) -> None:
    """Neither the application it is of, nor what that calls it."""
    social = people.departments["sociaal-huis"]
    await uow.execute("UPDATE product_city SET department_id = $2 WHERE product_id = $1", product, social)
    body = {
        "title": "Leefloon",
        "customerId": (await customer())["id"],
        "productId": str(product),
        "phase": "behandeling",
        "status": "InBehandeling",
        "changedAt": "2026-11-01T10:00:00Z",
    }
    application = agent.as_user(people.tokens["integrator"])
    response = await application.put("/cases/by-external-id/LEEFLOON-7", json=body)
    assert response.status_code == 200, response.text
    await background.work()
    assert len(simulator.dossiers) == 1
    sent = b"".join(request.body for request in simulator.server.requests).lower()
    for word in (b"leefloon", b"integrator"):
        assert word not in sent
