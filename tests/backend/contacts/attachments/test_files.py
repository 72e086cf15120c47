"""What a file really is, and what it is called."""

import re
import unicodedata
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.contacts.attachments.rules import (
    ALLOWED,
    clean_name,
    detect,
    disposition,
    given_name,
    misnamed,
)
from tests.backend.contacts.attachments.files import EXE, FILES, PDF, REFUSED


@pytest.mark.parametrize("name", FILES)
def test_the_type_follows_from_the_content(name: str) -> None:
    content, kind = FILES[name]
    assert detect(content, name) == kind
    assert kind in ALLOWED
    assert not misnamed(name, kind)
    assert given_name(name, kind) == name


def test_every_kind_that_is_allowed_was_looked_at() -> None:
    looked = {kind for _, kind in FILES.values()}
    assert set(ALLOWED) - looked == {
        f"application/vnd.oasis.opendocument.{one}" for one in ("spreadsheet", "presentation")
    }


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("claimed", ["", "brief.pdf", "lijst.csv", "nota.txt"])
def test_no_name_makes_anything_else_of_it(name: str, claimed: str) -> None:
    content, kind = REFUSED[name]
    assert detect(content, claimed or name) == kind
    assert kind not in ALLOWED


@pytest.mark.parametrize(
    "text", ["Date: maandag", "To: do\nbrood", "Subject\nx", "From: An\n\nDag", "BM", "MZ", "ID3", "PK"]
)
def test_a_text_that_looks_like_something_else_is_a_text(text: str) -> None:
    assert detect(text.encode(), "nota.txt") == "text/plain"


@given(st.binary(max_size=300), st.text(max_size=20))
def test_whatever_it_is_there_is_a_type(content: bytes, name: str) -> None:
    for begin in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF"):
        assert re.fullmatch(r"[a-z]+/[A-Za-z0-9.+-]+", detect(begin + content, name))


def test_a_lying_name_is_told_and_set_right() -> None:
    assert misnamed("foto.jpg", detect(PDF, "foto.jpg"))
    assert given_name("foto.jpg", "application/pdf") == "foto.jpg.pdf"
    assert given_name("script.html", "text/plain") == "script.html.txt"
    assert given_name("README", "text/plain") == "README.txt"
    assert detect(EXE, "factuur.pdf") not in ALLOWED


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plan.pdf", "plan.pdf"),
        ("C:\\Documenten\\An\\plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("/etc/", "bijlage"),
        ("..", "bijlage"),
        ("", "bijlage"),
        (".htaccess", "htaccess"),
        ("a\x00b\r\nc.pdf", "ab c.pdf"),
        ("fdp\u202excod.exe", "fdpxcod.exe"),
        ('x"; filename="y.exe', "x_; filename=_y.exe"),
        ("plan\u00a0 van   An.pdf", "plan van An.pdf"),
        ("Cafe\u0301.txt", "Caf\u00e9.txt"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
        ("a." + "b" * 300, "a." + "b" * 118),
        ("CON?.txt", "CON_.txt"),
        ("half\ud800.txt", "half_.txt"),
    ],
)  # fmt: skip
def test_a_name_is_made_safe(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


@given(st.text(max_size=400))
def test_whatever_is_typed_the_name_is_safe(raw: str) -> None:
    name = clean_name(raw)
    assert 0 < len(name) <= 120
    assert not set(name) & set('/\\<>:"|?*')
    assert name.isprintable()
    assert name == name.strip(" .")
    assert clean_name(name) == name
    assert name == unicodedata.normalize("NFC", name)


@given(st.text(max_size=200))
def test_a_download_is_called_as_it_should(raw: str) -> None:
    name = clean_name(raw)
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    read = EmailMessage()
    read["Content-Disposition"] = header.replace(header[header.index("filename=") : header.index("filename*=")], "")
    assert read.get_content_disposition() == "attachment"
    assert read.get_filename() == name
