"""Roles and the one reviewed policy table: operation -> role -> relation, resource -> role -> relation -> fields.

Deny by default: an operation that is not here fails the tests, a role that is not in its row gets 403.
"""

from typing import Literal
from uuid import UUID

from backend.kit.access import Policy, Relation

Role = Literal["agent", "expert", "teamLead", "productEditor", "administrator", "auditor"]
"""Roles a person holds in a department."""

GlobalRole = Literal["integrator", "administrator", "auditor"]
"""Roles that need no department."""

Channel = Literal["agent", "widget", "burgerprofiel"]
"""The front ends with a server of their own (`bff/`)."""

ChannelRole = Literal["agentChannel", "citizenChannel", "visitor", "customer"]
"""What a channel is: itself, at the desk or for citizens; or whom it acts for: somebody unknown, a customer."""

CHANNELS: dict[str, UUID] = {
    "agent": UUID("00000000-0000-7000-8000-00000000c001"),
    "widget": UUID("00000000-0000-7000-8000-00000000c002"),
    "burgerprofiel": UUID("00000000-0000-7000-8000-00000000c003"),
}
"""Under which user (made by migration 0025) a channel acts, when it acts for nobody of the staff."""

CHANNEL_ROLES = {"agent": "agentChannel", "widget": "citizenChannel", "burgerprofiel": "citizenChannel"}
"""What a channel may do for itself: `sub` of its token is `channel`."""

OWN, DEPARTMENT, LINKED, ANY = Relation.OWN, Relation.DEPARTMENT, Relation.LINKED, Relation.ANY

