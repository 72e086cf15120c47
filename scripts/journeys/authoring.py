"""Chapter 1c: an editor changes a flow; it is proved, looked at by somebody else, published, and put back."""

from http import HTTPStatus
from typing import Any

from scripts.journeys.flows import PARTY
from scripts.journeys.people import ADMINISTRATOR, EDITOR, Colleague, Json
from scripts.journeys.report import check, same
from scripts.journeys.world import World, eventually


def author(world: World) -> None:
    """A new version of a flow, from draft to website and back."""
    world.report.chapter("1c. De redactie bouwt aan een wegwijzer, zonder formules en met een tweede lezer")
    editor = world.colleague(EDITOR)
    before = _current(editor)
    draft = _drafted(world, before)
    draft = _mistaken(world, draft)
    published = _published(world, draft, before)
    _put_back(world, published, before)


def _current(who: Colleague) -> Json:
    held = who.get("/flowVersions", flow=PARTY, status="published")["items"]
    current: Json = next(one for one in held if one["current"])
    return who.get(f"/flowVersions/{current['id']}")


def _do(who: Colleague, version: Json, verb: str, body: Json | None = None, *, expect: int = HTTPStatus.OK) -> Any:
    headers = {"If-Match": f'"{version["version"]}"'}
    return who.send("POST", f"/flowVersions/{version['id']}/{verb}", body, expect=expect, headers=headers).json()


def _replace(who: Colleague, version: Json, document: Json) -> Json:
    headers = {"If-Match": f'"{version["version"]}"'}
    path = f"/flowVersions/{version['id']}"
    changed: Json = who.send("PUT", path, {"document": document}, expect=HTTPStatus.OK, headers=headers).json()
    return changed


def _forget(editor: Colleague) -> None:
    """Throw away the draft of a story that ended half-way."""
    for one in editor.get("/flowVersions", flow=PARTY, status="draft")["items"]:
        headers = {"If-Match": f'"{one["version"]}"'}
        editor.send("DELETE", f"/flowVersions/{one['id']}", expect=HTTPStatus.NO_CONTENT, headers=headers)


def _drafted(world: World, before: Json) -> Json:
    editor = world.colleague(EDITOR)
    with world.report.step(
        "Een kopie van de wegwijzer, met een nieuwe regel uit rijen in plaats van een formule"
    ) as step:
        _forget(editor)
        draft = editor.create("/flowVersions", {"copyOf": before["id"]})
        document = draft["document"]
        rows = {"match": "all", "rows": [{"kind": "row", "question": "muziek", "operator": "is", "value": "luid"}]}
        outcome = next(one for one in document["outcomes"] if one["id"] == "u_prive")
        link = outcome["links"][0]
        outcome["blocks"].append({"id": "geluid", "if": rows, "text": "Zet de muziek om 22 uur stil.", "links": [link]})
        draft = _replace(editor, draft, document)
        written = next(one for one in draft["document"]["outcomes"] if one["id"] == "u_prive")["blocks"][-1]["if"]
        same("de formule die de server schreef", written, 'muziek == "luid"')
        step.note(written)
    return draft


def _mistaken(world: World, draft: Json) -> Json:
    editor = world.colleague(EDITOR)
    with world.report.step("Een fout wordt gevonden en in gewone woorden uitgelegd; indienen kan dan niet") as step:
        good = draft["document"]
        questions = [
            {**one, "ask_if": 'plaats == "strat"'} if one["id"] == "straat_soort" else one for one in good["questions"]
        ]
        wrong = _replace(editor, draft, {**good, "questions": questions})
        report = editor.send("POST", f"/flowVersions/{wrong['id']}/check", expect=HTTPStatus.OK).json()["report"]
        told = [one["message"] for one in report["findings"] if one["code"] == "unknownValue"]
        check(told, f"de fout is niet gevonden: {report['findings']}")
        _do(editor, wrong, "submit", expect=HTTPStatus.CONFLICT)
        step.note(told[0])
    with world.report.step("De fout hersteld: elke vraag, regel, uitkomst en elk deel wordt bereikt") as step:
        draft = _replace(editor, wrong, good)
        report = editor.send("POST", f"/flowVersions/{draft['id']}/check", expect=HTTPStatus.OK).json()["report"]
        same("wat gevonden is", report["findings"], [])
        coverage = report["coverage"]
        check(coverage["full"], f"niet alles is bereikt: {coverage}")
        step.note(f"{len(report['tests'])} voorbeelden, {coverage['states']} toestanden")
    return draft


def _published(world: World, draft: Json, before: Json) -> Json:
    editor, second = world.colleague(EDITOR), world.colleague(ADMINISTRATOR)
    with world.report.step("Zien wat er voor wie verandert, en hoe het eruitziet op een gekozen dag") as step:
        diff = editor.get(f"/flowVersions/{draft['id']}/diff", against=before["id"])
        check("geluid" in str(diff), "het nieuwe deel staat niet bij de verschillen")
        graph = editor.get(f"/flowVersions/{draft['id']}/graph")
        check("flowchart" in str(graph), "het schema is er niet")
        step.note("schema, lijst en verschillen")
    with world.report.step("Wie het schreef, publiceert het niet; een tweede lezer wel, en de website volgt"):
        review = _do(editor, draft, "submit")
        _do(editor, review, "publish", {}, expect=HTTPStatus.CONFLICT)
        published: Json = _do(second, review, "publish", {})
        numbers = lambda: world.office[EDITOR].get(f"/flows/{PARTY}")["version"]  # noqa: E731
        eventually(numbers, lambda one: one == published["number"], "de nieuwe versie is er niet")
    return published


def _put_back(world: World, published: Json, before: Json) -> None:
    second = world.colleague(ADMINISTRATOR)
    with world.report.step("De versie weer weghalen: de vorige geldt, en de geschiedenis toont wie wat deed") as step:
        _do(second, published, "retire", {"reason": "Alleen een oefening"})
        numbers = lambda: second.get(f"/flows/{PARTY}")["version"]  # noqa: E731
        eventually(numbers, lambda one: one == before["number"], "de vorige versie is niet terug")
        kinds = [one["kind"] for one in second.get(f"/flowVersions/{published['id']}/history")["items"]]
        step.note(", ".join(reversed(kinds)))
