from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope

from backend.kit.embedded.mailsink import Keeper
from tests.backend.commands.program import onthaal


def keep(maildir: Path, to: str, subject: str, *, attach: bool = False) -> None:
    """What the mail server does with a message."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "onthaal@stad.example", to, subject
    message["Message-ID"] = f"<{subject.lower()}@stad.example>"
    message.set_content(f"Beste,\n\n{subject} is klaar. Tot één dezer.\n")
    if attach:
        message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="fiche.pdf")
    envelope = Envelope()
    envelope.mail_from, envelope.rcpt_tos, envelope.original_content = "onthaal@stad.example", [to], bytes(message)
    Keeper(maildir)._keep(envelope)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    keep(tmp_path / "mail", "ann@example.org", "Reispas")
    keep(tmp_path / "mail", "bert@example.org", "Rijbewijs", attach=True)
    keep(tmp_path / "mail", "ann@example.org", "Attest")
    return tmp_path


def test_lists_what_was_kept(data: Path) -> None:
    got = onthaal("mail", "--data", str(data))
    assert got.code == 0
    assert [line.split()[-1] for line in got.out.splitlines()[1:]] == ["Reispas", "Rijbewijs", "Attest"]


def test_lists_one_address(data: Path) -> None:
    got = onthaal("mail", "list", "--to", "ANN@example.org", "--data", str(data))
    assert [line.split()[-1] for line in got.out.splitlines()[1:]] == ["Reispas", "Attest"]


def test_shows_a_mail_by_the_beginning_of_its_id(data: Path) -> None:
    listed = onthaal("mail", "list", "--to", "bert@example.org", "--data", str(data))
    got = onthaal("mail", "show", listed.out.splitlines()[1].split()[0], "--data", str(data))
    assert "To: bert@example.org\nSubject: Rijbewijs\n" in got.out
    assert "Rijbewijs is klaar. Tot één dezer." in got.out
    assert "[attachment: fiche.pdf, application/pdf]" in got.out


def test_shows_the_last_mail_to_somebody(data: Path) -> None:
    assert "Attest is klaar" in onthaal("mail", "show", "--to", "ann@example.org", "--data", str(data)).out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show", "ffffffffff"], "no mail ffffffffff is kept here"),
        (["show", "--to", "carl@example.org"], "no mail is kept here"),
        (["show"], "which mail? give its id or --to ADDRESS (`onthaal mail list` names them)"),
    ],
)
def test_what_cannot_be_shown_is_one_line(data: Path, arguments: list[str], line: str) -> None:
    got = onthaal("mail", *arguments, "--data", str(data))
    assert (got.code, got.err) == (2, f"onthaal: {line}\n")


def test_without_a_mail_server_there_are_none(tmp_path: Path) -> None:
    assert onthaal("mail", "--data", str(tmp_path)).out.split() == ["id", "kept", "at", "(UTC)", "to", "subject"]
