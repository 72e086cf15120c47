"""What goes wrong on the way to Mijn Burgerprofiel: nothing is lost, nothing comes twice, nothing old comes last."""

import pytest

from backend.cases.dossiers.rules import PUSH, RESULT
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher, Effect, Handler, SlowHandler
from tests.backend.cases.dossiers.conftest import JAN, Background, Make, dossier, verb
from tests.conftest import Client, RolledBack
from tests.people import People
from tests.simulators.burgerprofiel import BurgerprofielSimulator

pytestmark = pytest.mark.anyio

HAND_IN = "POST /api/v2/dosis/dossiers"


async def test_when_it_is_away_the_question_waits_and_is_told_later(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator
) -> None:
    question = await ask((await customer())["id"])
    simulator.fault = "down"
    assert await background.step() == 0
    assert background.failed == [(PUSH, "DossierAway: status", False)]
    simulator.fault = "none"
    await background.work()
    assert list(simulator.dossiers) == [question["reference"]]


async def test_a_slow_answer_ends_in_its_seconds(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator
) -> None:
    await ask((await customer())["id"])
    simulator.fault = "slow"
    assert await background.step() == 0
    assert background.failed == [(PUSH, "DossierAway: timeout", False)]


async def test_a_refusal_at_once_is_a_dead_letter_and_visible(
    customer: Make,
    ask: Make,
    background: Background,
    simulator: BurgerprofielSimulator,
    uow: UnitOfWork,
    agent: Client,
    people: People,
) -> None:
    question = await ask((await customer())["id"])
    simulator.fault = "refused"
    assert await background.step() == 0
    fault = "http400 ValidatieFout (ProductOnbekend Producten.Id)"
    assert background.failed == [(PUSH, f"DossierRefused: {fault}", True)]
    row = await dossier(uow, question)
    assert row is not None
    assert (row["state"], row["fault"]) == ("refused", fault)
    assert (await agent.get(f"/questions/{question['id']}")).json()["state"] == "new"  # the question itself goes on
    assert await background.sweep() == 0, "a refusal waits for a person, or for news"
    simulator.fault = "none"
    administrator = agent.as_user(people.tokens["administrator"])
    [letter] = (await administrator.get("/dead-letters")).json()["items"]
    assert JAN not in str(letter)
    assert (await administrator.post(f"/dead-letters/{letter['id']}/replay")).status_code == 200
    await background.work()
    assert list(simulator.dossiers) == [question["reference"]]


async def test_a_refusal_afterwards_is_a_dead_letter_too_and_can_be_tried_again(
    customer: Make,
    ask: Make,
    background: Background,
    simulator: BurgerprofielSimulator,
    uow: UnitOfWork,
    agent: Client,
    people: People,
) -> None:
    question = await ask((await customer())["id"])
    simulator.fault = "refusedLater"
    await background.work()
    assert background.failed == [(RESULT, "DeadLetter: refused: AgentOnbekend", True)]
    row = await dossier(uow, question)
    assert row is not None
    assert (row["state"], row["fault"]) == ("refused", "AgentOnbekend")
    assert simulator.dossiers == {}
    simulator.fault = "none"
    administrator = agent.as_user(people.tokens["administrator"])
    [letter] = (await administrator.get("/dead-letters")).json()["items"]
    await administrator.post(f"/dead-letters/{letter['id']}/replay")
    await background.work()
    assert list(simulator.dossiers) == [question["reference"]]


async def test_a_token_that_no_longer_holds_is_renewed_once(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator
) -> None:
    jan = await customer()
    await ask(jan["id"])
    await background.work()
    simulator.forget_tokens()
    await ask(jan["id"])
    await background.work()
    assert len(simulator.dossiers) == 2
    assert simulator.counted["token"] == 2
    assert background.failed == []


async def test_who_is_never_let_in_tries_later_and_asks_no_more_than_twice(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator
) -> None:
    await ask((await customer())["id"])
    simulator.fault = "unauthorised"
    await background.step()
    assert background.failed == [(PUSH, "DossierAway: http401", False)]
    assert simulator.counted[HAND_IN] == 2


async def test_until_it_is_processed_the_result_is_asked_again(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, uow: UnitOfWork
) -> None:
    question = await ask((await customer())["id"])
    simulator.fault = "neverProcessed"
    await background.work()
    assert background.failed == [(RESULT, "TryAgain: notProcessed", False)]
    row = await dossier(uow, question)
    assert row is not None
    assert row["state"] == "pending"
    simulator.fault = "none"
    await background.work()
    row = await dossier(uow, question)
    assert row is not None
    assert row["state"] == "accepted"


class Killed(BaseException):
    """The worker is gone."""


async def test_a_worker_that_dies_after_telling_makes_no_second_dossier(
    customer: Make,
    ask: Make,
    background: Background,
    simulator: BurgerprofielSimulator,
    database: RolledBack,
    uow: UnitOfWork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question = await ask((await customer())["id"])

    commit = UnitOfWork.commit

    async def dies(uow: UnitOfWork) -> None:
        if simulator.uploads:
            raise Killed
        await commit(uow)

    [effect] = [one for one in await background.due() if one.topic == PUSH]
    with monkeypatch.context() as patched:
        patched.setattr(UnitOfWork, "commit", dies)
        with pytest.raises(Killed):
            await Dispatcher(database, background.handlers).run(effect)
    row = await dossier(uow, question)
    assert row is not None
    assert row["state"] == "new", "only that it was about to be told was written down"
    assert simulator.counted[HAND_IN] == 1, "but it was told"
    await background.work()
    assert simulator.counted[HAND_IN] == 2
    assert len(simulator.uploads) == 1, "the repeat is the same upload"
    assert list(simulator.dossiers) == [question["reference"]]


async def test_a_worker_that_dies_before_the_row_is_done_tells_nothing_twice(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, database: RolledBack
) -> None:
    await ask((await customer())["id"])
    [effect] = [one for one in await background.due() if one.topic == PUSH]
    pusher = background.handlers[PUSH]
    assert isinstance(pusher, SlowHandler)

    async def dies(leased: Effect) -> Handler:
        await pusher.prepare(leased)
        raise Killed

    with pytest.raises(Killed):
        await Dispatcher(database, {PUSH: SlowHandler(dies)}).run(effect)
    await background.work()
    assert simulator.counted[HAND_IN] == 1


async def test_an_old_story_never_comes_last(
    customer: Make, ask: Make, background: Background, simulator: BurgerprofielSimulator, agent: Client
) -> None:
    """The effect of the first change runs after everything else: it tells what is so now."""
    question = await ask((await customer())["id"])
    [first] = [one for one in await background.due() if one.topic == PUSH]
    await verb(agent, question, "claim")
    await verb(agent, question, "answer", channel="phone", text="Opgelost")
    await background.work()
    [body] = simulator.dossiers.values()
    assert body.status.vlaams_code == "Uitgevoerd"
    handler = background.handlers[PUSH]
    assert isinstance(handler, SlowHandler)
    await handler.prepare(first)
    assert list(simulator.dossiers.values()) == [body]
    assert len(simulator.notices) == 1, "one answer, one notice"
