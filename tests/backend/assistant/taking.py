"""Taking flows in tests: the given ones and one of our own, published, and a visitor of the website."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.assistant.versions.service import TOPIC
from backend.catalogue.index.service import TOPIC as CATALOGUE
from backend.catalogue.rules import ProductFacts
from backend.kit.db import UnitOfWork, encode_json
from backend.kit.reach import EVERYTHING
from backend.platform import channel_issuer
from tests.backend.assistant.authoring import Json, put_in
from tests.backend.assistant.flows import FOLDER
from tests.conftest import Client

PRODUCT = "ipdc:1601"
SECRET = "Alleen voor collega's"


def given_flow(slug: str) -> Json:
    found: Json = json.loads((FOLDER / f"flow-{slug}.json").read_text())
    return found


def party(product: str = PRODUCT, **more: Any) -> Json:
    """A street party: in two languages, with not knowing, conditions of both kinds, links of every kind."""
    ja, nee = {"value": "ja", "label": {"nl": "Ja", "fr": "Oui"}}, {"value": "nee", "label": {"nl": "Nee", "fr": "Non"}}
    return {
        "format": 1,
        "flow": "straatfeest",
        "version": 1,
        "status": "draft",
        "title": {"nl": "Mag ik een straatfeest geven?", "fr": "Puis-je organiser une fête de rue ?"},
        "owner": "Mobiliteit",
        "review_by": "2099-01-01",
        "questions": [
            {
                "id": "wie",
                "type": "choice",
                "title": {"nl": "Wie geeft het feest?", "fr": "Qui organise la fête ?"},
                "prefill": "customer.kind",
                "options": [
                    {"value": "person", "label": "Een buur"},
                    {"value": "association", "label": "Een vereniging"},
                ],
            },
            {
                "id": "postcode",
                "type": "postcode",
                "title": {"nl": "In welke postcode?", "fr": "Quel code postal ?"},
                "prefill": "customer.postcode",
                "agent_say": "Waar is het feest?",
                "agent_note": SECRET,
                "next": [{"if": 'postcode != "9999"', "goto": "elders"}, {"goto": "gasten"}],
            },
            {
                "id": "gasten",
                "type": "integer",
                "title": {"nl": "Hoeveel gasten?", "fr": "Combien d’invités ?"},
                "min": 1,
                "dont_know": True,
            },
            {
                "id": "tent",
                "type": "choice",
                "title": {"nl": "Komt er een tent?", "fr": "Y aura-t-il une tente ?"},
                "ask_if": "gasten > 50",
                "options": [ja, nee],
            },
            {
                "id": "muziek",
                "type": "choice",
                "title": {"nl": "Is er muziek?", "fr": "Y aura-t-il de la musique ?"},
                "options": [ja, nee],
                "next": [{"if": 'muziek == "ja" || tent == "ja"', "goto": "vergunning"}, {"goto": "melden"}],
            },
        ],
        "outcomes": [
            {
                "id": "elders",
                "kind": "referral",
                "title": {"nl": "Vraag het in je eigen gemeente", "fr": "Demandez-le à votre commune"},
                "text": "Wij gaan over onze eigen straten.",
                "links": [{"label": "Gemeenten", "url": "https://www.vlaanderen.be/gemeenten"}],
            },
            {
                "id": "melden",
                "kind": "notification",
                "title": {"nl": "Meld het feest", "fr": "Signalez la fête"},
                "text": "Twee weken vooraf.",
                "links": [{"label": "Lees meer", "product": product}],
            },
            {
                "id": "vergunning",
                "kind": "permit",
                "title": {"nl": "Vraag een vergunning", "fr": "Demandez une autorisation"},
                "text": "Zes weken vooraf.",
                "agent_note": SECRET,
                "legal_basis": ["Politiereglement, artikel 12"],
                "links": [
                    {"label": "Lees meer", "product": product},
                    {"label": "Online", "form": "straat feest"},
                    {"label": "Parkeren", "flow": "parkeren"},
                ],
                "blocks": [
                    {"id": "tent", "kind": "document", "text": "Een keuring van de tent.", "if": 'tent == "ja"'},
                    {"id": "vereniging", "text": "Je statuten.", "if": 'wie == "association"'},
                ],
                "handover": {"topic": "feesten", "team": "mobiliteit"},
            },
        ],
        **more,
    }


GUESTS = {"wie": "person", "postcode": "9999", "gasten": 80}
PERMIT = {**GUESTS, "tent": "ja", "muziek": "nee"}


async def publish(platform: Platform, *flows: Json, status: str = "published") -> None:
    async with platform.database.transaction(EVERYTHING) as uow:
        for one in flows:
            await put_in(uow, one, status=status)
    platform.feed.tell(TOPIC)


async def add_product(uow: UnitOfWork, number: str = "1601", name: str = "Straatfeest") -> UUID:
    product_id = uuid7()
    facts = ProductFacts(external_id=number, snapshot_id=number, name={"nl": name, "fr": f"{name} (fr)"})
    await uow.execute(
        """INSERT INTO product (id, source, external_id, product_number, snapshot_id, facts, content_hash, status,
                  imported_at)
           VALUES ($1, 'test', $2, $2, $2, $3::jsonb, '', 'published', now())""",
        product_id, number, encode_json(facts),
    )  # fmt: skip
    await uow.execute(
        """INSERT INTO product_city (product_id, help_sheets, transaction_url)
           VALUES ($1, $2::jsonb, 'https://loket.example/feest')""",
        product_id, '[{"title": "Zo vraag je het aan", "url": "https://stad.example/hulp"}]',
    )  # fmt: skip
    return product_id


async def changed(platform: Platform, sql: str, *args: object) -> None:
    """The catalogue is not what it was, and every process heard."""
    async with platform.database.transaction(EVERYTHING) as uow:
        await uow.execute(sql, *args)
    platform.feed.tell(CATALOGUE)


async def listening(platform: Platform) -> None:
    """Until changes are heard: only then what was read is kept."""
    async with asyncio.timeout(10):
        while not platform.feed.connected:  # noqa: ASYNC110 the feed has no event for it
            await asyncio.sleep(0.01)


def visiting(client: Client, platform: Platform) -> Client:
    """Somebody unknown on the website."""
    return client.as_user(channel_issuer(platform.settings, "widget").token("visitor", net=uuid4().hex))


async def take(client: Client, slug: str, answers: Json | None = None, **more: Any) -> Json:
    response = await client.post(f"/flows/{slug}/step", json={"answers": answers or {}, **more})
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found
