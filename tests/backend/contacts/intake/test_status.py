"""The status of a form: for who has its secret, in words for citizens."""

import pytest

from tests.backend.contacts.intake.office import Counter
from tests.backend.contacts.test_life import do

pytestmark = pytest.mark.anyio


async def sent(counter: Counter) -> dict[str, str]:
    response = await counter.send()
    told: dict[str, str] = response.json()
    return {"reference": told["reference"], "statusSecret": told["statusSecret"]}


async def test_it_is_received_from_the_first_moment(counter: Counter) -> None:
    asked = await sent(counter)
    answer = await counter.visitor().post("/intake/status", json=asked)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["label"]) == ("received", "ontvangen")
    await counter.work()
    later = (await counter.visitor().post("/intake/status", json=asked)).json()
    assert (later["state"], later["subject"]) == ("received", "Vuilnis")
    assert later["answerBefore"] > later["askedAt"]


async def test_the_answer_is_told_to_who_has_the_secret(counter: Counter) -> None:
    asked = await sent(counter)
    await counter.work()
    agent = counter.staff()
    (row,) = await counter.fetch("SELECT id FROM question WHERE reference = $1", asked["reference"])
    for verb, text in (("notes", "Alleen voor ons"), ("answer", "Elke maandag.")):
        done = await do(agent, str(row["id"]), verb, {"text": text})
        assert done.status_code == 200, done.text
    told = (await counter.visitor().post("/intake/status", json=asked)).json()
    assert (told["state"], told["label"]) == ("answered", "beantwoord")
    assert [one["text"] for one in told["messages"]] == ["Elke maandag."]
    assert "Alleen voor ons" not in str(told)


async def test_a_wrong_secret_is_told_nothing_and_five_close_the_door(counter: Counter) -> None:
    asked, other = await sent(counter), await sent(counter)
    unknown = await counter.visitor().post("/intake/status", json={**asked, "reference": "000-000-000"})
    for _ in range(5):
        wrong = await counter.visitor().post("/intake/status", json={**asked, "statusSecret": other["statusSecret"]})
        assert wrong.status_code == 404
        told = [{name: value for name, value in one.json().items() if name != "instance"} for one in (wrong, unknown)]
        assert told[0] == told[1], "a wrong secret and an unknown reference differ"
    shut = await counter.visitor().post("/intake/status", json=asked)
    assert shut.status_code == 429
    assert int(shut.headers["retry-after"]) > 3_000
    assert (await counter.visitor().post("/intake/status", json=other)).status_code == 200
