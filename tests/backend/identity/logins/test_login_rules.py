import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.identity.logins.rules import granted

OURS = "OVO000000"


@pytest.mark.parametrize(
    ("claim", "roles", "departments"),
    [
        ("OnthaalAgent-onthaal:OVO000000", set(), {"onthaal": {"agent"}}),
        ("OnthaalExpert-sociaal-huis:OVO000000", set(), {"sociaal-huis": {"expert"}}),
        ("OnthaalTeamLead-Burgerzaken : OVO002949, ovo000000", set(), {"burgerzaken": {"teamLead"}}),
        ("OnthaalAuditor:OVO000000", {"auditor"}, {}),
        ("OnthaalAdministrator-stad:OVO000000", {"administrator"}, {}),
        ("OnthaalAgent-onthaal:OVO000001", set(), {}),
        ("OnthaalAgent:OVO000000", set(), {}),
        ("OnthaalIntegrator-x:OVO000000", set(), {}),
        ("administrator", set(), {}),
        (":OVO000000", set(), {}),
        ("", set(), {}),
    ],
)
def test_what_a_claim_gives(claim: str, roles: set[str], departments: dict[str, set[str]]) -> None:
    found = granted([claim], OURS)
    assert set(found.roles) == roles
    assert {code: set(held) for code, held in found.departments.items()} == departments


def test_rights_in_one_department_come_together_and_what_is_unknown_is_counted() -> None:
    claims = ["OnthaalAgent-a:OVO000000", "OnthaalTeamLead-a:OVO000000", "Iets-a:OVO000000", "Iets-a:OVO9", "wat"]
    found = granted(claims, OURS)
    assert {code: set(held) for code, held in found.departments.items()} == {"a": {"agent", "teamLead"}}
    assert found.unknown == 2


@given(st.lists(st.text(max_size=60), max_size=5))
def test_no_text_breaks_it_or_gives_a_role_without_our_code(claims: list[str]) -> None:
    found = granted([claim.replace("OVO", "") for claim in claims], OURS)
    assert not found.roles
    assert not found.departments
