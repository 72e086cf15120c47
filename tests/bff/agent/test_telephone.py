from pathlib import Path
from uuid import uuid4

import pytest

from backend.kit.configuration import SettingsInvalid
from backend.settings import Settings
from bff.agent.telephone import telephone_token
from bff.settings import Settings as ChannelSettings
from tests.bff.agent.conftest import TOKEN, Desk, running
from tests.people import People

pytestmark = pytest.mark.anyio

BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def test_it_rings_at_the_desk_and_the_screen_says_who_it_may_be(desk: Desk) -> None:
    number = "0471 98 76 54"
    body = {
        "kind": "person",
        "names": {"given": "Jef", "family": "Maes"},
        "contactPoints": [{"type": "phone", "value": number}],
    }
    made = await desk["agent"].post("/customers", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert made.status_code == 201, made.text
    await desk["agent"].post("/me/telephone", json={"extension": "4012"})
    rung = await desk["nobody"].post("/telephone/ringing", json={"phone": number, "extension": "4012"}, headers=BEARER)
    assert (rung.status_code, rung.content) == (204, b""), "the switchboard hears nothing of the customer"
    (call,) = (await desk["agent"].get("/screens/contact")).json()["ringing"]["items"]
    assert [hit["id"] for hit in call["suggestions"]] == [made.json()["id"]]
    assert (await desk["agent"].post(f"/me/ringing/{call['id']}/taken")).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": "Bearer "}],
)
async def test_only_the_switchboard_rings(desk: Desk, headers: dict[str, str]) -> None:
    for client in ("nobody", "agent"):
        response = await desk[client].post("/telephone/ringing", json={"extension": "1"}, headers=headers)
        assert response.status_code == 401


async def test_what_the_core_refuses_the_switchboard_hears(desk: Desk) -> None:
    response = await desk["nobody"].post("/telephone/ringing", json={"phone": "0471 98 76 54"}, headers=BEARER)
    assert response.status_code == 400


async def test_without_a_token_the_hook_is_closed(core_settings: Settings, city: People) -> None:
    async with running(core_settings, city) as closed:
        for shown in ("Bearer ", "Bearer None", f"Bearer {TOKEN}"):
            response = await closed["nobody"].post(
                "/telephone/ringing", json={"extension": "1"}, headers={"Authorization": shown}
            )
            assert response.status_code == 401


def test_a_token_that_is_easily_guessed_or_not_there_stops_the_start(tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_text("geheim")
    for file in (short, tmp_path / "none"):
        with pytest.raises(SettingsInvalid, match="TELEPHONE_TOKEN_FILE"):
            telephone_token(ChannelSettings(telephone_token_file=str(file)))
