"""Appointments over HTTP: planned, changed, cancelled, met or missed, with the mails and calendar files about them."""

from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from icalendar import Calendar

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.notifications.rules import OutgoingMail, compose
from tests.conftest import Client
from tests.letters import mail_of
from tests.people import People

pytestmark = pytest.mark.anyio

START = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
SENDER = Address("Stad", "onthaal", "stad.example")
LINK = "https://afspraken.stad.example/4711"


def period(start: datetime = START, minutes: int = 30) -> dict[str, str]:
    return {"start": start.isoformat(), "end": (start + timedelta(minutes=minutes)).isoformat()}


@pytest.fixture
def expert(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["expert"])


@pytest.fixture
def question(registered: dict[str, Any]) -> str:
    return str(registered["questions"][0]["id"])


async def do(client: Client, question: str, path: str, body: dict[str, Any], method: str = "POST") -> httpx.Response:
    tag = (await client.get(f"/questions/{question}")).headers.get("etag", '"1"')
    return await client.request(method, f"/questions/{question}/{path}", json=body, headers={"If-Match": tag})


async def planned(client: Client, question: str, **more: Any) -> dict[str, Any]:
    response = await do(client, question, "appointments", {**period(), **more})
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


def calendar_of(mail: OutgoingMail) -> Any:
    """The event in the calendar file of a mail, as a mail program finds it."""
    message = compose(mail, SENDER)
    (file,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert file.get_filename() == "afspraak.ics"
    assert file.get_content_charset() == "utf-8"
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    return event


async def test_an_appointment_is_the_next_action_and_the_customer_knows(
    expert: Client, question: str, people: People, platform: Platform
) -> None:
    page = await planned(expert, question, place="Stadhuis, loket 4", link=LINK, message="Breng je oude pas mee.")
    assert (page["state"], page["nextAction"], page["assigneeId"]) == (
        "inProgress", "appointment", str(people.users["expert"]),
    )  # fmt: skip
    assert datetime.fromisoformat(page["nextActionAt"]) == START
    (appointment,) = page["appointments"]
    assert (appointment["state"], appointment["link"], appointment["revision"]) == ("planned", LINK, 0)
    mail = await mail_of(platform, page["messages"][-1]["id"])
    assert mail.to == "lien.desmet@voorbeeld.be"
    assert mail.subject.startswith("Je afspraak op ")
    for told in ("Expert", "Stadhuis, loket 4", LINK, "Breng je oude pas mee.", page["reference"]):
        assert told in mail.text
    event = calendar_of(mail)
    assert (event.start, event.end) == (START, START + timedelta(minutes=30))
    assert (event["uid"], event["sequence"], event["status"]) == (f"{appointment['id']}@onthaal", 0, "CONFIRMED")
    assert (event["location"], event["url"]) == ("Stadhuis, loket 4", LINK)


async def test_a_change_and_a_cancellation_reach_the_same_entry_of_the_calendar(
    expert: Client, question: str, platform: Platform, people: People
) -> None:
    page = await planned(expert, question, place="Loket 4")
    one = page["appointments"][0]["id"]
    later = period(START + timedelta(days=1))
    changed = (await do(expert, question, f"appointments/{one}", {**later, "place": None}, "PATCH")).json()
    assert datetime.fromisoformat(changed["nextActionAt"]) == START + timedelta(days=1)
    assert "place" not in changed["appointments"][0]
    body = {"reason": "Expert ziek", "message": "Onze collega is ziek."}
    gone = (await do(expert, question, f"appointments/{one}/cancel", body)).json()
    assert (gone["nextAction"], gone["nextActionAt"]) == ("answer", gone["deadline"])
    assert gone["appointments"][0]["state"] == "cancelled"
    assert [event["type"] for event in gone["timeline"]] == ["registered", "planned", "planned", "unplanned"]
    assert gone["timeline"][-1]["reason"] == "Expert ziek"
    about = [message["id"] for message in gone["messages"] if message["purpose"] == "appointment"]
    mails = [await mail_of(platform, message) for message in about]
    events = [calendar_of(mail) for mail in mails]
    assert len({str(event["uid"]) for event in events}) == 1
    assert [event["sequence"] for event in events] == [0, 1, 2]
    assert events[0].start == START, "what a mail says stays what it was"
    assert [str(event["status"]) for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    methods = [mail.attachments[0].parameters["method"] for mail in mails]
    assert methods == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert "veranderd" in mails[1].subject
    assert "gaat niet door" in mails[2].subject
    assert "Onze collega is ziek." in mails[2].text
    assert "Expert ziek" not in mails[2].text + mails[2].html, "the reason is for colleagues"
    again = await do(expert, question, f"appointments/{one}", {"place": "Loket 1"}, "PATCH")
    assert again.json()["type"] == "urn:problem-type:onthaal:appointmentOver"
    other = await planned(expert, question, expertId=str(people.users["expert2"]))
    assert [one["state"] for one in other["appointments"]] == ["cancelled", "planned"]


async def test_what_is_already_so_is_no_change(expert: Client, question: str) -> None:
    page = await planned(expert, question, place="Loket 4")
    one = page["appointments"][0]["id"]
    same = (await do(expert, question, f"appointments/{one}", {"place": "Loket 4"}, "PATCH")).json()
    assert (same["version"], len(same["messages"])) == (page["version"], len(page["messages"]))


async def test_one_at_a_time(expert: Client, question: str) -> None:
    await planned(expert, question)
    second = await do(expert, question, "appointments", period(START + timedelta(days=2)))
    assert (second.status_code, second.json()["type"]) == (409, "urn:problem-type:onthaal:appointmentPlanned")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (period(datetime.now(UTC) - timedelta(hours=1)), "start"),
        (period(START + timedelta(days=400)), "start"),
        (period(minutes=-5), "end"),
        (period(minutes=60 * 24), "end"),
        ({**period(), "link": "https://loket@kwaad.example/x"}, "link"),
        ({**period(), "link": "https://127.0.0.1/x"}, "link"),
    ],
)
async def test_what_cannot_be_is_refused(expert: Client, question: str, body: dict[str, Any], field: str) -> None:
    refused = await do(expert, question, "appointments", body)
    assert (refused.status_code, refused.json()["issues"][0]["name"]) == (400, field)


