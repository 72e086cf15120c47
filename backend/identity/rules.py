"""Roles and the one reviewed policy table: operation -> role -> relation, resource -> role -> fields withheld.

Deny by default: an operation that is not here fails the tests, a role that is not in its row gets 403.
"""

from typing import Literal

from backend.kit.access import Policy, Relation

Role = Literal["agent", "expert", "teamLead", "productEditor", "administrator", "auditor"]
"""Roles a person holds in a department."""

GlobalRole = Literal["integrator", "administrator", "auditor"]
"""Roles that need no department."""

OWN, DEPARTMENT, ANY = Relation.OWN, Relation.DEPARTMENT, Relation.ANY

STAFF = {"agent": ANY, "expert": ANY, "teamLead": ANY, "productEditor": ANY, "administrator": ANY, "auditor": ANY}
DESK = {"agent": ANY, "expert": ANY, "teamLead": ANY}
"""Who handles questions; a sensitive question is closed to them outside its department all the same."""
HANDLE = {"agent": DEPARTMENT, "expert": DEPARTMENT, "teamLead": DEPARTMENT}
LEAD = {"teamLead": DEPARTMENT}
ADMIN = {"administrator": ANY}
EDIT = {"productEditor": ANY, "administrator": ANY}

OPERATIONS: dict[str, dict[str, Relation]] = {
    # identity
    "getMe": {**STAFF, "integrator": ANY},
    "listDepartments": {**STAFF, "integrator": ANY},
    "getDepartment": {**STAFF, "integrator": ANY},
    "createDepartment": ADMIN,
    "changeDepartment": ADMIN,
    "listUsers": {**DESK, **ADMIN},
    "getUser": {**DESK, **ADMIN},
    "createUser": ADMIN,
    "changeUser": ADMIN,
    "replaceMemberships": ADMIN,
    # audit
    "listAuditEntries": {"auditor": ANY},
    # notifications
    "listDeadLetters": {**ADMIN, "teamLead": ANY},
    "replayDeadLetter": ADMIN,
    # catalogue
    "searchProducts": {**STAFF, "integrator": ANY},
    "getProduct": {**STAFF, "integrator": ANY},
    "changeProduct": EDIT,
    "previewProduct": EDIT,
    "listHiddenProducts": EDIT,
    "listProductChanges": EDIT,
    "revertProduct": EDIT,
    "fillTransactionLink": {**STAFF, "integrator": ANY},
    "listSearchTerms": EDIT,
    "listSynonymGroups": EDIT,
    "createSynonymGroup": EDIT,
    "getSynonymGroup": EDIT,
    "changeSynonymGroup": EDIT,
    "removeSynonymGroup": EDIT,
    "previewSynonymGroup": EDIT,
    "listCatalogueImports": EDIT,
    "listCatalogueSources": EDIT,
    "createCatalogueSource": ADMIN,
    "getCatalogueSource": EDIT,
    "changeCatalogueSource": ADMIN,
    "synchroniseCatalogueSource": EDIT,
    # crm
    "createCustomer": DESK,
    "getCustomer": DESK,
    "changeCustomer": DESK,
    "queryCustomers": DESK,
    "revealCustomer": DESK,
    # contacts
    "registerContact": {**DESK, "integrator": ANY},
    "getContact": DESK,
    "getQuestion": DESK,
    "findQuestion": DESK,
    "noteQuestion": DESK,
    "clarifyQuestion": HANDLE,
    "answerQuestion": HANDLE,
    "closeQuestion": HANDLE,
    "reopenQuestion": DESK,
    "withdrawQuestion": HANDLE,
    # routing
    "listWorklist": DESK,
    "claimQuestion": HANDLE,
    "assignQuestion": LEAD,
    "forwardQuestion": HANDLE,
    "returnQuestion": HANDLE,
    "listServiceLevels": {**DESK, **ADMIN},
    "getServiceLevel": {**DESK, **ADMIN},
    "replaceServiceLevel": ADMIN,
    # cases
    "registerCase": {"integrator": ANY},
    "getCase": {**DESK, "integrator": ANY},
    "getCustomerFile": DESK,
}

PUBLIC = ("getLiveness", "getReadiness", "getSnapshotPage", "getSnapshot")
"""Operations without a token; they give the state of the platform, and the published catalogue."""

NOTHING: frozenset[str] = frozenset()
STAFF_ONLY = frozenset({"internal_instructions", "department_id", "department", "published"})
"""Who may not see whether the city publishes a product does not see the product when it does not."""

CONTACTS = frozenset({"email", "phone"})
"""How colleagues reach a department; citizens have one number and one form."""

HIDDEN: dict[str, dict[str, frozenset[str]]] = {
    "department": {**dict.fromkeys(STAFF, NOTHING), "integrator": CONTACTS},
    "product": {**dict.fromkeys(STAFF, NOTHING), "integrator": STAFF_ONLY, "customer": STAFF_ONLY},
}
"""A field is withheld when **every** role the person has in the row withholds it; a role not in a row sees nothing."""

POLICY = Policy(OPERATIONS, public=PUBLIC, hidden=HIDDEN)
