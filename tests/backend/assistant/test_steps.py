"""Taking a flow: from question to outcome, with whatever is sent."""

import json
import time
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.app import Platform
from backend.assistant.rules import Flow, compiled, day_of_test, replay
from backend.assistant.steps.rules import Surroundings, form_fault, longest, step_view, ways
from backend.kit.db import UnitOfWork
from tests.backend.assistant.authoring import document, put_in
from tests.backend.assistant.taking import (
    GUESTS,
    PERMIT,
    SECRET,
    add_product,
    changed,
    given_flow,
    listening,
    party,
    publish,
    take,
    visiting,
)
from tests.conftest import Client

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
DAY = date(2026, 12, 1)


@pytest.fixture
def visitor(anonymous: Client, platform: Platform) -> Client:
    return visiting(anonymous, platform)


@pytest.fixture
async def product(uow: UnitOfWork) -> UUID:
    return await add_product(uow)


@pytest.fixture
async def flows(platform: Platform, product: UUID, anonymous: Client) -> None:  # noqa: ARG001 started, so that it listens
    await publish(platform, party(), given_flow("parkeren"), given_flow("trouwen"), given_flow("verhuizen"))


@pytest.mark.usefixtures("flows")
async def test_step_by_step_to_the_outcome(visitor: Client) -> None:
    first = await take(visitor, "straatfeest")
    assert (first["question"]["id"], first["progress"]) == ("wie", {"answered": 0, "atMost": 5})
    assert [one["value"] for one in first["question"]["options"]] == ["person", "association"]
    second = await take(visitor, "straatfeest", {"wie": "person"}, answered="wie")
    assert second["passed"] == [{"id": "wie", "title": "Wie geeft het feest?", "answer": "Een buur", "value": "person"}]
    assert second["question"]["id"] == "postcode"
    assert SECRET not in json.dumps(second)
    third = await take(visitor, "straatfeest", {"wie": "person", "postcode": "9999"})
    assert third["question"]["dontKnow"] == {"value": "weet_niet", "label": "Ik weet het niet"}
    assert (third["question"]["min"], third["progress"]) == (1.0, {"answered": 2, "atMost": 3})
    end = await take(visitor, "straatfeest", PERMIT)
    assert "question" not in end
    assert (end["outcome"]["id"], end["outcome"]["kindLabel"]) == ("vergunning", "Hiervoor is een vergunning nodig")
    assert [one["id"] for one in end["outcome"]["blocks"]] == ["tent"]
    assert end["outcome"]["legalBasis"] == ["Politiereglement, artikel 12"]
    assert end["outcome"]["handover"] is True
    assert SECRET not in json.dumps(end)


@pytest.mark.usefixtures("flows")
async def test_the_given_flows_come_out_where_their_tests_say(visitor: Client) -> None:
    for slug in ("parkeren", "trouwen"):
        for test in given_flow(slug)["tests"]:
            if "datum" in test["answers"]:
                continue  # where it leads to depends on the day
            view = await take(visitor, slug, test["answers"])
            assert (view.get("outcome") or view["question"])["id"] == test["outcome"], test["name"]


@pytest.mark.usefixtures("flows")
async def test_links_lead_where_they_can(visitor: Client, product: UUID, platform: Platform) -> None:
    links = (await take(visitor, "straatfeest", PERMIT))["outcome"]["links"]
    assert links == [
        {
            "label": "Lees meer",
            "kind": "product",
            "productId": str(product),
            "productName": "Straatfeest",
            "helpSheets": [{"title": "Zo vraag je het aan", "url": "https://stad.example/hulp"}],
            "hasTransaction": True,
        },
        {"label": "Parkeren", "kind": "flow", "flow": "parkeren"},
    ], "no form: the city has said of no form where it is"
    platform.settings = msgspec.structs.replace(platform.settings, flow_form_url="https://stad.example/f/{form}?x=1")
    links = (await take(visitor, "straatfeest", PERMIT))["outcome"]["links"]
    assert links[1] == {"label": "Online", "kind": "form", "url": "https://stad.example/f/straat%20feest?x=1"}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE product SET status = 'withdrawn' WHERE id = $1",
        "UPDATE product_city SET published = false WHERE product_id = $1",
    ],
)
@pytest.mark.usefixtures("flows")
async def test_a_product_that_is_gone_is_no_link_and_the_city_can_be_asked(
    visitor: Client, product: UUID, platform: Platform, change: str
) -> None:
    answers = {**GUESTS, "tent": "nee", "muziek": "nee"}
    before = (await take(visitor, "straatfeest", answers))["outcome"]
    assert (before["id"], len(before["links"]), before["handover"]) == ("melden", 1, False)
    await changed(platform, change, product)
    after = (await take(visitor, "straatfeest", answers))["outcome"]
    assert "links" not in after
    assert (after["text"], after["handover"]) == ("Twee weken vooraf.", True)
    listed = (await visitor.get(f"/flows?productId={product}")).json()["items"]
    assert listed == []


