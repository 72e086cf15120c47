"""Chapter 1b: an editor changes what citizens find; everything is put back, so that the story can be played again."""

from http import HTTPStatus
from urllib.parse import urlsplit

from scripts.journeys.catalogue import PASSPORT, Products
from scripts.journeys.people import AGENT, APPLICATION, EDITOR, Json
from scripts.journeys.report import check, same
from scripts.journeys.world import World, eventually

FRESH_SECONDS = 4.0
"""Two for the index, and as much for a busy machine."""


def edit(world: World, products: Products) -> None:
    """Synonyms, the city's own texts, publishing, our own stream, and what people searched for."""
    world.report.chapter("1b. De redactie houdt de catalogus bij")
    _synonym(world)
    _text(world, products.passport)
    _publish(world, products.passport)
    _terms(world)


def _numbers(world: World, typed: str) -> list[str | None]:
    """The numbers of what is found first."""
    hits = world.colleague(AGENT).get("/products", q=typed, limit=5, typing="true")["items"]
    return [hit.get("productNumber") for hit in hits]


def _awaited(world: World, typed: str, *, there: bool) -> None:
    eventually(
        lambda: PASSPORT in _numbers(world, typed),
        lambda found: found is there,
        f"“{typed}” vindt de reispas {'niet' if there else 'nog altijd'}",
        FRESH_SECONDS,
    )


def _synonym(world: World) -> None:
    editor, word = world.colleague(EDITOR), f"gloepkaart{world.run.lower()}"
    with world.report.step("Een eigen synoniem: eerst kijken wat het verandert, dan bewaren") as step:
        check(PASSPORT not in _numbers(world, word), f"“{word}” vindt de reispas al")
        body = {"phrases": [word, "reispas"]}
        preview = editor.ask("/catalogue/synonyms/preview", body)
        check(preview.get("changes"), "het voorbeeld toont geen zoekopdracht die verandert")
        group = editor.create("/catalogue/synonyms", body)
        _awaited(world, word, there=True)
        step.note(f"“{word}” vindt nu de reispas")
    with world.report.step("Het synoniem weer wegdoen"):
        tag = {"If-Match": f'"{group["version"]}"'}
        editor.send("DELETE", f"/catalogue/synonyms/{group['id']}", expect=HTTPStatus.NO_CONTENT, headers=tag)
        _awaited(world, word, there=False)


def _change(world: World, product: Json, body: Json) -> Json:
    """Change a product as it is now; gives the product after the change."""
    editor, path = world.colleague(EDITOR), f"/products/{product['id']}"
    tag = {"If-Match": f'"{editor.get(path)["version"]}"'}
    changed: Json = editor.send("PATCH", path, body, expect=HTTPStatus.OK, headers=tag).json()
    return changed


def _text(world: World, product: Json) -> None:
    editor, word = world.colleague(EDITOR), f"wimpelpas{world.run.lower()}"
    path = f"/products/{product['id']}"
    with world.report.step("Een veelgestelde vraag toevoegen: de zoekfunctie kent ze meteen") as step:
        before = editor.get(path)
        question = {"question": f"Is een {word} ook goed?", "answer": "Neen, je hebt een gewone reispas nodig."}
        _change(world, product, {"faq": [*before["faq"], question], "reason": "Vraag van veel burgers"})
        _awaited(world, word, there=True)
        hit = world.colleague(AGENT).get("/products", q=word, typing="true")["items"][0]
        same("de gevonden vraag", hit["faq"]["question"], question["question"])
        step.note(hit["snippet"])
    with world.report.step("De geschiedenis toont wie wat waarom wijzigde; terugdraaien kan"):
        last = editor.get(f"{path}/changes", limit=1)["items"][0]
        same("de reden", last["reason"], "Vraag van veel burgers")
        tag = {"If-Match": f'"{last["version"]}"', "Idempotency-Key": f"revert-{world.run}"}
        editor.send("POST", f"{path}/revert", {"version": before["version"]}, expect=HTTPStatus.OK, headers=tag)
        same("de veelgestelde vragen", editor.get(path)["faq"], before["faq"])
        _awaited(world, word, there=False)


def _publish(world: World, product: Json) -> None:
    path = f"/products/{product['id']}"
    with world.report.step("Een product verbergen: burgers zien het niet meer, onze stroom zegt het"):
        _change(world, product, {"published": False, "reason": "Wordt herschreven"})
        _awaited(world, "reispas", there=False)
        world.colleague(APPLICATION).send("GET", path, expect=HTTPStatus.NOT_FOUND)
        hidden = world.colleague(EDITOR).all("/catalogue/hiddenProducts")
        check(product["id"] in {one["id"] for one in hidden}, "het product staat niet bij de verborgen producten")
        eventually(lambda: _archived(world, product), bool, "onze stroom zegt niet dat het product weg is")
    with world.report.step("Het product weer tonen"):
        _change(world, product, {"published": True})
        _awaited(world, "reispas", there=True)
        eventually(lambda: not _archived(world, product), bool, "onze stroom toont het product niet weer")


def _archived(world: World, product: Json) -> bool:
    """What our stream, read as anybody may, says last about the product."""
    last, link = False, "/doc/instancesnapshot"
    while link:
        page: Json = world.office.http.get(link).raise_for_status().json()
        for member in page["member"]:
            if member["isVersionOf"] == product["externalId"]:
                last = bool(member.get("gearchiveerd"))
        later = [one["node"] for one in page["view"].get("relation", []) if one["@type"].startswith("GreaterThan")]
        link = f"/doc/instancesnapshot?{urlsplit(later[0]).query}" if later else ""
    return last


def _terms(world: World) -> None:
    with world.report.step("Wat niemand vond, staat op de lijst van de redactie, zonder persoonsgegevens") as step:
        agent = world.colleague(AGENT)
        agent.get("/products", q="paspoort voor jan.peeters@voorbeeld.be, 0470 12 34 56")
        found = agent.get("/products", q="qwyzzix")
        check(found.get("offerContactForm"), "zonder resultaat wordt het contactformulier niet aangeboden")
        report = world.colleague(EDITOR).get("/catalogue/searchTerms", limit=100)
        terms = [one["terms"] for one in report["items"]]
        check(report["withoutResults"] >= 1, "de zoekopdracht zonder resultaat is niet geteld")
        check(not any(sign in term for term in terms for sign in "@0123456789"), f"persoonsgegevens in {terms}")
        step.note(f"{report['searches']} zoekopdrachten, {report['withoutResults']} zonder resultaat")
