import smtplib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from backend.kit.embedded.mailsink import MailSink, list_mails, read_mail
from backend.kit.embedded.places import free_port

Until = Callable[[Callable[[], bool]], None]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path, until: Until) -> Iterator[Start]:
    """Start a sink on a free port and wait until it listens."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*options: str) -> subprocess.Popen[bytes]:
        port_file = tmp_path / "port"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "backend.kit.embedded.mailsink", "--maildir", str(tmp_path / "mail")]
        started.append(subprocess.Popen([*command, "--port-file", str(port_file), *options]))
        until(port_file.exists)
        return started[-1]

    yield run
    for process in started:
        process.terminate()
        assert process.wait(10) in {0, -9}


def client(tmp_path: Path) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", int((tmp_path / "port").read_text()), timeout=10)


def message(message_id: str | None, subject: str = "Uw vraag over de paspoortaanvraag – één") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Stad <onthaal@stad.example>"
    mail["To"] = "An <an@burger.example>"
    mail["Subject"] = subject
    if message_id:
        mail["Message-ID"] = message_id
    mail.set_content("Beste An,\n.punt aan het begin\n")
    return mail


def test_what_was_acknowledged_is_kept_once_even_when_killed(start: Start, tmp_path: Path) -> None:
    sink = start()
    with client(tmp_path) as smtp:
        smtp.send_message(message("<1@onthaal>"))
        sink.kill()
    sink.wait()
    start()
    with client(tmp_path) as smtp:
        smtp.send_message(message("<1@onthaal>"), to_addrs=["an@burger.example"])
        smtp.send_message(message("<2@onthaal>"), to_addrs=["an@burger.example", "bcc@stad.example"])
    first, second = list_mails(tmp_path / "mail")
    assert (first.message_id, second.message_id) == ("<1@onthaal>", "<2@onthaal>")
    assert (first.sender, first.subject) == ("onthaal@stad.example", "Uw vraag over de paspoortaanvraag – één")
    assert second.to == ["an@burger.example", "bcc@stad.example"]
    kept = read_mail(tmp_path / "mail", first.id)
    assert kept["X-Envelope-From"] == "onthaal@stad.example"
    assert kept.get_content() == "Beste An,\r\n.punt aan het begin\r\n"
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


def test_a_message_moved_by_a_mail_program_stays_known(start: Start, tmp_path: Path) -> None:
    start()
    with client(tmp_path) as smtp:
        smtp.send_message(message("<1@onthaal>"))
        [mail] = list_mails(tmp_path / "mail")
        (tmp_path / "mail" / "new" / mail.id).rename(tmp_path / "mail" / "cur" / f"{mail.id}:2,S")
        smtp.send_message(message("<1@onthaal>"))
    assert list_mails(tmp_path / "mail") == [mail]


def test_messages_without_id_are_all_kept(start: Start, tmp_path: Path) -> None:
    start()
    with client(tmp_path) as smtp:
        smtp.send_message(message(None))
        smtp.send_message(message(None))
    assert [mail.message_id for mail in list_mails(tmp_path / "mail")] == [None, None]


def test_refuses_the_first_messages_when_told_so(start: Start, tmp_path: Path) -> None:
    start("--fail-first", "2")
    with client(tmp_path) as smtp:
        for _ in range(2):
            with pytest.raises(smtplib.SMTPDataError) as refused:
                smtp.send_message(message("<1@onthaal>"))
            assert refused.value.smtp_code == 451
        assert list_mails(tmp_path / "mail") == []
        smtp.send_message(message("<1@onthaal>"))
    assert len(list_mails(tmp_path / "mail")) == 1


def test_a_full_disk_is_a_temporary_failure(start: Start, tmp_path: Path) -> None:
    start()
    (tmp_path / "mail" / "tmp").rmdir()
    with client(tmp_path) as smtp, pytest.raises(smtplib.SMTPDataError) as refused:
        smtp.send_message(message("<1@onthaal>"))
    assert refused.value.smtp_code == 451


def test_too_large_is_refused(start: Start, tmp_path: Path) -> None:
    start()
    with client(tmp_path) as smtp:
        smtp.ehlo()
        assert smtp.docmd("MAIL FROM:<a@b.example> SIZE=25000001")[0] == 552


def test_reading_what_is_not_there(tmp_path: Path) -> None:
    assert list_mails(tmp_path / "mail") == []
    for mail_id in ("0" * 32, "../../etc/passwd", ""):
        with pytest.raises(LookupError):
            read_mail(tmp_path / "mail", mail_id)


def test_as_a_part(tmp_path: Path, until: Until) -> None:
    sink = MailSink(tmp_path / "mail", free_port("127.0.0.1"))
    part = sink.part()
    assert not sink.ready()
    with subprocess.Popen(part.command, **part.popen_options) as process:
        until(sink.ready)
        assert sink.url() == f"smtp://127.0.0.1:{sink.port}"
        with socket.create_connection(("127.0.0.1", sink.port), timeout=5) as connection:
            assert connection.recv(100).endswith(b"Onthaal mail sink\r\n")
        process.terminate()
        assert process.wait(10) == 0