@pytest.mark.usefixtures("flows")
async def test_a_flow_that_is_gone_is_no_link(visitor: Client, platform: Platform) -> None:
    retire = "UPDATE flow_version SET status = 'retired', retired_at = now() WHERE document ->> 'flow' = $1"
    await changed(platform, retire, "parkeren")
    platform.feed.tell("assistant.flows")
    links = (await take(visitor, "straatfeest", PERMIT))["outcome"]["links"]
    assert [one["kind"] for one in links] == ["product"]


@pytest.mark.usefixtures("flows")
async def test_an_answer_that_cannot_be_is_refused_in_words(visitor: Client) -> None:
    for wrong in ("0", "veel", -1, 1.5, "1e999999", ["x"]):
        view = await take(visitor, "straatfeest", {**GUESTS, "gasten": wrong})
        assert view["question"]["id"] == "gasten"
        assert view["refused"].startswith("Geef ")
        assert len(view["passed"]) == 2
    view = await take(visitor, "straatfeest", {**GUESTS, "postcode": "abc"}, language="fr")
    assert view["refused"] == "Donnez un code postal belge de quatre chiffres."
    assert view["unused"] == ["gasten"], "what comes after waits"


@pytest.mark.usefixtures("flows")
async def test_answers_that_play_no_part_are_kept_by_who_sent_them(visitor: Client) -> None:
    view = await take(visitor, "straatfeest", {**PERMIT, "gasten": "weet_niet", "onbekend": 7})
    assert [one["id"] for one in view["passed"]] == ["wie", "postcode", "gasten", "muziek"]
    assert view["passed"][2]["answer"] == "Ik weet het niet"
    assert view["unused"] == ["tent", "onbekend"]
    assert (await take(visitor, "straatfeest", PERMIT)).get("unused") is None


@pytest.mark.usefixtures("flows")
async def test_in_the_language_that_there_is(visitor: Client) -> None:
    french = await take(visitor, "straatfeest", {"wie": "person"}, language="fr-BE")
    assert (french["language"], french["question"]["title"]) == ("fr", "Quel code postal ?")
    for other in ("en", "zz", "pt-BR"):
        view = await take(visitor, "straatfeest", {"wie": "person"}, language=other)
        assert (view["language"], view["question"]["title"]) == ("nl", "In welke postcode?")
    end = (await take(visitor, "straatfeest", PERMIT, language="fr"))["outcome"]
    assert (end["kindLabel"], end["title"]) == ("Il faut une autorisation", "Demandez une autorisation")
    assert end["links"][0]["productName"] == "Straatfeest (fr)"
    assert end["text"] == "Zes weken vooraf.", "text by text"


@pytest.mark.usefixtures("flows")
async def test_countries_are_named(visitor: Client) -> None:
    answers = {"vorm": "trouwen", "leeftijd": "ja", "woonplaats": "beide"}
    question = (await take(visitor, "trouwen", answers))["question"]
    assert question["type"] == "country"
    assert {"code": "be", "name": "België"} in question["countries"]
    assert len(question["countries"]) > 190


@pytest.mark.usefixtures("flows")
async def test_private_answers_are_in_no_address(visitor: Client) -> None:
    for slug in ("trouwen", "verhuizen"):  # the one says so itself, the other has sensitive questions
        assert (await visitor.get(f"/flows/{slug}")).json()["answersIn"] == "session"
        refused = await visitor.get(f"/flows/{slug}/step", params={"answers": '{"vorm":"trouwen"}'})
        assert refused.status_code == 409
        assert refused.json()["type"].endswith(":answersNotInAddress")
    shared = await visitor.get("/flows/parkeren/step", params={"answers": '{"wie":"zorg"}'})
    assert shared.status_code == 200
    assert shared.json()["question"]["id"] == (await take(visitor, "parkeren", {"wie": "zorg"}))["question"]["id"]
    assert shared.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("flows")
