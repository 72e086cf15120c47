"""What registers say, how they say it, how that differs from what we hold. Pure."""

from backend.crm.registers.rules.differences import (
    KEEP_DAYS,
    Decision,
    Difference,
    Field,
    Said,
    Verdict,
    compare,
)
from backend.crm.registers.rules.ports import AssociationSource, EnterpriseSource, PersonSource
from backend.crm.registers.rules.records import (
    Outcome,
    Register,
    RegisterAddress,
    RegisterAway,
    RegisterContactPoint,
    RegisterFailed,
    RegisterIdentifier,
    RegisterName,
    RegisterRecord,
    RegisterRefused,
    RegisterUnknown,
    RegisterUnreadable,
)
from backend.crm.rules import IdentifierType, Kind

__all__ = [
    "KEEP_DAYS",
    "LOOK_UP",
    "WAYS",
    "AssociationSource",
    "Decision",
    "Difference",
    "EnterpriseSource",
    "Field",
    "Outcome",
    "PersonSource",
    "Register",
    "RegisterAddress",
    "RegisterAway",
    "RegisterContactPoint",
    "RegisterFailed",
    "RegisterIdentifier",
    "RegisterName",
    "RegisterRecord",
    "RegisterRefused",
    "RegisterUnknown",
    "RegisterUnreadable",
    "Said",
    "Verdict",
    "compare",
]

WAYS: dict[Kind, tuple[tuple[Register, IdentifierType], ...]] = {
    "person": (("nationalRegister", "ssin"),),
    "association": (("associationsRegister", "vCode"), ("enterpriseRegister", "enterpriseNumber")),
    "enterprise": (("enterpriseRegister", "enterpriseNumber"),),
}
"""Which register knows which kind of customer by which number, the best one first."""

LOOK_UP = "crm.lookUp"
"""Topic of the outbox: look a customer up in the background."""
