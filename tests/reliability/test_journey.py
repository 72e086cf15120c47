"""`scripts/journey` against a really started `onthaal up`: all is as promised, and it can tell when not."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest

from backend.kit.embedded.places import Places, free_port
from scripts.journeys.catalogue import REAL
from scripts.journeys.mailbox import judged
from scripts.journeys.report import Deviation
from tests.reliability.running import _guarded, _stop

pytestmark = pytest.mark.xdist_group("reliability")

ROOT = Path(__file__).parents[2]
START_SECONDS, JOURNEY_SECONDS = 50, 60
MAILS = 19
"""At least: of the customer 4, the association 4, the enterprise 1, who wrote a mail 4, who did not log in 4, a code,
broken glass; colleagues get theirs while the journey goes on."""
WAIT = {"ONTHAAL_MATCH_SECONDS_LEAST": "1", "ONTHAAL_MATCH_SECONDS_MOST": "2"}
"""A form is compared with the customers sooner than in a city."""


class Summary(msgspec.Struct, rename="camel"):
    """What `--json` prints."""

    ok: bool
    seconds: float
    steps: list[dict[str, object]]
    mails: int = 0
    real_catalogue: bool = False
    references: dict[str, str] = {}
    reason: str = ""


def _environment() -> dict[str, str]:
    """Nothing of the surroundings decides which servers are used."""
    servers = {"DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "SMTP_URL", "MEILISEARCH_URL"}
    return {
        name: value for name, value in os.environ.items() if not name.startswith("ONTHAAL_") and name not in servers
    }


def _journey(*options: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "scripts.journeys", "--json", *options],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        timeout=JOURNEY_SECONDS,
        check=False,
    )


@contextlib.contextmanager
def _up(folder: Path) -> Iterator[tuple[str, Path]]:
    """`onthaal up` with the demo city; gives its address and data folder."""
    data, port, output = folder / "data", free_port("127.0.0.1"), folder / "up.log"
    command = [sys.executable, "-P", "-m", "backend.cli", "up", "--port", str(port), "--data", str(data)]
    with output.open("wb") as log:
        up = subprocess.Popen(
            command, env=_environment() | WAIT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    with _guarded(up.pid):
        try:
            end = time.monotonic() + START_SECONDS
            while Places(data).read_runtime() is None:
                assert up.poll() is None, f"`onthaal up` stopped: {output.read_text()}"
                assert time.monotonic() < end, f"`onthaal up` is not ready: {output.read_text()}"
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}", data
        finally:
            _stop(up)


def test_the_whole_journey(tmp_path: Path) -> None:
    with _up(tmp_path) as (url, data):
        done = _journey("--url", url, "--data", str(data))
    told = done.stderr.decode()
    assert done.returncode == 0, told
    summary = msgspec.json.decode(done.stdout, type=Summary)
    assert summary.ok
    assert summary.mails >= MAILS
    assert summary.real_catalogue == REAL.exists()
    assert len(set(summary.references.values())) == len(summary.references) == 11
    assert all(step["ok"] for step in summary.steps)
    assert all(reference in told for reference in summary.references.values())


def test_nothing_runs(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    done = _journey("--url", url, "--data", str(tmp_path))
    assert done.returncode == 2
    summary = msgspec.json.decode(done.stdout, type=Summary)
    assert not summary.ok
    assert summary.reason == f"niets antwoordt op {url}; start eerst ./scripts/up"
    assert "Traceback" not in done.stderr.decode()


def _mail(*, subject: str = "Je vraag [4F7-K2M-9XF]", text: str = "", rich: str | None = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Date"] = "stad@stad.example", "an@burger.example", "Mon, 23 Nov 2026 10:00:00 +0000"
    mail["Subject"] = subject
    mail.set_content(f"Beste An,\n\n> Hoeveel\n> mensen? 4F7-K2M-9XF {text}")
    if rich is not None:
        body = f"<p>Beste An,</p><p>Hoeveel<br>mensen? <b>4F7-K2M-9XF</b> {rich}</p>"
        mail.add_alternative(f"<html><head><title>x</title></head><body>{body}</body></html>", subtype="html")
    return mail


def _judge(mail: EmailMessage, to: str = "an@burger.example") -> object:
    return judged(mail, to=to, name="An", reference="4F7-K2M-9XF", says=["Hoeveel mensen?"])


def test_a_good_letter() -> None:
    _judge(_mail())


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: _judge(_mail(subject="Je vraag")), "eindigt niet op de referentie"),
        (lambda: _judge(_mail(rich=None)), "het soort mail"),
        (lambda: _judge(_mail(text="{{ name }}")), "een rest van het sjabloon"),
        (lambda: _judge(_mail(rich="None")), "een rest van het sjabloon"),
        (lambda: _judge(_mail(), to="bart@burger.example"), "de ontvanger"),
        (lambda: judged(_mail(), to="an@burger.example", name="Bart", reference="4F7-K2M-9XF", says=()), "Beste Bart"),
    ],
)
def test_a_bad_letter(make: Callable[[], object], reason: str) -> None:
    with pytest.raises(Deviation, match=reason):
        make()