async def test_what_can_be_taken_is_listed(visitor: Client, product: UUID) -> None:
    found = (await visitor.get("/flows?limit=2")).json()
    assert [one["slug"] for one in found["items"]] == ["parkeren", "straatfeest"]
    rest = (await visitor.get("/flows", params={"cursor": found["next"], "limit": 2})).json()
    assert [one["slug"] for one in rest["items"]] == ["trouwen", "verhuizen"]
    assert "next" not in rest
    (one,) = (await visitor.get(f"/flows?productId={product}&language=fr")).json()["items"]
    assert one == {
        "slug": "straatfeest",
        "title": "Puis-je organiser une fête de rue ?",
        "version": 1,
        "languages": ["nl", "fr"],
        "answersIn": "url",
        "products": [{"id": str(product), "name": "Straatfeest (fr)"}],
    }
    view = (await visitor.get("/flows/straatfeest")).json()
    assert (view["questions"], view["reviewBy"], view["step"]["question"]["id"]) == (5, "2099-01-01", "wie")


async def test_who_began_with_a_version_that_is_gone_goes_on_with_the_next(
    visitor: Client, uow: UnitOfWork, platform: Platform
) -> None:
    await put_in(uow, document(title="Oud"), status="retired")
    await put_in(uow, document(title="Nieuw"))
    await put_in(uow, document(title="Van ooit", valid_until="2020-01-01"))
    platform.feed.tell("assistant.flows")
    for begun in (1, 3):
        view = await take(visitor, "verhuizen", {"gezin": 6}, version=begun)
        assert (view["version"], view["title"], view["versionChanged"]) == (2, "Nieuw", True)
        assert [one["value"] for one in view["passed"]] == [6], "nobody tells it twice"
    assert "versionChanged" not in await take(visitor, "verhuizen", version=2)
    assert (await visitor.post("/flows/verhuizen/step", json={"version": 4})).status_code == 404
    await publish(platform, document("weg"), status="retired")
    for gone in ("weg", "nooit-geweest", "Geen-Slug"):
        assert (await visitor.get(f"/flows/{gone}")).status_code == 404
        assert (await visitor.post(f"/flows/{gone}/step", json={"version": 1})).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"answers": {"wie": True}},
        {"answers": {"wie": None}},
        {"answers": {"wie": {"a": 1}}},
        {"answers": {"wie": [["a"]]}},
        {"answers": {"wie": ["x" * 101]}},
        {"answers": {"wie": ["person"] * 201}},
        {"answers": {f"v{number}": 1 for number in range(101)}},
        {"answers": {"v" * 51: 1}},
        {"answers": {"": 1}},
        {"answers": ["wie"]},
        {"answers": {"wie": 10**30}},
        {"answers": {"wie": "a\u0000b"}},
        {"answers": {"wie\u0000": "a"}},
        {"version": 0},
        {"version": "1"},
        {"language": 7},
        {"answered": ["wie"]},
        {"day": "2026-01-01"},
        [],
        "wie",
    ],
)
@pytest.mark.usefixtures("flows")
async def test_what_is_no_step_is_refused(visitor: Client, body: Any) -> None:
    response = await visitor.post("/flows/straatfeest/step", json=body)
    assert response.status_code == 400, response.text


@pytest.mark.usefixtures("flows")
async def test_rubbish_is_refused(visitor: Client) -> None:
    kind = {"Content-Type": "application/json"}
    deep = '{"answers":{"wie":' + "[" * 5_000 + "]" * 5_000 + "}}"
    for content in (deep, "{", '{"answers":{"wie":"\ud800"}}'.encode("utf-8", "surrogatepass"), b"\xff", b"null"):
        response = await visitor.post("/flows/straatfeest/step", content=content, headers=kind)
        assert response.status_code == 400, content[:40]
    large = json.dumps({"answers": {"wie": "x" * 1_000_000}})
    assert (await visitor.post("/flows/straatfeest/step", content=large, headers=kind)).status_code == 413
    long = await take(visitor, "straatfeest", {"wie": "x" * 200_000})
    assert long["refused"] == "Kies een van de antwoorden."
    for text in ("", "[]", "{", '{"a":{"b":1}}', '{"a":' + "[" * 2_000, '{"a":"\\u0000"}', "x" * 3_001):
        response = await visitor.get("/flows/parkeren/step", params={"answers": text})
        assert response.status_code == 400, text[:20]


