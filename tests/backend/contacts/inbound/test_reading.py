"""Reading mails of every kind: what is in them, and that no bytes ever make it raise or vanish."""

from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.contacts.inbound.rules import Bounce, Mail, message_id, own_words, read
from backend.kit.reference import new_reference
from backend.kit.text import clean_text
from tests.backend.contacts.inbound import mails
from tests.backend.contacts.inbound.mails import DOMAIN, OUR_ID, OURS, REAL, mail


def got(raw: bytes, envelope_sender: str | None = None) -> Mail:
    return read(raw, domain=DOMAIN, envelope_sender=envelope_sender)


def test_outlook() -> None:
    found = got(mails.OUTLOOK)
    assert (found.sender, found.sender_name) == ("jef.peeters@bedrijf.example", "Peeters, Jef")
    assert found.subject == "RE: Uw vraag over de reispas [4F7-K2M-9XF]"
    assert found.ours == (UUID(OURS),)
    assert found.answers[0] == OUR_ID
    assert found.sent_at is not None
    assert found.sent_at.isoformat() == "2026-11-23T09:12:00+00:00"
    assert "geïnteresseerd" in found.text
    assert own_words(found.text) == (
        "Goedemorgen,\n\nMijn zoon is geïnteresseerd. Is zaterdag mogelijk?\n\nGroeten\nJef"
    )
    assert [(one.name, one.content) for one in found.pieces] == [("attest geïnd.pdf", b"%PDF-1.4\n")]
    assert found.signs == frozenset()


def test_gmail() -> None:
    found = got(mails.GMAIL)
    assert (found.sender_name, found.ours) == ("Renée D'hondt", (UUID(OURS),))
    assert own_words(found.text) == "Dinsdag is goed voor mij, dank je wel 👍"
    assert "Wanneer kan je komen" in found.text


def test_apple_mail_with_a_picture_between_two_texts() -> None:
    found = got(mails.APPLE)
    assert own_words(found.text) == "Hier is de put:\n\nen hier van dichtbij."
    assert [(one.name, one.media_type) for one in found.pieces] == [("IMG_1.jpeg", "image/jpeg")]


def test_out_of_office() -> None:
    found = got(mails.OUT_OF_OFFICE)
    assert "automatic" in found.signs
    assert (found.bounce, found.ours) == (None, (UUID(OURS),))


@pytest.mark.parametrize(
    ("raw", "bounce"),
    [
        (mails.POSTFIX_DSN, Bounce(kind="failed", status="5.1.1")),
        (mails.DELAYED_DSN, Bounce(kind="delayed", status="4.4.1")),
        (mails.EXCHANGE_DSN, Bounce(kind="failed", status="5.2.2")),
        (mails.QMAIL_BOUNCE, Bounce(kind="failed", status="5.1.1")),
    ],
)
def test_what_mail_servers_report(raw: bytes, bounce: Bounce) -> None:
    found = got(raw)
    assert found.bounce == bounce
    assert found.ours == (UUID(OURS),)
    assert "automatic" in found.signs


def test_a_customer_who_writes_about_undelivered_mail_is_no_server() -> None:
    raw = mail(f"From: jef@voorbeeld.be\nSubject: Mail delivery failed\nIn-Reply-To: {OUR_ID}", "Ik kreeg dit.")
    assert got(raw).bounce is None
    assert got(mail("From: postmaster@voorbeeld.be\nSubject: Onbestelbaar pakje", "Waar is mijn pakje?")).bounce is None


def test_bytes_that_are_not_what_they_claim() -> None:
    assert got(mails.MOJIBAKE).text == "Het café is geïnteresseerd in een terras."
    found = got(mails.EIGHT_BITS)
    assert (found.subject, found.sender) == ("Geluidsoverlast in het café", "rene@voorbeeld.be")
    strange = mail("From: a@voorbeeld.be\nContent-Type: text/plain; charset=unicode-klingon", "Ça va?")
    assert got(strange).text == "Ça va?"
    windows = mail("From: a@voorbeeld.be\nContent-Type: text/plain; charset=utf-8", "Prijs: € 5 “nu”".encode("cp1252"))
    assert got(windows).text == "Prijs: € 5 “nu”"


def test_other_programs() -> None:
    assert [one.name for one in got(mails.WINMAIL).pieces] == ["winmail.dat"]
    assert got(mails.FORWARDED).text == "Dit kreeg ik."
    assert [one.media_type for one in got(mails.FORWARDED).pieces] == ["message/rfc822"]
    assert b"nog dieper" in got(mails.FORWARDED).pieces[0].content
    assert "morgen" in got(mails.HTML_ONLY).text
    assert "alert" not in got(mails.HTML_ONLY).text
    assert "encrypted" in got(mails.ENCRYPTED).signs


