"""Chapters 0 and 1: the real catalogue is loaded, and a citizen's words find the right product."""

from pathlib import Path

import msgspec

from scripts.journeys.people import AGENT, EDITOR, Json
from scripts.journeys.report import Step, check, same
from scripts.journeys.tool import onthaal
from scripts.journeys.world import World, eventually

REAL = Path(__file__).parents[3] / "shared/data/lpdc/ldes/lochristi-page-0.json"
"""First page of the catalogue of a real municipality; the other pages follow from it."""
REAL_PRODUCTS = 339
DEMO_PRODUCTS = 40
"""At least this many products has the demo city."""

PASSPORT, EVENT, SOCIAL_BENEFIT, LITTER = "1001", "1041", "1054", "1027"
"""Product numbers of the demo city."""


class Products(msgspec.Struct, frozen=True, kw_only=True):
    """Products that the story is about, as their pages show them."""

    passport: Json
    event: Json
    social_benefit: Json
    litter: Json


def load(world: World) -> bool:
    """Import the real catalogue, twice; gives whether it is there."""
    world.report.chapter("0. De catalogus")
    if not REAL.exists():
        with world.report.step("De echte catalogus is hier niet: verder met die van de demostad") as step:
            step.note(f"gezocht: {REAL}")
        return False
    for again in (False, True):
        title = "Nog eens inlezen: er verandert niets" if again else "De echte catalogus van Lochristi inlezen"
        with world.report.step(title) as step:
            onthaal("catalogue", "import", str(REAL), data=world.data)
            _counts(world, step, again=again)
    return True


def _counts(world: World, step: Step, *, again: bool) -> None:
    last = world.colleague(EDITOR).get("/catalogue/imports", limit=1)["items"][0]
    step.note(
        f"{last['pages']} bladzijden: {last['created']} nieuw, {last['changed']} gewijzigd, "
        f"{last['unchanged']} ongewijzigd, {last['withdrawn']} ingetrokken, {last['refused']} geweigerd"
    )
    check(not last.get("error"), f"het inlezen gaf een fout: {last.get('error')}")
    same("het aantal ingetrokken en geweigerde producten", (last["withdrawn"], last["refused"]), (0, 0))
    if again:
        same("het aantal ongewijzigde producten", last["unchanged"], REAL_PRODUCTS)
    same("het aantal producten", last["created"] + last["changed"] + last["unchanged"], REAL_PRODUCTS)


def inform(world: World, *, real: bool) -> Products:
    """Search as a citizen would, and read product pages."""
    world.report.chapter("1. Informeren: de klant zoekt, of de medewerker tijdens het gesprek")
    agent = world.colleague(AGENT)
    with world.report.step("De catalogus is volledig") as step:
        least = DEMO_PRODUCTS + (REAL_PRODUCTS if real else 0)
        total = eventually(
            lambda: agent.get("/products", limit=1)["total"],
            lambda seen: seen >= least,
            f"er zijn geen {least} producten te vinden",
        )
        step.note(f"{total} producten")
    passport = _search(world, "paspoort", PASSPORT, first=not real)
    if real:
        others = [hit for hit in passport["items"] if not hit.get("departmentId")]
        check(others, "de zoekopdracht “paspoort” vindt niets in de echte catalogus")
    typo = _search(world, "paspoot", PASSPORT, first=not real)
    same("de suggestie bij de tikfout", typo.get("suggestion"), "paspoort")
    _search(world, "grofvuil", "1029")
    _search(world, "straatfeest", EVENT, first=False)
    with world.report.step("De pagina van het product “Reispas aanvragen” lezen") as step:
        product = _page(world, PASSPORT, "reispas")
        for part in ("descriptionText", "firstLineInformation", "helpSheets", "transactionUrl", "faq"):
            check(product.get(part), f"het product “{product['name']}” heeft geen {part}")
        same("de verantwoordelijke dienst", product.get("departmentId"), world.department("burgerzaken"))
        step.note(
            f"{product['name']}: {len(product['helpSheets'])} hulpfiche(s), {len(product['faq'])} veelgestelde vragen"
        )
    with world.report.step("De andere producten van het verhaal lezen") as step:
        event, social, litter = (
            _page(world, number, words)
            for number, words in (
                (EVENT, "evenement aanvragen"),
                (SOCIAL_BENEFIT, "leefloon"),
                (LITTER, "zwerfvuil melden"),
            )
        )
        step.note(" · ".join(one["name"] for one in (event, social, litter)))
    return Products(passport=product, event=event, social_benefit=social, litter=litter)


def _search(world: World, typed: str, number: str, *, first: bool = True) -> Json:
    """Search; the product of this number must be the first hit, or at least among the first five."""
    with world.report.step(f"Zoeken op “{typed}”") as step:
        found = world.colleague(AGENT).get("/products", q=typed, limit=5)
        step.note(" · ".join(hit["title"] for hit in found["items"][:3]) or "niets gevonden")
        numbers = [hit.get("productNumber") for hit in found["items"]]
        wanted = numbers[:1] if first else numbers
        check(number in wanted, f"“{typed}” vindt product {number} niet op de verwachte plaats: {numbers}")
    return found


def _page(world: World, number: str, words: str) -> Json:
    agent = world.colleague(AGENT)
    hits = agent.get("/products", q=words, limit=20)["items"]
    found = [hit for hit in hits if hit.get("productNumber") == number]
    check(found, f"product {number} van de demostad is niet te vinden met “{words}”")
    return agent.get(f"/products/{found[0]['id']}")