STAFF = {"agent": ANY, "expert": ANY, "teamLead": ANY, "productEditor": ANY, "administrator": ANY, "auditor": ANY}
DESK = {"agent": ANY, "expert": ANY, "teamLead": ANY}
"""Who handles questions; a sensitive question is closed to them outside its department all the same."""
SERVE = {"agent": ANY, "expert": LINKED, "teamLead": ANY}
"""Who changes a customer or sees what is shielded: the second line only those it has to do with."""
CENTRE = {"agent": ANY, "teamLead": ANY}
"""Who decides that two customers are one."""
FRONT = {"agent": ANY, "teamLead": ANY}
"""Who asks the authentic registers and takes over what they say; the second line looks at it only."""
HANDLE = {"agent": DEPARTMENT, "expert": DEPARTMENT, "teamLead": DEPARTMENT}
WATCH = {"agent": ANY, "teamLead": ANY}
"""Who watches over the open questions of the whole city, and reminds of them."""
LEAD = {"teamLead": DEPARTMENT}
ADMIN = {"administrator": ANY}
RULES = {**ADMIN, "teamLead": ANY}
"""Who looks at routing rules and tries them out."""
CITIZEN = {"visitor": ANY, "customer": ANY}
"""Somebody on the website, logged in or not."""
OWN_FILE = CITIZEN
"""What is in the own file. Who is no customer (yet, or any more) has none: lists are empty, all else is not found."""
READ_ALL = {**STAFF, **CITIZEN, "integrator": ANY}
"""Whoever has a token."""
EDIT = {"productEditor": ANY, "administrator": ANY}
TEXTS = {**EDIT, "teamLead": ANY}
"""Who keeps the texts to answer with: product editors all of them, team leads those of their own department."""

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
    "listAbsences": DESK,
    "createAbsence": DESK,
    "changeAbsence": DESK,
    "endAbsence": DESK,
    "recordLogin": {"agentChannel": ANY},
    # audit
    "listAuditEntries": {"auditor": ANY},
    "listBreakGlass": {"auditor": ANY},
    "breakGlass": DESK,
    # notifications
    "listDeadLetters": {**ADMIN, "teamLead": ANY},
    "replayDeadLetter": ADMIN,
    # catalogue
    "searchProducts": {**STAFF, **CITIZEN, "integrator": ANY},
    "getProduct": {**STAFF, **CITIZEN, "integrator": ANY},
    "changeProduct": EDIT,
    "previewProduct": EDIT,
    "listHiddenProducts": EDIT,
    "listProductChanges": EDIT,
    "revertProduct": EDIT,
    "fillTransactionLink": {**STAFF, **CITIZEN, "integrator": ANY},
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
    "changeCustomer": SERVE,
    "queryCustomers": DESK,
    "revealCustomer": SERVE,
    "enrichCustomer": FRONT,
    "listEnrichments": SERVE,
    "acceptEnrichment": FRONT,
    "previewMerge": CENTRE,
    "mergeCustomers": CENTRE,
    "listMerges": CENTRE,
    "undoMerge": CENTRE,
    "matchCustomers": CENTRE,
    "listCustomerSuggestions": CENTRE,
    "listSuggestions": CENTRE,
    "getSuggestion": CENTRE,
    "decideSuggestion": CENTRE,
    "startMatchRun": ADMIN,
    "listMatchRuns": ADMIN,
    "getMatchRun": ADMIN,
    "createRepresentation": SERVE,
    "listRepresentations": DESK,
    "endRepresentation": SERVE,
    "getStatusSharing": SERVE,
    "replaceStatusSharing": SERVE,
    "sendVerificationCode": SERVE,
    "getVerification": SERVE,
    "confirmVerificationCode": SERVE,
    "identifyCustomer": {"citizenChannel": ANY},
    "getOwnProfile": OWN_FILE,
    # contacts
    "registerContact": {**DESK, "integrator": ANY},
    "getContact": DESK,
    "getQuestion": DESK,
    "findQuestion": DESK,
    "createAttachment": DESK,
    "listAttachments": DESK,
    "downloadAttachment": DESK,
    "askContributions": HANDLE,
    "listQuestionContributions": DESK,
    "changeContribution": HANDLE,
    "dropContribution": HANDLE,
    "composeAnswer": HANDLE,
    "listContributions": DESK,
    "getContribution": DESK,
    "claimContribution": HANDLE,
    "assignContribution": LEAD,
    "giveContribution": HANDLE,
    "declineContribution": HANDLE,
    "noteQuestion": DESK,
    "attachFlow": DESK,
    "clarifyQuestion": HANDLE,
    "answerQuestion": HANDLE,
    "closeQuestion": HANDLE,
    "reopenQuestion": DESK,
    "withdrawQuestion": HANDLE,
    "previewAnswer": HANDLE,
    "suggestAnswerTemplates": HANDLE,
    "fillAnswerTemplate": HANDLE,
    "listAnswerTemplates": {**DESK, **EDIT},
    "getAnswerTemplate": {**DESK, **EDIT},
    "createAnswerTemplate": TEXTS,
    "changeAnswerTemplate": TEXTS,
    "removeAnswerTemplate": TEXTS,
    "planCallBack": HANDLE,
    "registerCallAttempt": HANDLE,
    "planAppointment": HANDLE,
    "changeAppointment": HANDLE,
    "cancelAppointment": HANDLE,
    "endAppointment": HANDLE,
    "getSenderSuggestions": DESK,
    "identifyQuestion": DESK,
    "listMailboxes": ADMIN,
    "getMailbox": ADMIN,
    "createMailbox": ADMIN,
    "changeMailbox": ADMIN,
    "listInboundMails": {**ADMIN, "teamLead": ANY},
    "getInboundMail": {**ADMIN, "teamLead": ANY},
    "downloadInboundMail": {**ADMIN, "teamLead": ANY},
    "retryInboundMail": {**ADMIN, "teamLead": ANY},
    "releaseInboundMail": {"teamLead": ANY},
    "dismissInboundMail": {**ADMIN, "teamLead": ANY},
    "listNotices": DESK,
    "readNotice": DESK,
    "askChallenge": CITIZEN,
    "submitForm": CITIZEN,
    "attachToForm": CITIZEN,
    "getFormStatus": CITIZEN,
    "confirmClaim": CITIZEN,
    "undoClaim": CITIZEN,
    "listContactDrafts": DESK,
    "getContactDraft": DESK,
    "replaceContactDraft": DESK,
    "removeContactDraft": DESK,
    "ringTelephone": {"agentChannel": ANY},
    "getRinging": DESK,
    "takeCall": DESK,
    "takeTelephone": DESK,
    "getChanges": DESK,
    "listOwnQuestions": OWN_FILE,
    "getOwnQuestion": OWN_FILE,
    "listOwnMessages": OWN_FILE,
    # routing
    "listWorklist": DESK,
    "countWorklists": DESK,
    "listSavedViews": DESK,
    "createSavedView": DESK,
    "getSavedView": DESK,
    "changeSavedView": DESK,
    "removeSavedView": DESK,
    "getMonitor": WATCH,
    "listMonitorQuestions": WATCH,
    "remindQuestions": WATCH,
    "claimQuestion": HANDLE,
    "assignQuestion": LEAD,
    "forwardQuestion": HANDLE,
    "returnQuestion": HANDLE,
    "listServiceLevels": {**DESK, **ADMIN},
    "getServiceLevel": {**DESK, **ADMIN},
    "replaceServiceLevel": ADMIN,
    "getCityCalendar": {**DESK, **ADMIN},
    "replaceCityCalendar": ADMIN,
    "listRuleSets": RULES,
    "createRuleSet": ADMIN,
    "getRuleSet": RULES,
    "changeRuleSet": ADMIN,
    "activateRuleSet": ADMIN,
    "dryRunRuleSet": RULES,
    "previewRouting": RULES,
    # cases
    "registerCase": {"integrator": ANY},
    "getCase": {**DESK, "integrator": ANY},
    "getCustomerFile": DESK,
    "getCustomerHistory": DESK,
    "prepareQuestion": HANDLE,
    "getCustomerOverview": DESK,
    "getQuestionOverview": DESK,
    "listOwnCases": OWN_FILE,
    "listOwnConsultations": OWN_FILE,
    "exportCustomer": {"teamLead": ANY, "auditor": ANY},
    # assistant
    "listFlows": READ_ALL,
    "getFlow": READ_ALL,
    "getFlowStep": READ_ALL,
    "takeFlowStep": READ_ALL,
    "summariseFlow": CITIZEN,
    "handOverFlow": CITIZEN,
    "takeGuidedStep": DESK,
    "getOwnFlowAnswers": OWN_FILE,
    "getFlowStatistics": TEXTS,
    "listFlowVersions": EDIT,
    "createFlowVersion": EDIT,
    "getFlowVersion": EDIT,
    "replaceFlowVersion": EDIT,
    "removeFlowVersion": EDIT,
    "exportFlowVersion": EDIT,
    "checkFlowVersion": EDIT,
    "submitFlowVersion": EDIT,
    "returnFlowVersion": EDIT,
    "publishFlowVersion": EDIT,
    "retireFlowVersion": EDIT,
    "getFlowHistory": EDIT,
    "previewFlowVersion": EDIT,
    "getFlowGraph": EDIT,
    "compareFlowVersions": EDIT,
    "getFlowSchema": EDIT,
    "listFlowTasks": EDIT,
    "finishFlowTask": EDIT,
}

