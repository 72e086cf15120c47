"""Departments that are asked for their part of an answer, over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.kit.db import UnitOfWork
from tests.conftest import Client
from tests.people import People

Json = dict[str, Any]


class Town:
    """The people of the test city with a client each."""

    def __init__(self, anonymous: Client, people: People) -> None:
        self.people = people
        self._anonymous = anonymous

    def __getitem__(self, name: str) -> Client:
        return self._anonymous.as_user(self.people.tokens[name])

    def department(self, code: str) -> str:
        return str(self.people.departments[code])

    def user(self, name: str) -> str:
        return str(self.people.users[name])

    async def register(self, department: str, **more: Any) -> Json:
        """A new question of somebody unknown."""
        asked = {"subject": "Terras op het plein", "departmentId": self.department(department), **more}
        body = {"channel": "phone", "caller": {"email": "iemand@voorbeeld.be"}, "questions": [asked]}
        made = await self["agent"].post("/contacts", json=body, headers=key())
        assert made.status_code == 201, made.text
        question: Json = made.json()["questions"][0]
        return question

    async def ask(self, question: str, *codes: str, by: str = "expert", **more: Any) -> httpx.Response:
        """The owner asks these departments, on the newest version."""
        items = [{"departmentId": self.department(code), "asked": f"Wat zegt {code}?", **more} for code in codes]
        tag = (await self[by].get(f"/questions/{question}")).headers["etag"]
        headers = {"If-Match": tag, **key()}
        return await self[by].post(f"/questions/{question}/contributions", json={"items": items}, headers=headers)

    async def asked(self, question: str, *codes: str, by: str = "expert", **more: Any) -> list[str]:
        """Ids of the parts that were asked, in that order."""
        answer = await self.ask(question, *codes, by=by, **more)
        assert answer.status_code == 201, answer.text
        return [one["id"] for one in answer.json()["items"] if one["state"] == "open"]

    async def do(self, name: str, path: str, body: Json | None = None, *, tag: str = "") -> httpx.Response:
        """A verb at the end of a path, on the newest version of what stands before it."""
        client = self[name]
        seen = tag or (await client.get(path.rpartition("/")[0])).headers.get("etag", '"1"')
        return await client.post(path, json=body, headers={"If-Match": seen})

    async def page(self, question: str, by: str = "expert") -> Json:
        """The question as this person sees it."""
        answer = await self[by].get(f"/questions/{question}")
        assert answer.status_code == 200, answer.text
        page: Json = answer.json()
        return page


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def kind(response: httpx.Response) -> str:
    return str(response.json()["type"]).rpartition(":")[2]


@pytest.fixture
def town(anonymous: Client, people: People) -> Town:
    return Town(anonymous, people)


@pytest.fixture
async def question(town: Town) -> str:
    """A question of civil affairs."""
    return str((await town.register("burgerzaken"))["id"])


@pytest.fixture
def sound(uow: UnitOfWork) -> Callable[[], Any]:
    """Has the database look now at what it looks at when a transaction commits."""

    async def check() -> None:
        await uow.execute("SET CONSTRAINTS ALL IMMEDIATE")
        await uow.execute("SET CONSTRAINTS ALL DEFERRED")

    return check
