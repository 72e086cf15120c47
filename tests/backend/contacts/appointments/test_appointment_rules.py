from datetime import UTC, datetime, timedelta

import pytest

from backend.app import Platform
from backend.contacts.appointments.rules import booking_fault, booking_link, period_fault
from backend.kit.configuration import SettingsInvalid
from backend.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("template", ["", "https://afspraken.stad.example/?naam={name}&ref={reference}"])
def test_a_good_address_of_the_appointment_system(template: str) -> None:
    assert booking_fault(template) is None


@pytest.mark.parametrize(
    "template",
    ["http://afspraken.stad.example", "https://{name}.example/", "https://stad.example/{ssin}", "https://a@b.example/"],
)
def test_an_address_that_would_lead_people_astray(template: str) -> None:
    assert booking_fault(template)
    with pytest.raises(SettingsInvalid, match="ONTHAAL_APPOINTMENTS_URL"):
        Platform(Settings(appointments_url=template, database_url="postgresql://x/y", redis_url="redis://x"))


def test_what_is_known_is_filled_in_and_cannot_lead_elsewhere() -> None:
    template = "https://afspraken.stad.example/{name}?ref={reference}&tel={phone}"
    link = booking_link(template, {"name": "../../kwaad?x=1#", "reference": "7XK"})
    assert link == "https://afspraken.stad.example/..%2F..%2Fkwaad%3Fx%3D1%23?ref=7XK"
    assert booking_link("", {"name": "x"}) is None


def test_a_period_lies_ahead_and_is_one_talk() -> None:
    assert period_fault(NOW + HOUR, NOW + 2 * HOUR, NOW) is None
    assert period_fault(NOW, NOW + HOUR, NOW) == ("start", "Between now and a year from now.")
    for end in (NOW + HOUR, NOW, NOW + 20 * HOUR):
        fault = period_fault(NOW + HOUR, end, NOW)
        assert fault is not None
        assert fault[0] == "end"