@pytest.mark.parametrize("link", ["http://loket.example", "javascript:alert(1)", "https://a.example/<x>"])
async def test_a_link_is_https(expert: Client, question: str, link: str) -> None:
    assert (await do(expert, question, "appointments", {**period(), "link": link})).status_code == 400


async def test_the_expert_is_of_the_department(expert: Client, question: str, people: People) -> None:
    body = {**period(), "expertId": str(people.users["mobility"])}
    refused = await do(expert, question, "appointments", body)
    assert (refused.status_code, refused.json()["issues"][0]["name"]) == (400, "expertId")


async def test_the_link_of_the_city_is_filled_in(expert: Client, question: str, platform: Platform) -> None:
    template = "https://afspraken.stad.example/nieuw?naam={name}&ref={reference}&huis={houseNumber}"
    platform.settings = msgspec.structs.replace(platform.settings, appointments_url=template)
    page = await planned(expert, question)
    link = f"https://afspraken.stad.example/nieuw?naam=Lien%20De%20Smet&ref={page['reference']}"
    assert page["appointments"][0]["link"] == link


async def begun(uow: UnitOfWork, appointment: str) -> None:
    """As if the hour had come."""
    await uow.execute(
        "UPDATE appointment SET starts_at = now() - interval '1 hour', ends_at = now() WHERE id = $1", UUID(appointment)
    )


