"""Chapter 6, first half: who may do what; others cannot act, and what is shielded does not exist for them."""

from http import HTTPStatus

from scripts.journeys.call import Call
from scripts.journeys.catalogue import Products
from scripts.journeys.others import Others
from scripts.journeys.people import AGENT, APPLICATION, AUDITOR, ECONOMY, EVENTS, SOCIAL, Json
from scripts.journeys.report import check, same
from scripts.journeys.world import World


def shield(world: World, made: Call, other: Others, products: Products) -> Json:
    """Try what is forbidden; gives the shielded question."""
    world.report.chapter("6. Toezicht: wie mag wat, en wie zag wat")
    outsider = world.colleague(ECONOMY)
    with world.report.step(
        "Een expert van een andere dienst kan de vraag niet nemen, beantwoorden of doorsturen (403)"
    ):
        question = world.colleague(AGENT).get(f"/questions/{other.anonymous['id']}")
        elsewhere = {"departmentId": world.department("economie"), "reason": "Ik neem ze wel."}
        tries = {"claim": None, "answer": {"text": "Neen."}, "forward": elsewhere}
        for verb, body in tries.items():
            outsider.act(question, verb, body, expect=HTTPStatus.FORBIDDEN)
        same("de versie van de vraag", outsider.get(f"/questions/{question['id']}")["version"], question["version"])
    with world.report.step("Een toepassing leest geen klanten, een auditor leest geen dossiers (403)"):
        path = f"/customers/{made.customer_id}"
        world.colleague(APPLICATION).send("GET", path, expect=HTTPStatus.FORBIDDEN)
        world.colleague(AUDITOR).send("GET", f"{path}/file", expect=HTTPStatus.FORBIDDEN)
    return _hidden(world, made, products)


def _hidden(world: World, made: Call, products: Products) -> Json:
    agent, social = world.colleague(AGENT), world.colleague(SOCIAL)
    with world.report.step(
        "Een vraag voor het Sociaal Huis is afgeschermd: voor anderen bestaat ze niet (404)"
    ) as step:
        asked = {"subject": "Heb ik recht op steun?", "productId": products.social_benefit["id"], "acknowledge": False}
        body = {"channel": "phone", "customerId": made.customer_id, "questions": [asked]}
        question: Json = agent.create("/contacts", body)["questions"][0]
        same("de afscherming", question["confidentiality"], "sensitive")
        for somebody in (agent, world.colleague(EVENTS)):
            somebody.send("GET", f"/questions/{question['id']}", expect=HTTPStatus.NOT_FOUND)
            somebody.act(question, "claim", expect=HTTPStatus.NOT_FOUND)
            sought = {"reference": question["reference"]}
            somebody.send("POST", "/questions/query", sought, expect=HTTPStatus.NOT_FOUND)
            held = somebody.send("GET", f"/customers/{made.customer_id}/file", expect=HTTPStatus.OK).text
            check(question["id"] not in held, f"{somebody.username} ziet de afgeschermde vraag in het dossier")
        seen = social.get(f"/questions/{question['id']}")
        same("de klant die het Sociaal Huis ziet", seen["customer"]["id"], made.customer_id)
        step.note(f"{question['reference']}  alleen zichtbaar voor {world.departments['sociaal-huis']['name']}")
    return question
