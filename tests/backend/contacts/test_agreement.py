"""Rules, constraints of the database and API agree, whatever is done to a question in whatever order."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.app import Platform
from backend.contacts.rules import OPEN, Placement, State, Verb, VerbRefused, apply, opening
from backend.identity.events import MembershipEnding
from backend.kit.reach import EVERYTHING
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

LEADS = {"onthaal": "lead", "burgerzaken": "civilLead"}
MEMBERS = {"onthaal": "agent2", "burgerzaken": "expert2"}
OTHER = {"onthaal": "burgerzaken", "burgerzaken": "onthaal"}
BODIES: dict[Verb, tuple[str, dict[str, Any] | None]] = {
    Verb.CLAIM: ("claim", None),
    Verb.CLARIFY: ("clarify", {"text": "Welke straat?", "email": "jan@voorbeeld.be"}),
    Verb.NOTE: ("notes", {"text": "Gebeld."}),
    Verb.ANSWER: ("answer", {"text": "Morgen.", "email": "jan@voorbeeld.be"}),
    Verb.CLOSE: ("close", None),
    Verb.REOPEN: ("reopen", {"reason": "Niet voldaan"}),
    Verb.WITHDRAW: ("withdraw", {"reason": "Niet meer nodig", "cause": "byCustomer"}),
}


class Twin:
    """A question in the database, and where the rules say that it stands."""

    def __init__(self, platform: Platform, client: Client, people: People) -> None:
        self._platform = platform
        self._client = client
        self._people = people
        self._codes = {department: code for code, department in people.departments.items()}

    async def register(self) -> None:
        body = {"channel": "counter", "questions": [{"subject": "Put in het voetpad", "answerChannel": "phone"}]}
        made = await self._as("agent").post("/contacts", json=body, headers={"Idempotency-Key": str(uuid4())})
        assert made.status_code == 201, made.text
        self._question = made.json()["questions"][0]["id"]
        self.page = await self._read()
        placement = Placement(department_id=UUID(self.page["departmentId"]), deadline=self._deadline(), sensitive=False)
        self.standing = opening(placement, "phone")

    async def act(self, verb: Verb) -> None:
        """The verb on both; they agree on whether it is possible and on what comes of it."""
        before, former = self.standing, self.page
        if verb is Verb.RETURN and self._code == "onthaal":
            return  # it is there
        if verb is Verb.RELEASE and before.assignee_id is None:
            return  # nobody to leave
        possible = await self._do(verb)
        self.page = await self._read()
        try:
            self.standing = apply(
                verb, before, at=datetime.now(UTC), assignee_id=self._taker(verb), placement=self._placement(verb)
            )
        except VerbRefused:
            assert not possible
            assert self.page == former
            return
        assert possible
        assert self.page["version"] == former["version"] + 1
        assert self.page["timeline"][-1]["type"] == verb
        self._agree()

    def _agree(self) -> None:
        page, now = self.page, self.standing
        assert page["state"] == now.state
        assert page["departmentId"] == str(now.department_id)
        assert page.get("assigneeId") == (str(now.assignee_id) if now.assignee_id else None)
        assert page.get("nextAction") == now.next_action
        assert ("nextActionAt" in page) == (now.next_action_at is not None) == (now.state in OPEN)
        assert ("answeredAt" in page) == (now.answered_at is not None)
        assert ("closedAt" in page) == (now.closed_at is not None)

    @property
    def _code(self) -> str:
        return self._codes[self.standing.department_id]

    def _as(self, user: str) -> Client:
        return self._client.as_user(self._people.tokens[user])

    async def _read(self) -> dict[str, Any]:
        page: dict[str, Any] = (await self._as("lead").get(f"/questions/{self._question}")).json()
        return page

    def _deadline(self) -> datetime:
        return datetime.fromisoformat(self.page["deadline"])

    def _taker(self, verb: Verb) -> UUID | None:
        names = {Verb.CLAIM: LEADS, Verb.ASSIGN: MEMBERS}
        return self._people.users[names[verb][self._code]] if verb in names else None

    def _placement(self, verb: Verb) -> Placement:
        code = {Verb.FORWARD: OTHER[self._code], Verb.RETURN: "onthaal"}.get(verb, self._code)
        return Placement(department_id=self._people.departments[code], deadline=self._deadline(), sensitive=False)

    async def _do(self, verb: Verb) -> bool:
        """Whether the platform did it; what it refuses, it refuses because of the state."""
        if verb in {Verb.RELEASE, Verb.FAIL}:
            return await self._by_itself(verb)
        response = await self._call(verb)
        if response.status_code == 409:
            assert response.json()["type"] == "urn:problem-type:onthaal:notInThisState"
            return False
        assert response.status_code in {200, 201}, response.text
        return True

    async def _call(self, verb: Verb) -> httpx.Response:
        if verb is Verb.REPLY:
            body = {"channel": "phone", "followUps": [{"questionId": self._question, "text": "Ik bel nog eens."}]}
            return await self._as("agent").post("/contacts", json=body, headers={"Idempotency-Key": str(uuid4())})
        department = str(self._people.departments[OTHER[self._code]])
        known = {
            Verb.ASSIGN: ("assign", {"userId": str(self._people.users[MEMBERS[self._code]])}),
            Verb.FORWARD: ("forward", {"departmentId": department, "reason": "Hoort daar"}),
            Verb.RETURN: ("return", {"reason": "Niet voor ons"}),
        }
        path, fields = (known | BODIES)[verb]
        tag = {"If-Match": f'"{self.page["version"]}"'}
        return await self._as(LEADS[self._code]).post(f"/questions/{self._question}/{path}", json=fields, headers=tag)

    async def _by_itself(self, verb: Verb) -> bool:
        """What the platform does without anybody asking: a mail came back, a colleague left."""
        before = self.page["version"]
        async with self._platform.database.transaction(EVERYTHING) as uow:
            life = self._platform.life(self._platform.work(uow, None, "test", "test"))
            if verb is Verb.FAIL:
                await life.undelivered(UUID(self._question), "550")
            elif self.standing.assignee_id is not None:
                await life.release(
                    MembershipEnding(user_id=self.standing.assignee_id, department_id=self.standing.department_id)
                )
        return bool((await self._read())["version"] > before)


@given(verbs=st.lists(st.sampled_from(list(Verb)), min_size=5, max_size=15))
@settings(max_examples=20, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_rules_and_database_agree(
    verbs: list[Verb], platform: Platform, anonymous: Client, people: People
) -> None:
    twin = Twin(platform, anonymous, people)
    await twin.register()
    for verb in verbs:
        await twin.act(verb)


async def test_the_whole_circle(platform: Platform, anonymous: Client, people: People) -> None:
    twin = Twin(platform, anonymous, people)
    await twin.register()
    circle = [Verb.CLAIM, Verb.CLARIFY, Verb.REPLY, Verb.FORWARD, Verb.ASSIGN, Verb.ANSWER, Verb.FAIL, Verb.ANSWER]
    for verb in [*circle, Verb.CLOSE, Verb.REPLY, Verb.RETURN, Verb.WITHDRAW, Verb.REPLY, Verb.NOTE]:
        await twin.act(verb)
    assert twin.standing.state is State.WITHDRAWN
