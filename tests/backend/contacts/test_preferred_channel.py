"""Mails as a customer would expect them: a courtesy does not go against the channel that the customer prefers."""

from typing import Any

import pytest

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher
from backend.worker import handlers
from tests.conftest import Client

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("channel", "caller", "left_out"),
    [
        ("phone", {}, True),
        ("letter", {}, True),
        ("email", {}, False),
        ("none", {}, False),
        ("phone", {"email": "nu@voorbeeld.be"}, False),
    ],
)
async def test_an_acknowledgement_follows_the_preferred_channel(
    agent: Client, platform: Platform, uow: UnitOfWork, channel: str, caller: dict[str, Any], *, left_out: bool
) -> None:
    body = {
        "channel": "phone",
        "customer": {
            "kind": "person",
            "names": {"given": "Lien"},
            "preferredChannel": channel,
            "contactPoints": [{"type": "email", "value": "lien@voorbeeld.be"}],
        },
        "caller": caller,
        "questions": [{"subject": "Reispas"}],
    }
    made = await agent.post("/contacts", json=body, headers={"Idempotency-Key": "preferred-0001"})
    assert made.status_code == 201, made.text
    await uow.execute("UPDATE outbox SET available_at = now()")
    dispatcher = Dispatcher(platform.database, handlers(platform))
    for effect in await dispatcher.lease(10):
        await dispatcher.run(effect)
    question = made.json()["questions"][0]["id"]
    (message,) = (await agent.get(f"/questions/{question}")).json()["messages"]
    if left_out:
        assert (message["delivery"], message["failure"]) == ("none", f"the customer prefers {channel}")
    else:  # the mail server of this test is away: it stays to be tried again
        assert (message["delivery"], message.get("failure")) == ("pending", None)