async def test_met_and_answered(expert: Client, question: str, uow: UnitOfWork) -> None:
    one = (await planned(expert, question))["appointments"][0]["id"]
    path = f"appointments/{one}/outcome"
    early = await do(expert, question, path, {"outcome": "done"})
    assert early.json()["type"] == "urn:problem-type:onthaal:appointmentAhead"
    await begun(uow, one)
    page = (await do(expert, question, path, {"outcome": "done", "note": "Kwam met zoon.", "answer": "Zo."})).json()
    assert page["state"] == "answered"
    assert (page["appointments"][0]["state"], page["appointments"][0]["note"]) == ("done", "Kwam met zoon.")
    assert (page["messages"][-1]["channel"], page["messages"][-1]["text"]) == ("counter", "Zo.")


async def test_who_did_not_come_still_waits_for_an_answer(expert: Client, question: str, uow: UnitOfWork) -> None:
    one = (await planned(expert, question))["appointments"][0]["id"]
    await begun(uow, one)
    path = f"appointments/{one}/outcome"
    assert (await do(expert, question, path, {"outcome": "missed", "answer": "Zo."})).status_code == 400
    page = (await do(expert, question, path, {"outcome": "missed"})).json()
    assert (page["state"], page["nextAction"]) == ("inProgress", "answer")
    assert (await do(expert, question, path, {"outcome": "done"})).status_code == 409


async def test_an_appointment_is_not_forgotten_on_the_way(
    expert: Client, anonymous: Client, question: str, people: People
) -> None:
    """Asking the customer something, and passing the question on, leave it planned."""
    await planned(expert, question)
    asked = (await do(expert, question, "clarify", {"text": "Hoe oud is je zoon?"})).json()
    assert asked["nextAction"] == "awaitReply"
    target = {"departmentId": str(people.departments["mobiliteit"]), "reason": "Hoort daar"}
    await do(expert, question, "forward", target)
    mobility = anonymous.as_user(people.tokens["mobility"])
    tag = {"If-Match": (await mobility.get(f"/questions/{question}")).headers["etag"]}
    at = (START - timedelta(days=1)).isoformat()
    page = (await mobility.post(f"/questions/{question}/callBack", json={"at": at}, headers=tag)).json()
    assert page["nextAction"] == "callBack"
    called = (await do(mobility, question, "callAttempts", {"outcome": "reached"})).json()
    assert (called["nextAction"], datetime.fromisoformat(called["nextActionAt"])) == ("appointment", START)


async def test_without_an_address_no_mail_is_made(agent: Client) -> None:
    body = {"channel": "counter", "questions": [{"subject": "Anoniem"}]}
    made = (await agent.post("/contacts", json=body, headers={"Idempotency-Key": "appointment-anon"})).json()
    question = made["questions"][0]["id"]
    assert (await planned(agent, question))["messages"] == []
    typed = await do(agent, question, "appointments/" + "0" * 8 + "-0000-0000-0000-" + "0" * 12 + "/cancel",
                     {"reason": "Bestaat niet"})  # fmt: skip
    assert typed.status_code == 404


async def test_what_is_typed_cannot_break_the_calendar_file(expert: Client, question: str, platform: Platform) -> None:
    place = "Zaal; BEGIN:VEVENT, \\n " + "é" * 100
    page = await planned(expert, question, place=place)
    mail = await mail_of(platform, page["messages"][-1]["id"])
    assert str(calendar_of(mail)["location"]) == place


async def test_another_department_does_not_plan_and_a_shielded_one_does_not_exist(
    expert: Client, anonymous: Client, question: str, people: People
) -> None:
    mobility = anonymous.as_user(people.tokens["mobility"])
    assert (await do(mobility, question, "appointments", period())).status_code == 403
    target = {"departmentId": str(people.departments["sociaal-huis"]), "reason": "Vraag om steun"}
    await do(expert, question, "forward", target)
    assert (await do(mobility, question, "appointments", period())).status_code == 404
