"""Writing flows in tests: a document that is proved, and the steps of its life."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
from uuid_utils.compat import uuid7

from backend.assistant.rules import Flow
from backend.assistant.versions.rules import stored
from backend.kit.db import UnitOfWork, encode_json
from tests.conftest import Client

Json = dict[str, Any]


def document(slug: str = "verhuizen", **more: Any) -> Json:
    """A small flow without a fault."""
    return {
        "format": 1,
        "flow": slug,
        "version": 1,
        "status": "draft",
        "title": "Ik verhuis",
        "owner": "Burgerzaken",
        "review_by": "2099-01-01",
        "questions": [
            {
                "id": "gezin",
                "type": "integer",
                "title": "Met hoeveel verhuis je?",
                "min": 1,
                "max": 20,
                "next": [{"if": "gezin >= 5", "goto": "groot"}, {"goto": "klein"}],
            }
        ],
        "outcomes": [
            {
                "id": "klein",
                "kind": "service",
                "title": "Geef je verhuis door",
                "text": "Dat kan online.",
                "links": [{"label": "Adres", "url": "https://stad.example/verhuis"}],
            },
            {
                "id": "groot",
                "kind": "contact",
                "title": "Maak een afspraak",
                "text": "Met een groot gezin kom je langs.",
                "links": [{"label": "Afspraak", "url": "https://stad.example/afspraak"}],
                "handover": {"topic": "verhuizen", "team": "burgerzaken"},
            },
        ],
        "tests": [{"name": "groot gezin", "answers": {"gezin": 6}, "outcome": "groot"}],
        **more,
    }


async def create(client: Client, body: Json) -> Json:
    response = await client.post("/flowVersions", json=body, headers={"Idempotency-Key": f"flow-{uuid4()}"})
    assert response.status_code == 201, response.text
    made: Json = response.json()
    return made


async def step(client: Client, version: Json, verb: str, body: Json | None = None) -> Json:
    """The next step of a version's life; gives how it is then."""
    headers = {"If-Match": f'"{version["version"]}"'}
    response = await client.post(f"/flowVersions/{version['id']}/{verb}", json=body or {}, headers=headers)
    assert response.status_code == 200, response.text
    made: Json = response.json()
    return made


async def replace(client: Client, version: Json, changed: Json) -> Json:
    headers = {"If-Match": f'"{version["version"]}"'}
    response = await client.put(f"/flowVersions/{version['id']}", json={"document": changed}, headers=headers)
    assert response.status_code == 200, response.text
    made: Json = response.json()
    return made


async def published(editor: Client, reviewer: Client, body: Json) -> Json:
    """Written and submitted by one, published by another."""
    return await step(reviewer, await step(editor, await create(editor, body), "submit"), "publish")


async def put_in(uow: UnitOfWork, body: Json, *, status: str = "published", owner: UUID | None = None) -> UUID:
    """A version straight in the database, as an older release or an import may have left it; gives its id."""
    flow = msgspec.convert(body, Flow)
    await uow.execute(
        """INSERT INTO flow (id, slug, owner_department_id, created_at) VALUES ($1, $2, $3, now())
               ON CONFLICT DO NOTHING""",
        uuid7(), flow.flow, owner,
    )  # fmt: skip
    row = await uow.fetchrow(
        "UPDATE flow SET last_number = last_number + 1 WHERE slug = $1 RETURNING id, last_number", flow.flow
    )
    assert row is not None
    version_id = uuid7()
    await uow.execute(
        """INSERT INTO flow_version (id, flow_id, number, status, document, valid_from, valid_until, review_by,
                  created_at, changed_at, published_at, retired_at, submitted_at)
           VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, now(), now(),
                   CASE WHEN $4 IN ('published', 'retired') THEN now() END, CASE WHEN $4 = 'retired' THEN now() END,
                   CASE WHEN $4 <> 'draft' THEN now() END)""",
        version_id, row["id"], row["last_number"], status, encode_json(stored(flow)),
        flow.valid_from, flow.valid_until, flow.review_by,
    )  # fmt: skip
    return version_id
