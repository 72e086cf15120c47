from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from msgspec.structs import replace

from backend.kit.outbox import DeadLetter
from backend.notifications.rules import MailAttachment, OutgoingMail, compose
from tests.backend.notifications.conftest import MAIL

SENDER = Address("Stad Één", addr_spec="onthaal@stad.example")


def arrived(mail: OutgoingMail) -> EmailMessage:
    """The mail as a mail program reads it."""
    raw = compose(mail, SENDER).as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    return message_from_bytes(raw, _class=EmailMessage, policy=default)


def test_a_mail_carries_what_it_must() -> None:
    mail = arrived(MAIL)
    assert mail["From"] == "Stad Één <onthaal@stad.example>"
    assert mail["To"] == "an@burger.example"
    assert mail["Subject"] == "Je vraag: één reispas [4F7-K2M-9XF]"
    assert mail["Date"].datetime == MAIL.at
    assert mail["Message-ID"] == "<019a-7b@stad.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "nl"
    assert mail["Reply-To"] is None
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == MAIL.text
    assert html.get_content().rstrip() == MAIL.html


def test_the_answer_of_a_person_in_its_conversation() -> None:
    references = ("<1@stad.example>", "<2@burger.example>")
    mail = arrived(
        replace(
            MAIL,
            automatic=False,
            reply_to="Vraag@Stad.example",
            in_reply_to="<2@burger.example>",
            references=references,
        )
    )
    assert mail["Auto-Submitted"] == "no"
    assert mail["Reply-To"] == "vraag@stad.example"
    assert mail["In-Reply-To"] == "<2@burger.example>"
    assert mail["References"] == "<1@stad.example> <2@burger.example>"


INJECTION = "x\r\nBcc: boef@kwaad.example\r\n\r\n<html>"


def test_nothing_typed_becomes_a_header() -> None:
    mail = arrived(
        replace(MAIL, subject=INJECTION, text=INJECTION, html=INJECTION, in_reply_to=INJECTION, references=(INJECTION,))
    )
    assert mail["Subject"] == "x Bcc: boef@kwaad.example <html>"
    usual = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"}
    assert set(mail.keys()) == usual | {"Content-Language", "MIME-Version", "Content-Type"}
    assert len(list(mail.iter_parts())) == 2


@pytest.mark.parametrize(
    "address",
    ["", "an", "an@", "an@burger.example\r\nBcc: b@c.example", "an@burger.example, b@c.example", "a b@c.example",
     "An <an@burger.example>", "an@localhost", "é@burger.example"],
)  # fmt: skip
def test_anything_but_one_address_is_a_dead_letter_that_does_not_show_it(address: str) -> None:
    for mail in (replace(MAIL, to=address), replace(MAIL, reply_to=address or "x")):
        with pytest.raises(DeadLetter) as refused:
            compose(mail, SENDER)
        assert "example" not in str(refused.value)


def test_a_wrong_name_of_our_own_is_a_fault_of_the_code() -> None:
    for name in ("", "a b", "a>\r\n", "a@b", ".a"):
        with pytest.raises(ValueError, match="message id"):
            compose(replace(MAIL, message_id=name), SENDER)


def test_long_lines_and_long_subjects_arrive_whole() -> None:
    mail = arrived(replace(MAIL, text="woord " * 4000 + "\n", subject="ë" * 240))
    text, _ = mail.iter_parts()
    assert text.get_content().rstrip("\r\n") == "woord " * 4000
    assert mail["Subject"] == "ë" * 240


def test_files_go_along_around_the_letter() -> None:
    files = (
        MailAttachment(name="Een plan é.pdf", media_type="application/pdf", content=bytes(range(256)) * 100),
        MailAttachment(name="nota.txt", media_type="text/plain", content="één\nregel\r\n".encode()),
        MailAttachment(name="mail.eml", media_type="message/rfc822", content=b"From: x\n\n" + b"a" * 2000),
        MailAttachment(name="leeg.bin", media_type="application/octet-stream", content=b""),
    )
    mail = arrived(replace(MAIL, attachments=files))
    assert mail.get_content_type() == "multipart/mixed"
    letter, *rest = mail.iter_parts()
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == MAIL.text
    assert [part.get_payload(decode=True) for part in rest] == [file.content for file in files]
    assert [part.get_filename() for part in rest] == [file.name for file in files]
    assert {part.get_content_disposition() for part in rest} == {"attachment"}
    kinds = ["application/pdf", "text/plain", "application/octet-stream", "application/octet-stream"]
    assert [part.get_content_type() for part in rest] == kinds
    assert mail["Message-ID"] == "<019a-7b@stad.example>"


def test_no_name_of_a_file_becomes_a_header() -> None:
    for name in (INJECTION, 'x"; filename="y.exe', "é" * 500):
        file = MailAttachment(name=name, media_type="text/plain", content=b"x")
        mail = arrived(replace(MAIL, attachments=(file,)))
        assert mail["Bcc"] is None
        _, part = mail.iter_parts()
        assert set(part.keys()) == {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"}
    for media_type in ("", "text", "text/plain\r\nBcc: x", "Text/plain; name=x"):
        with pytest.raises(ValueError, match="media type"):
            compose(replace(MAIL, attachments=(MailAttachment(name="x", media_type=media_type, content=b""),)), SENDER)


def test_the_same_mail_has_the_same_headers() -> None:
    first, second = (compose(MAIL, SENDER) for _ in range(2))
    assert [*first.items()] == [*second.items()]
    assert first.policy == SMTP