PUBLIC = ("getLiveness", "getReadiness", "getSnapshotPage", "getSnapshot", "getSatisfactionPage", "giveSatisfaction")
"""Operations without a token: the state of the platform, the published catalogue, and what a signed link opens."""

NOTHING: frozenset[str] = frozenset()
STAFF_ONLY = frozenset({"internal_instructions", "department_id", "department", "published"})
"""Who may not see whether the city publishes a product does not see the product when it does not."""

CONTACTS = frozenset({"email", "phone"})
"""How colleagues reach a department; citizens have one number and one form."""

ALL = {ANY: NOTHING}
"""Withholds nothing, however far."""

CUSTOMER = frozenset({"names", "identifiers", "addresses", "contact_points", "birth_date_known", "preferred_channel"})
"""Of a customer with whom the second line has nothing to do it sees who it is: name, kind, status, language."""
HIT = frozenset({"identifiers", "contact_points", "address"})
TOLD = frozenset({"caller"})
"""How the caller can be reached is told for the question at hand."""

HIDDEN: dict[str, dict[str, dict[Relation, frozenset[str]]]] = {
    "department": {**dict.fromkeys(STAFF, ALL), "integrator": {ANY: CONTACTS}},
    "product": {
        **dict.fromkeys(STAFF, ALL),
        "integrator": {ANY: STAFF_ONLY},
        "customer": {ANY: STAFF_ONLY},
        "visitor": {ANY: STAFF_ONLY},
    },
    "customer": {"agent": ALL, "teamLead": ALL, "auditor": ALL, "expert": {LINKED: NOTHING, ANY: CUSTOMER}},
    "customerHit": {"agent": ALL, "teamLead": ALL, "expert": {LINKED: NOTHING, ANY: HIT}},
    "contact": {"agent": ALL, "teamLead": ALL, "auditor": ALL, "expert": {LINKED: NOTHING, ANY: TOLD}},
}
"""A field is withheld when **every** role the person has in the row withholds it; a role not in a row sees nothing.

Masked whatever the role, until revealed: national number, birth date, undisclosed address (`revealCustomer`).
"""

LINKED_BY = "customer_id"
"""Parameter in the path of every operation with relation `linked`: with whom the person must have to do."""

INSIDERS = tuple(DESK)
"""Who sees the sensitive questions of a department, when the role is held **in that department**."""

GLASS = (
    "getQuestion",
    "findQuestion",
    "listAttachments",
    "downloadAttachment",
    "getContact",
    "getCase",
    "getCustomerFile",
    "getCustomerHistory",
    "getCustomerOverview",
    "getQuestionOverview",
)
"""Reading operations through which a person sees what the glass was broken for; every look is marked `breakGlass`."""

CARRIERS = {"registerContact": frozenset({"integrator"})}
"""Applications that bring what a citizen says about any question, and see nothing of it."""

POLICY = Policy(OPERATIONS, public=PUBLIC, hidden=HIDDEN, insiders=INSIDERS, glass=GLASS, carriers=CARRIERS)
