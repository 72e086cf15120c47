"""Files with a form: for who has its secret, through the same door as every file."""

from uuid import uuid4

import httpx
import pytest

from tests.backend.contacts.intake.office import Counter

pytestmark = pytest.mark.anyio

PLAN = ("plan.txt", b"Een plan van de straat.")


async def attach(
    counter: Counter, told: dict[str, str], file: tuple[str, bytes] = PLAN, *, key: str = ""
) -> httpx.Response:
    headers = {"X-Status-Secret": told["statusSecret"], "Idempotency-Key": key or uuid4().hex}
    path = f"/intake/forms/{told['reference']}/attachments"
    return await counter.visitor().post(path, files={"file": file}, headers=headers)


async def test_a_file_comes_with_the_question_once_it_is_there(counter: Counter) -> None:
    told = (await counter.send()).json()
    early = await attach(counter, told)
    assert (early.status_code, early.json()["type"].rpartition(":")[2]) == (409, "formNotReady")
    await counter.work()
    key = uuid4().hex
    made, again = [await attach(counter, told, key=key) for _ in range(2)]
    assert (made.status_code, made.json()) == (201, {"name": "plan.txt", "size": 23})
    assert again.content == made.content
    (row,) = await counter.fetch("SELECT a.*, q.reference FROM attachment a JOIN question q ON q.id = a.question_id")
    assert (row["reference"], row["author_id"], row["state"]) == (told["reference"], None, "pending")


async def test_five_files_of_allowed_types(counter: Counter) -> None:
    told = (await counter.send()).json()
    await counter.work()
    refused = await attach(counter, told, ("x.exe", b"MZ" + bytes(200)))
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "typeNotAllowed")
    answers = [await attach(counter, told, (f"{number}.txt", b"Tekst.")) for number in range(6)]
    assert [one.status_code for one in answers] == [201] * 5 + [409]


async def test_without_the_secret_there_is_no_form(counter: Counter) -> None:
    told = (await counter.send()).json()
    await counter.work()
    assert (await attach(counter, {**told, "statusSecret": "x" * 43})).status_code == 404
    assert (await attach(counter, {**told, "reference": "000-000-000"})).status_code == 404
    assert await counter.fetch("SELECT FROM attachment") == []
