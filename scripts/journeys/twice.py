"""Chapter 5, second half: somebody is registered twice; it is noticed, explained, decided by a person, taken back."""

import re
from http import HTTPStatus

from scripts.journeys.call import Call
from scripts.journeys.people import AGENT, AUDITOR, SECOND_AGENT, Json
from scripts.journeys.report import check, same
from scripts.journeys.world import World, eventually

_CODE = re.compile(r"\b(\d{3}) ?(\d{3})\b")


def twice(world: World, made: Call) -> None:
    """From the second registration to one file, and back."""
    double = _registered_again(world, made)
    _suggested(world, made, double)
    merged = _merged(world, made, double)
    _undone(world, made, double, merged)
    prove_email(world, made.customer_id, made.customer.email)
    _opened(world, made)


def _registered_again(world: World, made: Call) -> Json:
    agent, known = world.colleague(AGENT), made.customer
    typed = {
        "kind": "person",
        "names": {"given": known.given.replace("ie", "i"), "family": known.family.replace("Traject", "Trajekt")},
        "contactPoints": [{"type": "phone", "value": known.phone}],
        "addresses": [{"street": "Kerkstr.", "number": "12", "postcode": "9999", "municipality": "Zonderwater"}],
    }
    with world.report.step("Wie typt, ziet al wie het kan zijn, met uitleg") as step:
        found = agent.ask("/customers/match", typed)["items"]
        check(bool(found), "niemand voorgesteld")
        same("de eerste suggestie", found[0]["customer"]["id"], made.customer_id)
        step.note("; ".join(part["text"] for part in found[0]["parts"] if part["text"])[:200])
    with world.report.step("De klant wordt toch een tweede keer geregistreerd, met een typfout"):
        return agent.create("/customers", typed)


def _suggested(world: World, made: Call, double: Json) -> None:
    agent = world.colleague(SECOND_AGENT)
    with world.report.step("De werker stelt voor dat het dezelfde klant is") as step:
        pair = {made.customer_id, double["id"]}

        def suggestions() -> list[Json]:
            listed: list[Json] = agent.get(f"/customers/{double['id']}/suggestions")["items"]
            return [one for one in listed if {hit["id"] for hit in one["customers"]} == pair]

        found = eventually(suggestions, bool, "er komt geen suggestie")[0]
        check(abs(sum(part["weight"] for part in found["parts"]) - found["score"]) < 0.005, "de som klopt niet")  # noqa: PLR2004
        step.note(f"{found['strength']}, {found['probability']:.0%}")
    for typed in (f"{made.customer.family} {made.customer.given}".replace("Traject", "Trajekt"), made.customer.phone):
        with world.report.step(f"Eén zoekvak vindt beide: {typed}"):
            hits = [hit["id"] for hit in agent.ask("/customers/query", {"text": typed})["items"]]
            check(pair <= set(hits), f"niet allebei gevonden: {hits}")


def _merged(world: World, made: Call, double: Json) -> Json:
    agent = world.colleague(SECOND_AGENT)
    path = f"/customers/{made.customer_id}/merges"
    with world.report.step("Het voorbeeld toont wat voorgaat en waarom") as step:
        preview = agent.ask(f"{path}/preview", {"mergedId": double["id"]})
        first = [one for one in preview["choices"] if one["outcome"] == "first"]
        check(bool(first), "het voorbeeld zegt niets")
        step.note(f"{len(preview['choices'])} gegevens; {first[0]['text']}")
    with world.report.step("Een medewerker voegt ze samen tot één dossier"):
        versions = {
            name: preview[name.removesuffix("Version")]["version"] for name in ("survivorVersion", "mergedVersion")
        }
        merged = agent.create(path, {"mergedId": double["id"], **versions, "reason": "Bevestigd aan de telefoon"})
        shown = agent.get(f"/customers/{double['id']}")
        same("waar het oude nummer heen leidt", shown["id"], made.customer_id)
        hits = [hit["id"] for hit in agent.ask("/customers/query", {"text": made.customer.phone})["items"]]
        same("wie op dat nummer gevonden wordt", hits, [made.customer_id])
    return merged


def _undone(world: World, made: Call, double: Json, merged: Json) -> None:
    agent = world.colleague(AGENT)
    with world.report.step("Toch niet dezelfde: alles wordt teruggedraaid"):
        path = f"/customers/{made.customer_id}/merges/{merged['merge']['id']}/undo"
        back = agent.ask(path, {"reason": "Het zijn moeder en dochter"})
        kept = {name: value for name, value in double.items() if name not in {"version", "updatedAt"}}
        same("het herstelde dossier", {name: back["restored"].get(name) for name in kept}, kept)
    with world.report.step("De geschiedenis toont het allemaal") as step:
        entries = agent.all(f"/customers/{made.customer_id}/history")
        kinds = sorted({entry["kind"] for entry in entries})
        check("link" in kinds and "contact" in kinds, f"er ontbreekt iets: {kinds}")
        step.note(f"{len(entries)} gebeurtenissen: {', '.join(kinds)}")


def prove_email(world: World, customer_id: str, email: str) -> None:
    """The customer shows that the one e-mail address on file is the own one.

    Args:
        world: where it happens.
        customer_id: whose address.
        email: the address.
    """
    agent = world.colleague(AGENT)
    points = agent.get(f"/customers/{customer_id}")["contactPoints"]
    point = next(one for one in points if one["type"] == "email")
    path = f"/customers/{customer_id}/contactPoints/{point['id']}/verification"
    with world.report.step("Een code per mail bewijst het e-mailadres"):
        before = len(world.mailbox.sent_to(email))
        agent.create(path, {})
        mails = eventually(lambda: world.mailbox.sent_to(email)[before:], bool, "er komt geen mail met een code")
        body = mails[0].get_body(("plain",))
        code = _CODE.search(body.get_content() if body else "")
        check(code is not None, "de mail bevat geen code")
        agent.ask(f"{path}/confirm", {"code": code[0] if code else ""})
        shown = agent.get(f"/customers/{customer_id}")["contactPoints"]
        proof = next(one for one in shown if one["id"] == point["id"])
        same("hoe het bewezen is", proof.get("verifiedHow"), "emailCode")


def _opened(world: World, made: Call) -> None:
    agent, auditor = world.colleague(SECOND_AGENT), world.colleague(AUDITOR)
    with world.report.step("Het glas breken gebeurt met een reden, en de auditor weet het"):
        asked = {"customerId": made.customer_id, "reason": "De beller is in gevaar en vraagt wie opvang regelt."}
        agent.create("/breakGlass", asked)
        told = auditor.get("/breakGlass")["items"]
        check(any(one["reason"] == asked["reason"] for one in told), "de auditor ziet het niet")
        refused = agent.send("GET", "/breakGlass", expect=HTTPStatus.FORBIDDEN)
        check("reason" not in refused.json(), "een medewerker ziet de redenen")