@pytest.mark.usefixtures("flows")
async def test_a_step_asks_the_database_nothing(
    visitor: Client, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = {"answers": json.dumps(PERMIT)}
    expected = (await visitor.get("/flows/straatfeest/step", params=params)).json()
    await listening(platform)
    await visitor.get("/flows/straatfeest/step", params=params)

    def refuse(*_args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(platform.database, "begin", refuse)
    again = await visitor.get("/flows/straatfeest/step", params=params)
    assert (again.status_code, again.json()) == (200, expected)
    counted = await visitor.post("/flows/straatfeest/step", json={"answers": PERMIT, "answered": "muziek"})
    assert counted.status_code == 200, "a step is taken whether or not it can be counted"
    monkeypatch.undo()


@pytest.mark.usefixtures("flows")
async def test_while_the_database_is_away_a_flow_is_taken_as_it_was_last_read(
    visitor: Client, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    await listening(platform)
    expected = await take(visitor, "straatfeest", PERMIT)

    def refuse(*_args: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as away:
        away.setattr(platform.database, "begin", refuse)
        away.setattr(platform.feed, "connected", False)
        platform.feed.tell_all()  # as it does once it cannot hear
        assert await take(visitor, "straatfeest", PERMIT) == expected
        assert (await visitor.get("/flows/straatfeest")).status_code == 200
    changed_since = party(title="Nieuw")
    await publish(platform, changed_since)
    assert (await take(visitor, "straatfeest"))["title"] == "Nieuw", "and no longer than it is away"


async def test_what_was_never_read_is_a_part_that_is_away(
    visitor: Client, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as away:
        away.setattr(platform.database, "begin", refuse)
        response = await visitor.post("/flows/straatfeest/step", json={})
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert response.json()["type"] == "urn:problem-type:belgif:serviceUnavailable"


def test_the_most_that_can_come_and_the_ways() -> None:
    program = compiled(msgspec.convert(party(), Flow))
    assert ways(program, "postcode") == ("elders", "gasten")
    assert longest(program) == {"wie": 5, "postcode": 4, "gasten": 3, "tent": 2, "muziek": 1}
    short = party()
    short["questions"][4] = {
        **short["questions"][0],
        "id": "muziek",
        "type": "multi",
        "options": [
            {"value": "a", "label": "A", "goto": "melden"},
            {"value": "b", "label": "B", "goto": "nog"},
        ],
        "next": [{"goto": "melden"}],
    }
    short["questions"].append({"id": "nog", "type": "yesno", "title": "Nog?", "next": [{"goto": "melden"}]})
    assert longest(compiled(msgspec.convert(short, Flow)))["muziek"] == 2, "one of several answers may go further"


def test_a_step_of_the_largest_given_flow_takes_less_than_5_ms() -> None:
    taken = []
    for slug in ("parkeren", "trouwen", "verhuizen"):
        program = compiled(msgspec.convert(given_flow(slug), Flow))
        for test in program.flow.tests:
            names, day = list(test.answers), day_of_test(program.flow, test, DAY)
            for known in range(len(names) + 1):
                answers = {name: test.answers[name] for name in names[:known]}
                for _ in range(10):
                    started = time.perf_counter()
                    view = step_view(program, replay(program, answers, day), answers, "nl", Surroundings())
                    msgspec.json.encode(view)
                    taken.append(time.perf_counter() - started)
    assert len(taken) > 500
    assert sorted(taken)[int(len(taken) * 0.95)] < 0.005


def test_where_forms_are() -> None:
    assert form_fault("") is None
    assert form_fault("https://stad.example/{form}") is None
    assert form_fault("https://stad.example/") is not None
    assert form_fault("javascript:{form}") is not None
