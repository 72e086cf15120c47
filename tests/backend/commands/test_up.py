import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from backend.kit.embedded.places import Runtime
from tests.backend.commands.program import Running, answers, free_port, onthaal, started


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A short path that every user may pass through: sockets are in it."""
    made = Path(tempfile.mkdtemp(prefix="onthaal-up-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def city(folder: Path) -> Iterator[Running]:
    """The demo city, started once for the tests that only look at it."""
    with started(["up", "--port", str(free_port()), "--data", str(folder / "city")], folder / "city.txt") as running:
        running.wait_for((folder / "city" / "runtime.json").exists, "ready")
        running.wait_for(lambda: "Ctrl-C stops everything" in running.text(), "what to do next")
        yield running


def runtime(data: Path) -> Runtime:
    return msgspec.json.decode((data / "runtime.json").read_bytes(), type=Runtime)


def test_it_starts_and_says_where_everything_is(city: Running, folder: Path) -> None:
    text, url = city.text(), runtime(folder / "city").url
    assert re.search(r"ready \([\d.]+ s\)", text)
    for address in (f"{url}\n", f"{url}/doc", f"{url}/health/ready", f"{url}/metrics"):
        assert address in text
    assert re.search(r"lotte\.burgerzaken +Lotte Claerhout +expert +Burgerzaken", text)
    assert f"onthaal token an.agent --data {folder / 'city'}" in text.replace("cli.py", "onthaal")
    assert "\x1b" not in text, "plain text when nobody looks"
    assert httpx.get(f"{url}/health/ready").json()["status"] == "UP"
    assert httpx.get(f"{url}/doc").status_code == 200


def test_a_token_opens_the_api(city: Running, folder: Path) -> None:
    assert city.process.poll() is None
    got = onthaal("token", "lotte.burgerzaken", "--data", str(folder / "city"))
    assert got.code == 0
    assert re.fullmatch(r"[\w.-]+\n", got.out), "one line, nothing else"
    me = httpx.get(f"{runtime(folder / 'city').url}/me", headers={"Authorization": f"Bearer {got.out.strip()}"})
    assert me.json()["name"] == "Lotte Claerhout"
    nobody = onthaal("token", "lotte", "--data", str(folder / "city"))
    assert (nobody.code, nobody.out) == (2, "")
    assert nobody.err.startswith("onthaal: no user 'lotte'; there are: adem.beheer, an.agent")


def test_mijn_burgerprofiel_pulls_from_the_city(city: Running, folder: Path) -> None:
    assert city.process.poll() is None
    url = msgspec.json.decode((folder / "city" / "burgerprofiel" / "burgerprofiel.json").read_bytes())["dosisUrl"]
    assert f"Burgerprofiel  {url}/" in city.text()
    with httpx.Client(base_url=url) as browser:
        page = browser.post("/", data={"burger": "85073003328"}).text
        assert "Dit haalde Mijn Burgerprofiel net op bij de stad." in page, page
        assert "Je hebt geen vragen." in page
        chosen = re.findall(r'name="formulier" value="([^"]+)"', page)
        assert f"Formulieren van de stad ({len(chosen)})" in page
        assert len(chosen) > 10, "more than a page of the list"
        opened = browser.post("/", data={"burger": "85073003328", "formulier": chosen[0]})
        assert opened.status_code == 303
        assert "Je bent ingelogd als Lotte Willems" in browser.get(opened.headers["location"]).text
        assert "Je bent niet ingelogd" in browser.get(opened.headers["location"]).text, "a token is good once"


def test_figures_of_api_and_worker_are_in_one_place(city: Running, folder: Path) -> None:
    assert city.process.poll() is None
    text = httpx.get(str(runtime(folder / "city").metrics_url)).text
    assert "onthaal_request_seconds_count" in text
    assert "onthaal_effects_total" in text


def test_a_second_instance_is_one_line(city: Running, folder: Path) -> None:
    got = onthaal("up", "--port", str(free_port()), "--data", str(folder / "city"))
    assert got.code == 2
    where, pid = folder / "city", city.process.pid
    assert got.err == f"onthaal: {where} is already in use by another running Onthaal (pid {pid})\n"
    assert answers(f"{runtime(folder / 'city').url}/health/live"), "the first one goes on"


def test_a_port_in_use_is_one_line(city: Running, folder: Path) -> None:
    assert city.process.poll() is None
    port = runtime(folder / "city").url.rsplit(":", 1)[1]
    got = onthaal("up", "--port", port, "--data", str(folder / "other"))
    assert got.code == 2
    assert got.err == f"onthaal: port {port} on 127.0.0.1 is already in use; choose another one with --port\n"
    assert not (folder / "other" / "postgres").exists(), "nothing is started in vain"


def test_seeding_again_adds_nothing(city: Running, folder: Path) -> None:
    assert city.process.poll() is None
    got = onthaal("seed", "--demo", "--data", str(folder / "city"))
    assert got.code == 0, got.err
    assert "demo city: 0 departments, 0 users, 0 clients added\n" in got.out
    assert re.search(r"demo catalogue: 0 created, 0 changed, \d+ unchanged, 0 withdrawn, 0 refused\n", got.out)


def test_catalogue_tells_what_an_import_did(city: Running, folder: Path) -> None:
    assert city.process.poll() is None
    data = ["--data", str(folder / "city")]
    got = onthaal("catalogue", "import", str(folder / "nothing.json"), "--name", "empty", *data)
    assert got.code == 1
    assert got.err == f"onthaal: no page of an LDES at {folder / 'nothing.json'}\n"
    listed = onthaal("catalogue", "status", *data)
    assert listed.code == 0, listed.err
    newest = listed.out.splitlines()[1].split()
    assert newest[2:10] == ["empty", "full", "0", "0", "0", "0", "0", "0"]
    assert "demo " in listed.out


def test_looking_at_the_audit_log_is_logged(city: Running, folder: Path) -> None:
    assert city.process.poll() is None
    arguments = ("audit", "list", "--action", "cli.audit.list", "--limit", "5", "--data", str(folder / "city"))
    before, after = onthaal(*arguments), onthaal(*arguments)
    assert (before.code, after.code) == (0, 0), before.err
    assert len(after.out.splitlines()) == len(before.out.splitlines()) + 1


def test_more_than_one_page_of_the_audit_log(city: Running, folder: Path) -> None:
    assert city.process.poll() is None
    data = ("--data", str(folder / "city"))
    token = onthaal("token", "an.agent", *data).out.strip()
    with httpx.Client(base_url=runtime(folder / "city").url, headers={"Authorization": f"Bearer {token}"}) as agent:
        assert {agent.get("/audit/entries").status_code for _ in range(105)} == {403}
    got = onthaal("audit", "list", "--action", "listAuditEntries", "--limit", "104", *data)
    rows = got.out.splitlines()[1:]
    assert len(set(rows)) == 104, "each refusal once, with its own trace"
    assert all("denied" in row for row in rows)


def test_the_doctor_finds_everything(city: Running, folder: Path) -> None:
    assert city.process.poll() is None
    got = onthaal("doctor", "--json", "--data", str(folder / "city"))
    assert got.code == 0, got.out
    found = msgspec.json.decode(got.out)
    assert found["ok"] is True
    checks = {check["name"]: check for check in found["checks"]}
    assert all(check["ok"] for check in checks.values()), checks
    assert checks["PostgreSQL"]["detail"].startswith("PostgreSQL 18")
    assert "acts as onthaal_app" in checks["PostgreSQL"]["detail"]
    assert checks["Redis"]["detail"].startswith("Redis 6")
    assert '"status":"UP"' in checks["API"]["detail"]
    assert checks["mail server"]["detail"].startswith("220 ")
    assert {one["variable"]: one["origin"] for one in found["settings"]}["DATABASE_URL"] == "up"


def test_a_folder_that_cannot_be_written_is_one_line() -> None:
    got = onthaal("up", "--port", str(free_port()), "--data", "/dev/null/onthaal")
    assert got.code == 2
    assert got.err == "onthaal: cannot write in the data folder /dev/null/onthaal: Not a directory\n"


def test_production_mode_is_one_line(tmp_path: Path) -> None:
    got = onthaal("up", "--data", str(tmp_path), ONTHAAL_MODE="production")
    assert got.code == 2
    assert got.err.startswith("onthaal: production mode does not start embedded servers: run `onthaal migrate`")
    assert got.err.count("\n") == 1


@contextmanager
def ready(arguments: list[str], output: Path) -> Iterator[Running]:
    with started(arguments, output) as running:
        running.wait_for(lambda: "Ctrl-C stops everything" in running.text(), "ready")
        yield running


def test_it_survives_kill_9_and_keeps_what_is_committed(city: Running, folder: Path) -> None:
    """The last one here, as it ends the city of the others."""
    data = folder / "city"
    port = runtime(data).url.rsplit(":", 1)[1]
    arguments = ["up", "--port", port, "--data", str(data)]
    login = ("--administrator", "ann", "--issuer", "urn:onthaal:development", "--subject", "ann")
    added = onthaal("seed", *login, "--data", str(data))
    assert (added.out, added.code) == ("administrator ann: added\n", 0), added.err
    city.process.kill()
    city.process.wait(5)
    assert len(city.left()) > 5, "its parts go on: also the API, on the very same port"
    with ready(arguments, folder / "second.txt") as second:
        assert city.left() == [], "ended by the next start"
        second.kill_everything()
    with ready(arguments, folder / "third.txt") as third:
        assert "first start" not in third.text()
        token = onthaal("token", "ann", "--data", str(data)).out.strip()
        me = httpx.get(f"{runtime(data).url}/me", headers={"Authorization": f"Bearer {token}"})
        assert me.json()["roles"] == ["administrator"]
        assert third.stop(signal.SIGINT) == 0, third.text()
        assert third.left() == []
    assert not (data / "runtime.json").exists()