def test_what_is_missing_is_missing() -> None:
    assert got(mails.EMPTY_BODY).subject == "Bel mij"
    assert not got(mails.EMPTY_BODY).unreadable
    assert (got(mails.NO_FROM).sender, got(mails.NO_FROM).text) == (None, "Wie ben ik?")
    assert got(b"").unreadable
    assert got(b"\r\n\r\n").unreadable


def test_signs() -> None:
    assert got(mails.SPAM).signs == {"spam"}
    assert got(mails.ROUND).signs == {"loop"}
    assert got(mail("From: a@b.be\nPrecedence: bulk", "x")).signs == {"automatic"}
    assert got(mail("From: a@b.be\nList-Id: <x.y>", "x")).signs == {"list"}
    assert got(mail("From: a@b.be\nAuto-Submitted: no", "x")).signs == frozenset()
    assert got(mail("From: a@b.be", "x"), envelope_sender="").signs == {"automatic"}
    own = read(mail("From: a@b.be\nX-Filter: Junk 9", "x"), domain=DOMAIN, spam=["x-filter: junk"])
    assert own.signs == {"spam"}


def test_parts_nested_without_end_go_to_people() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(1_500)
    )
    found = got(b"From: a@voorbeeld.be\r\nSubject: diep\r\n" + deep + b"\r\nx")
    assert found.unreadable
    assert (found.sender, found.subject) == ("a@voorbeeld.be", "diep")


def test_references_in_a_subject() -> None:
    def of(subject: str) -> tuple[str, ...]:
        return got(mail(f"From: a@b.be\nSubject: {subject}", "x")).references

    ours, other = new_reference(), new_reference()
    assert of(f"Re: Antwoord [{ours}]") == (ours,)
    assert of(f"over {ours.replace('-', '').lower()} en {other}!") == (ours, other)
    wrong = ours[:-1] + ("0" if ours[-1] != "0" else "1")
    assert of(f"Re: Antwoord [{wrong}]") == ()
    assert of("twee woorden zonder nummer") == ()


@pytest.mark.parametrize("name", sorted(REAL))
def test_whatever_is_read_can_be_stored(name: str) -> None:
    found = got(REAL[name])
    for text in (found.subject, found.sender_name, found.text, own_words(found.text), *(p.name for p in found.pieces)):
        assert clean_text(text) == text
    assert not found.unreadable


HEADERS = st.sampled_from(
    [
        b"From: ", b"Subject: ", b"Content-Type: ", b"Content-Type: multipart/mixed; boundary=", b"Date: ",
        b"Message-ID: ", b"In-Reply-To: ", b"Content-Transfer-Encoding: base64",
        b"Content-Disposition: attachment; filename*=",
        b"\r\n", b"\r\n\r\n", b"--b\r\n", b"=?utf-8?q?=ff=?=", b"<", b">", b"@", b"(", b'"', b";", b"message/rfc822",
        b"message/delivery-status", b"text/html; charset=utf-16", b"\xff\xfe", b"\x00", b"Status: 5.",
    ]
)  # fmt: skip


@given(st.binary(max_size=400) | st.lists(HEADERS | st.binary(max_size=20), max_size=25).map(b"".join))
@example(b"From: =?utf-8?b?=ff?=\n\n")
@example(b"Content-Type: multipart/mixed; boundary*=utf-8''%ff\n\n--\n")
@example(b'From: "\\\n\nx')
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_it_raise_or_vanish(raw: bytes) -> None:
    found = got(raw)
    assert found.unreadable or found.sender or found.subject or found.text or found.pieces
    for text in (found.subject, found.sender_name, found.text, own_words(found.text)):
        assert clean_text(text) == text
        text.encode()
    message_id(raw)


@given(st.sampled_from(sorted(REAL)), st.integers(min_value=0), st.binary(max_size=3))
@settings(max_examples=150, deadline=None)
def test_no_damaged_mail_makes_it_raise(name: str, place: int, damage: bytes) -> None:
    raw = REAL[name][:20_000]
    place %= len(raw)
    got(raw[:place] + damage + raw[place + len(damage) :])


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_cutting_quotes_never_leaves_nothing(text: str) -> None:
    kept = own_words(text)
    assert kept or not text.strip()
    assert own_words(kept) or not kept
