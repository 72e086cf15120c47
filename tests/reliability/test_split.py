"""Split: the core and the servers of the front ends as processes of their own, and the journey through them."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from backend.kit.embedded.cluster import Cluster
from backend.kit.embedded.redis import temporary_redis
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from bff.settings import CHANNELS, Channel
from scripts.journeys.browser import ACTION, Browser
from scripts.journeys.report import Deviation
from tests.conftest import _sql
from tests.contract.city import City, add_city
from tests.reliability.split import HOST, Program, Split, eventually, split

pytestmark = pytest.mark.xdist_group("split")

AGENT, EXPERT, LOTTE, SSIN = "an.agent", "lotte.burgerzaken", "lotte.willems", "85073003328"
SECRETS = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "INTAKE_DATABASE_URL", "REDIS_URL", "SMTP_URL", "ONTHAAL_DATA")
ANSWER = "Ja, breng uw oude pas mee."
FORM = {
    "givenName": "Noor",
    "familyName": "Desmet",
    "email": "noor@voorbeeld.be",
    "subject": "Scheve boom",
    "text": "Wie kan komen kijken?",
}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')

Json = dict[str, Any]


@pytest.fixture(scope="module")
def own_settings(
    cluster: Cluster, template: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    name = f"split_{uuid4().hex[:12]}"
    asyncio.run(_sql(cluster, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield Settings(
        data=str(tmp_path_factory.mktemp("core")),
        database_url=cluster.url(APPLICATION, name),
        redis_url=redis_url,
        smtp_url="smtp://127.0.0.1:1",
    )
    asyncio.run(_sql(cluster, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def city(own_settings: Settings) -> City:
    return asyncio.run(add_city(own_settings))


@pytest.fixture(scope="module")
def parts(own_settings: Settings, city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    assert city
    folder = tmp_path_factory.mktemp("split")
    with temporary_redis() as sessions, split(folder, own_settings, sessions.url()) as made:
        yield made


@pytest.fixture
def colleague(parts: Split) -> Iterator[Browser]:
    with parts.browser("agent") as browser:
        browser.log_in("agent", AGENT)
        yield browser


def contact(browser: Browser, subject: str) -> Json:
    """What a colleague wraps up about Lotte, for civil affairs."""
    departments = browser.get("/agent/screens/contact")["departments"]["items"]
    civil = next(one["id"] for one in departments if one["code"] == "burgerzaken")
    known = browser.post("/agent/customers/query", {"ssin": SSIN})["items"]
    lotte = {
        "kind": "person",
        "names": {"given": "Lotte", "family": "Willems"},
        "identifiers": [{"type": "ssin", "value": SSIN}],
        "contactPoints": [{"type": "email", "value": "lotte.willems@voorbeeld.be"}],
    }
    who = {"customerId": known[0]["id"]} if known else {"customer": lotte}
    return {"channel": "phone", **who, "questions": [{"subject": subject, "text": "Hoe?", "departmentId": civil}]}


def wrap_up(browser: Browser, body: Json, key: str) -> httpx.Response:
    headers = {"X-CSRF": "1", "Idempotency-Key": key}
    return browser.send("POST", "/agent/screens/wrapUp", json={"contact": body}, headers=headers)


def registered(browser: Browser, subject: str) -> Json:
    """A question of Lotte that a colleague wrapped up; the same call twice gives it once."""
    body, key = contact(browser, subject), uuid4().hex
    done, again = (wrap_up(browser, body, key) for _ in range(2))
    assert done.status_code == 201, done.text
    assert (again.headers["idempotency-replayed"], again.json()) == ("true", done.json())
    question: Json = done.json()["contact"]["questions"][0]
    return question


def answered(browser: Browser, question: Json) -> None:
    """A colleague of civil affairs takes the question and answers it."""
    shown = f"/agent/screens/questions/{question['id']}"
    for verb, told in (("claim", None), ("answer", {"text": ANSWER, "channel": "email"})):
        seen = browser.send("GET", shown)
        assert seen.status_code == 200, seen.text
        headers = {"X-CSRF": "1", "If-Match": seen.headers["etag"]}
        acted = browser.send("POST", f"/agent/questions/{question['id']}/{verb}", json=told, headers=headers)
        assert acted.status_code == 200, acted.text


def held(browser: Browser, parts: Split, channel: Channel) -> str:
    """The session cookie, for somebody who copied it."""
    name = f"__Host-onthaal-{channel}"
    return f"{name}={browser._cookies[f'{HOST}:{parts.channels[channel].port}'][name]}"


def of_source(parts: Split, token: str = "") -> httpx.Response:
    """What Mijn Burgerprofiel reads about Lotte; with a good token unless there is one."""
    shown = token or parts.introspection.give("goed")
    path = f"/burgerprofiel/v1/questions/{SSIN}"
    return parts.channels["burgerprofiel"].asked(path, Authorization=f"Bearer {shown}")


def log_off(browser: Browser, page: httpx.Response) -> httpx.Response:
    """Press "Ja, meld mij af" at the provider; the page where that ends."""
    action = ACTION.search(page.text)
    assert action is not None, page.text
    form = dict(HIDDEN.findall(page.text)) | {"logout": "yes"}
    return browser.follow(browser.send("POST", str(page.url.join(action[1])), data=form))


def test_a_question_goes_from_the_phone_to_its_answer_on_the_website(colleague: Browser, parts: Split) -> None:
    start = colleague.get("/agent/screens/start")["me"]
    assert (start["name"], start["memberships"][0]["roles"]) == ("An Verhaeghe", ["agent"])
    question = registered(colleague, "Reispas van Lotte")
    for screen in (f"customers/{question['customerId']}", f"questions/{question['id']}"):
        assert question["reference"] in colleague.send("GET", f"/agent/screens/{screen}").text, screen
    with parts.browser("agent") as expert:
        expert.log_in("agent", EXPERT)
        listed = expert.get("/agent/screens/worklists/unassigned")["questions"]["items"]
        assert question["id"] in [one["id"] for one in listed]
        answered(expert, question)
    with parts.browser("widget") as citizen:
        assert citizen.log_in("widget", LOTTE)["customerId"] == question["customerId"]
        mine = citizen.get("/widget/own/questions")["items"]
        assert (question["reference"], True) in [(one["reference"], one["answered"]) for one in mine]
        read = citizen.get(f"/widget/own/questions/{question['id']}")
        assert ANSWER in [one.get("text") for one in read["messages"]]
    told = of_source(parts).json()["questions"]
    assert question["reference"] in [one["reference"] for one in told]
    assert of_source(parts, "slecht").status_code == 401


def test_somebody_asks_on_the_website_without_a_login(parts: Split) -> None:
    with parts.browser("widget") as browser:
        assert "proof" in str(browser.post("/widget/forms", FORM, expect=400)["issues"])
        told = browser.post("/widget/forms", {**FORM, "proof": browser.proof()}, expect=202)
        status = eventually(
            lambda: (found := browser.post("/widget/status", told))["state"] != "unknown" and found,
            lambda: "the form did not become a question",
        )
        assert status["label"] == "ontvangen"
        browser.post("/widget/status", {**told, "statusSecret": "x" * 43}, expect=404)


def test_a_citizen_who_logs_in_asks_and_finds_the_question_back(colleague: Browser, parts: Split) -> None:
    registered(colleague, "Zo kent de stad Lotte")
    with parts.browser("widget") as citizen:
        assert citizen.send("GET", "/widget/own/questions").status_code == 401
        citizen.log_in("widget", LOTTE)
        form = {"subject": "Trouwboekje", "text": "Kan ik het afhalen?", "email": "lotte.willems@voorbeeld.be"}
        told = citizen.post("/widget/forms", form, expect=202)
        eventually(
            lambda: told["reference"] in [one["reference"] for one in citizen.get("/widget/own/questions")["items"]],
            lambda: "the question is not among the own ones",
        )


def test_who_logs_out_is_out_here_and_at_the_provider(colleague: Browser, parts: Split) -> None:
    site, cookie = parts.channels["agent"], held(colleague, parts, "agent")
    assert site.asked("/agent/session", Cookie=cookie).status_code == 200
    address = colleague.post("/agent/logout", {})["address"]
    assert colleague.send("GET", "/agent/session").status_code == 401
    assert site.asked("/agent/session", Cookie=cookie).status_code == 401, "a copied cookie opens nothing either"
    ended = log_off(colleague, colleague.follow(colleague.send("GET", address)))
    assert str(ended.url) == f"{site.url}/agent/login/ended"
    assert "Kies wie u bent" in colleague.follow(colleague.send("GET", "/agent/login")).text


def test_who_logs_out_at_the_provider_is_out_here(colleague: Browser, parts: Split) -> None:
    with parts.browser("agent") as other:
        other.log_in("agent", EXPERT)
        log_off(other, other.send("GET", f"{parts.provider.issuer}/session/end"))
        assert other.send("GET", "/agent/session").status_code == 401
    assert colleague.get("/agent/session")["name"] == "An Verhaeghe"


def away(answer: httpx.Response) -> None:
    """The channel says that the core is not there."""
    assert answer.status_code == 502, answer.text
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    assert answer.json()["status"] == 502


def test_while_the_core_is_dead_sessions_stay_and_then_all_works_again(colleague: Browser, parts: Split) -> None:
    question = registered(colleague, "Voor de storing")
    body, key = contact(colleague, "Tijdens de storing"), uuid4().hex
    before = {name: one.processes() for name, one in parts.channels.items()}
    with parts.browser("widget") as citizen, parts.browser("agent") as other:
        citizen.log_in("widget", LOTTE)
        parts.core.kill()
        for path in ("start", "contact", f"customers/{question['customerId']}", "worklists/mine"):
            away(colleague.send("GET", f"/agent/screens/{path}"))
        away(wrap_up(colleague, body, key))
        away(citizen.send("GET", "/widget/own/questions"))
        away(of_source(parts))
        with pytest.raises(Deviation, match=r"(?s)503 .*Aanmelden is niet gelukt"):
            other.log_in("agent", EXPERT)
        assert colleague.get("/agent/session")["name"] == "An Verhaeghe"
        assert citizen.get("/widget/session")["customerId"] == question["customerId"]
        parts.core.start()
        parts.core.wait()
        done, again = (wrap_up(colleague, body, key) for _ in range(2))
        assert (done.status_code, again.headers["idempotency-replayed"]) == (201, "true"), done.text
        registered_now = done.json()["contact"]["questions"][0]["reference"]
        mine = [one["reference"] for one in citizen.get("/widget/own/questions")["items"]]
        assert (mine.count(question["reference"]), mine.count(registered_now)) == (1, 1)
        assert of_source(parts).status_code == 200
        other.follow(other.send("GET", "/agent/login"))  # the provider knows the browser
        assert other.get("/agent/session")["name"] == "Lotte Claerhout"
    assert before == {name: one.processes() for name, one in parts.channels.items()}


def sessions(url: str) -> set[bytes]:
    """Keys of the sessions of colleagues in a Redis."""
    with Redis.from_url(url) as client:
        return set(client.scan_iter("onthaal:agent:session:*"))


def test_colleagues_stay_in_when_their_channel_is_killed(colleague: Browser, parts: Split) -> None:
    """Sessions are in the Redis of the channel: of nothing else of ours does it need to remember anything."""
    parts.channels["agent"].kill()
    parts.channels["agent"].start()
    parts.channels["agent"].wait()
    assert colleague.get("/agent/session")["name"] == "An Verhaeghe"
    assert colleague.get("/agent/screens/start")["me"]["name"] == "An Verhaeghe"
    kept, elsewhere = sessions(parts.sessions_url), sessions(parts.settings.redis_url)
    assert kept
    assert not kept & elsewhere


def _busy(channel: Channel, parts: Split) -> None:
    """Something that the channel asks the core, just now."""
    if channel == "agent":
        with parts.browser("agent") as browser:
            browser.log_in("agent", AGENT)
    elif channel == "widget":
        assert parts.channels[channel].asked("/widget/products?q=reispas").status_code == 200
    else:
        assert of_source(parts).status_code == 200


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_knows_nothing_of_the_servers_of_the_core(channel: Channel, parts: Split) -> None:
    program, core = parts.channels[channel], parts.settings
    for process in program.processes():
        known = process.environ()
        assert not [name for name in SECRETS if name in known]
        assert not [told for told in (core.database_url, core.redis_url, core.data) if told in str(known)]
        assert (parts.sessions_url in str(known)) == (channel == "agent")
    assert (drivers(program), drivers(parts.core)) == (False, True)
    assert {path.name for path in parts.folders[channel].rglob("channel-*")} == {f"channel-{channel}"}, "its own key"
    _busy(channel, parts)
    called, asked = program.calls(), httpx.URL(parts.introspection.server.url).port
    assert parts.core.port in called
    assert called <= {parts.core.port, parts.provider.port, asked}
    for other in CHANNELS:
        assert program.asked(f"/{other}/health/live").status_code == (200 if other == channel else 404)


def drivers(program: Program) -> bool:
    """Whether the driver of PostgreSQL is loaded in any process of it."""
    return any("asyncpg" in one.path for process in program.processes() for one in process.memory_maps())
