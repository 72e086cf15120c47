"""Taking a file in at the edge: this route only, in this form only, no more than agreed, and no 5xx whatever comes."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from backend.contacts.attachments.rules import LARGEST
from backend.kit.boundary import AROUND_FILE, MAX_BODY
from backend.kit.db import UnitOfWork
from tests.conftest import Client

pytestmark = pytest.mark.anyio

KIND = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
END = b"\r\n--x--\r\n"


def headers(kind: str = KIND) -> dict[str, str]:
    return {"Content-Type": kind, "Idempotency-Key": str(uuid4())}


def disposed(*parameters: str) -> bytes:
    return b"--x\r\nContent-Disposition: " + "; ".join(("form-data", *parameters)).encode() + b"\r\n\r\ntekst" + END


RUBBISH = {
    "nothing": b"",
    "no parts": b"--x--\r\n",
    "no multipart at all": b"{}",
    "another boundary": PART.replace(b"--x", b"--y") + END,
    "cut off in the file": PART + b"tekst",
    "cut off in the headers": PART[:40],
    "no disposition": b"--x\r\nContent-Type: text/plain\r\n\r\ntekst" + END,
    "another field": disposed('name="other"', 'filename="a.txt"'),
    "no file name": disposed('name="file"'),
    "an empty file name": disposed('name="file"', 'filename=""'),
    "two files": PART + b"tekst\r\n" + PART + b"tekst" + END,
    "a field beside the file": PART + b'tekst\r\n--x\r\nContent-Disposition: form-data; name="x"\r\n\r\ny' + END,
    "a name that is no UTF-8": PART.replace(b"a.txt", b"\xff\xfe") + b"tekst" + END,
    "a header without end": b"--x\r\nContent-Disposition: " + b"a" * 10_000,
    "many headers": b"--x\r\n" + b"A: b\r\n" * 100 + PART[5:] + b"tekst" + END,
    "a strange charset": PART.replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain; charset=bogus\r\n\r\n")[:-3] + END,
}


async def test_rubbish_is_a_400(agent: Client, question: str, uow: UnitOfWork) -> None:
    for name, body in RUBBISH.items():
        answer = await agent.post(f"{question}/attachments", content=body, headers=headers())
        assert answer.status_code == 400, (name, answer.text)
    assert await uow.fetchval("SELECT count(*) FROM attachment") == 0


async def test_strange_and_yet_right(agent: Client, question: str) -> None:
    bodies = {
        "a.txt": b"voor\r\n" + PART + b"tekst" + END + b"na",
        "b.txt": PART.replace(b"a.txt", b"b.txt").replace(
            b"\r\n\r\n", b"\r\nContent-Type: application/x-msdownload; charset=bogus\r\n\r\n"
        )
        + b"tekst"
        + END,
        "Eé.txt": PART.replace(b"a.txt", "E\u0065\u0301.txt".encode()) + b"tekst" + END,
        "d.txt": PART.replace(b"a.txt", b"..\\\\..\\\\d\x7f.txt") + b"tekst" + END,
    }
    for name, body in bodies.items():
        answer = await agent.post(f"{question}/attachments", content=body, headers=headers())
        assert (answer.status_code, answer.json().get("name")) == (201, name), answer.text
        assert answer.json()["size"] == 5


OTHER_KINDS = (
    "",
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/mixed; boundary=x",
    "application/pdf",
    "multipart/form-datax; boundary=x",
)


async def test_any_other_kind_is_a_415(agent: Client, question: str) -> None:
    for kind in OTHER_KINDS:
        body = b"{}" if kind == "application/json" else PART + b"tekst" + END
        answer = await agent.post(f"{question}/attachments", content=body, headers=headers(kind))
        assert answer.status_code == 415, (kind, answer.text)


async def test_without_a_boundary_it_is_a_400(agent: Client, question: str) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary"):
        answer = await agent.post(f"{question}/attachments", content=PART + b"tekst" + END, headers=headers(kind))
        assert answer.status_code == 400, (kind, answer.text)


async def test_no_other_route_takes_multipart(agent: Client, question: str) -> None:
    body = PART + b"tekst" + END
    for method, path in (
        ("POST", "/contacts"),
        ("POST", f"{question}/notes"),
        ("POST", f"{question}/attachments/"),
        ("POST", f"{question}/attachments/x/content"),
        ("POST", "/questions//attachments"),
        ("POST", f"/x{question}/attachments"),
        ("GET", f"{question}/attachments"),
        ("POST", "/nothing"),
    ):
        answer = await agent.request(method, path, content=body, headers=headers())
        assert answer.status_code == 415, (method, path, answer.text)
    unknown = await agent.put(f"{question}/attachments", content=body, headers=headers())
    assert unknown.status_code == 405, unknown.text
    json = b'{"x": "' + b"x" * MAX_BODY + b'"}'
    assert (
        await agent.post(f"{question}/attachments", content=json, headers=headers("application/json"))
    ).status_code == 413


async def test_too_much_is_refused_by_its_announcement_and_by_its_size(agent: Client, question: str) -> None:
    path = f"{question}/attachments"
    announced = {**headers(), "Content-Length": str(LARGEST + AROUND_FILE + 1)}
    assert (await agent.post(path, content=b"", headers=announced)).status_code == 413
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield PART
        while True:
            taken += 1
            yield b"a" * 1024 * 1024

    assert (await agent.post(path, content=endless(), headers=headers())).status_code == 413
    assert taken <= 11

    async def before_the_file() -> AsyncIterator[bytes]:
        while True:
            yield b"a" * 1024 * 1024

    assert (await agent.post(path, content=before_the_file(), headers=headers())).status_code == 413


async def test_nobody_uploads_without_a_token_or_the_right(anonymous: Client, question: str) -> None:
    """Known before the first byte is looked at."""

    async def never() -> AsyncIterator[bytes]:
        yield PART
        raise AssertionError("read on")

    answer = await anonymous.post(f"{question}/attachments", content=never(), headers=headers())
    assert answer.status_code == 401
