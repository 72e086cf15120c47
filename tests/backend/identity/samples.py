"""One request per operation that its every row of the policy table would let through, for the matrix of rights.

To add an operation: one line in `SAMPLES`, named by its operation id.

- `{names}` in path and body are ids of the world (`world.py`); a thing that the relation varies is named by its kind
  alone: `{question}`, `{customer}`, `{contact}`, `{case}`; say it in `about`, and the test makes one for each relation.
- `shows` = where in the answer a resource of `HIDDEN` stands: its fields are compared with the table.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

Kind = Literal["question", "customer", "contact", "case", "contribution"]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One request.

    Attributes:
        call: method and path.
        body: JSON.
        about: the thing whose relation to the person counts.
        answered: the question has had its answer.
        version: send If-Match with the version of this thing; `{question}`, `{customer}` … or `1`.
        shows: path in the answer -> resource of `HIDDEN`.
        allowed: the status when it is let through; 404 about nothing (`{nothing}`) is no refusal.
        once: send an Idempotency-Key.
        file: send a file of this name instead of JSON.
    """

    call: str
    body: Any = None
    about: Kind | None = None
    answered: bool = False
    version: str | None = None
    shows: dict[str, str] = {}
    allowed: int = 200
    once: bool = False
    file: str = ""


def _get(path: str, **more: Any) -> Sample:
    return Sample(call=f"GET {path}", **more)


def _create(path: str, body: Any, **more: Any) -> Sample:
    return Sample(call=f"POST {path}", body=body, once=True, **{"allowed": 201, **more})


def _change(call: str, body: Any = None, **more: Any) -> Sample:
    return Sample(call=call, body=body, **{"version": "1", **more})


def _verb(verb: str, body: Any = None, **more: Any) -> Sample:
    return _change(
        f"POST /questions/{{question}}/{verb}", body, about="question", shows={"customer": "customer"}, **more
    )


TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
PERSON = {"kind": "person", "names": {"given": "Jef", "family": "Maes"}}
MAIL = {"text": "Morgen om 10 uur.", "email": "jef@voorbeeld.be"}
CUSTOMER = "/customers/{customer}"
POINT = "/customers/{customer}/contactPoints/{nothing}/verification"
MERGE = {"mergedId": "{double}", "survivorVersion": 1, "mergedVersion": 1, "reason": "Zelfde persoon"}
CASE = {"title": "Parkeerkaart", "phase": "behandeling", "status": "Lopend", "changedAt": "2026-11-20T10:00:00Z"}
LEVEL = {"weekly": [[["09:00", "12:00"]], *[[]] * 6], "countryHolidays": True}
SOURCE = {"name": "Buurgemeente", "url": "https://buur.example/stroom"}

SAMPLES: dict[str, Sample] = {
    # identity
    "getMe": _get("/me"),
    "listDepartments": _get("/departments", shows={"items.0": "department"}),
    "getDepartment": _get("/departments/{home}", shows={"": "department"}),
    "createDepartment": _create("/departments", {"code": "nieuw", "name": "Nieuw"}),
    "changeDepartment": _change("PATCH /departments/{elsewhere}", {"name": "Anders"}),
    "listUsers": _get("/users?limit=1"),
    "getUser": _get("/users/{user}"),
    "createUser": _create("/users", {"username": "nieuw", "name": "Nieuw"}),
    "changeUser": _change("PATCH /users/{user}", {"name": "Anders"}),
    "replaceMemberships": _change("PUT /users/{user}/memberships", {"items": []}),
    "listAbsences": _get("/absences"),
    "createAbsence": _create("/absences", {"firstDay": "2099-07-01", "lastDay": "2099-07-14"}),
    "changeAbsence": _change("PATCH /absences/{nothing}", {"lastDay": "2099-07-15"}, allowed=404),
    "endAbsence": _change("POST /absences/{nothing}/end", allowed=404),
    "recordLogin": Sample(
        call="POST /logins",
        body={"issuer": "urn:acm", "subject": "a1", "name": "An", "roles": ["OnthaalAuditor:OVO000000"]},
    ),
    # audit
    "listAuditEntries": _get("/audit/entries"),
    "breakGlass": _create(
        "/breakGlass", {"customerId": "{customer}", "reason": "Iemand is in gevaar."}, about="customer"
    ),
    "listBreakGlass": _get("/breakGlass"),
    # notifications
    "listDeadLetters": _get("/dead-letters"),
    "replayDeadLetter": Sample(call="POST /dead-letters/{letter}/replay"),
    # catalogue
    "searchProducts": _get("/products?q=reispas", shows={"items.0": "product"}),
    "getProduct": _get("/products/{product}", shows={"": "product"}),
    "changeProduct": _change(
        "PATCH /products/{product}", {"internalInstructions": "Vraag het dossiernummer."}, version="2"
    ),
    "previewProduct": Sample(call="POST /products/{product}/preview", body={}),
    "listHiddenProducts": _get("/catalogue/hiddenProducts"),
    "listProductChanges": _get("/products/{product}/changes"),
    "revertProduct": _change(
        "POST /products/{product}/revert", {"version": 7, "reason": "Vergissing"}, version="2", once=True, allowed=400
    ),
    "fillTransactionLink": Sample(call="POST /products/{product}/transactionLink", body={}),
    "listSearchTerms": _get("/catalogue/searchTerms"),
    "listSynonymGroups": _get("/catalogue/synonyms"),
    "createSynonymGroup": _create("/catalogue/synonyms", {"phrases": ["zaadgoed", "pootgoed"]}),
    "getSynonymGroup": _get("/catalogue/synonyms/{group}"),
    "changeSynonymGroup": _change("PATCH /catalogue/synonyms/{group}", {"phrases": ["zaadgoed", "pootgoed"]}),
    "removeSynonymGroup": _change("DELETE /catalogue/synonyms/{group}", allowed=204),
    "previewSynonymGroup": Sample(call="POST /catalogue/synonyms/preview", body={"phrases": ["zaadgoed", "pootgoed"]}),
    "listCatalogueImports": _get("/catalogue/imports"),
    "listCatalogueSources": _get("/catalogue/sources"),
    "createCatalogueSource": _create("/catalogue/sources", {**SOURCE, "name": "Andere gemeente"}),
    "getCatalogueSource": _get("/catalogue/sources/{source}"),
    "changeCatalogueSource": _change("PATCH /catalogue/sources/{source}", {"name": "Anders"}),
    "synchroniseCatalogueSource": Sample(
        call="POST /catalogue/sources/{source}/synchronise", body={}, once=True, allowed=202
    ),
    # crm
    "createCustomer": _create("/customers", PERSON),
    "getCustomer": _get(CUSTOMER, about="customer", shows={"": "customer"}),
    "changeCustomer": _change(f"PATCH {CUSTOMER}", {"language": "fr"}, about="customer", shows={"": "customer"}),
    "queryCustomers": Sample(
        call="POST /customers/query", body={"email": "{email}"}, about="customer", shows={"items.0": "customerHit"}
    ),
    "revealCustomer": Sample(
        call=f"POST {CUSTOMER}/reveal", body={"fields": ["birthDate"], "purpose": "identityCheck"}, about="customer"
    ),
    "enrichCustomer": Sample(
        call=f"POST {CUSTOMER}/enrichment", body={"purpose": "registerLookup"}, about="customer", allowed=409
    ),
    "listEnrichments": _get(f"{CUSTOMER}/enrichment", about="customer"),
    "acceptEnrichment": _change(
        f"POST {CUSTOMER}/enrichment/{{nothing}}/accept", {"differences": []}, about="customer", allowed=404
    ),
    "previewMerge": Sample(call=f"POST {CUSTOMER}/merges/preview", body={"mergedId": "{double}"}, about="customer"),
    "mergeCustomers": _create(f"{CUSTOMER}/merges", MERGE, about="customer"),
    "listMerges": _get(f"{CUSTOMER}/merges", about="customer"),
    "undoMerge": Sample(
        call=f"POST {CUSTOMER}/merges/{{nothing}}/undo", body={"reason": "Toch niet"}, about="customer", allowed=404
    ),
    "matchCustomers": Sample(call="POST /customers/match", body=PERSON),
    "listCustomerSuggestions": _get(f"{CUSTOMER}/suggestions", about="customer"),
    "listSuggestions": _get("/suggestions"),
    "getSuggestion": _get("/suggestions/{nothing}", allowed=404),
    "decideSuggestion": _change("POST /suggestions/{nothing}/decision", {"decision": "later"}, allowed=404),
    "startMatchRun": _create("/matchRuns", {}, allowed=202),
    "listMatchRuns": _get("/matchRuns"),
    "getMatchRun": _get("/matchRuns/{nothing}", allowed=404),
    "createRepresentation": _create(
        f"{CUSTOMER}/representations", {"representedId": "{double}", "role": "family"}, about="customer"
    ),
    "listRepresentations": _get(f"{CUSTOMER}/representations", about="customer"),
    "endRepresentation": Sample(
        call=f"POST {CUSTOMER}/representations/{{nothing}}/end",
        body={"reason": "Ten einde"},
        about="customer",
        allowed=404,
    ),
    "getStatusSharing": _get(f"{CUSTOMER}/statusSharing", about="customer"),
    "replaceStatusSharing": Sample(call=f"PUT {CUSTOMER}/statusSharing", body={"agreed": True}, about="customer"),
    "sendVerificationCode": _create(POINT, None, about="customer", allowed=404),
    "getVerification": _get(POINT, about="customer", allowed=404),
    "confirmVerificationCode": Sample(
        call=f"POST {POINT}/confirm", body={"code": "123456"}, about="customer", allowed=404
    ),
    "identifyCustomer": Sample(call="POST /customers/identify", body={"capacity": "BUR", "ssin": "85073003328"}),
    "getOwnProfile": _get("/own/profile", allowed=404),
    # contacts
    "registerContact": _create("/contacts", {"channel": "phone", "questions": [{"subject": "Put in de weg"}]}),
    "getContact": _get("/contacts/{contact}", about="contact", shows={"": "contact"}),
    "getQuestion": _get("/questions/{question}", about="question", shows={"customer": "customer"}),
    "findQuestion": Sample(
        call="POST /questions/query",
        body={"reference": "{reference}"},
        about="question",
        shows={"customer": "customer"},
    ),
    "createAttachment": _create("/questions/{question}/attachments", None, about="question", file="plan.txt"),
    "listAttachments": _get("/questions/{question}/attachments", about="question"),
    "downloadAttachment": _get("/questions/{question}/attachments/{nothing}/content", about="question", allowed=404),
    "askContributions": _create(
        "/questions/{question}/contributions",
        {"items": [{"departmentId": "{centre}", "asked": "Is het dossier betaald?"}]},
        about="question",
        version="1",
    ),
    "listQuestionContributions": _get("/questions/{question}/contributions", about="question"),
    "changeContribution": _change(
        "PATCH /questions/{question}/contributions/{nothing}",
        {"deadline": "2099-01-01T00:00:00Z"},
        about="question",
        allowed=404,
    ),
    "dropContribution": _change(
        "POST /questions/{question}/contributions/{nothing}/drop",
        {"reason": "Niet nodig"},
        about="question",
        allowed=404,
    ),
    "composeAnswer": Sample(call="POST /questions/{question}/answer/compose", about="question"),
    "listContributions": _get("/contributions?only=mine"),
    "getContribution": _get("/contributions/{contribution}", about="contribution"),
    "claimContribution": _change("POST /contributions/{contribution}/claim", about="contribution"),
    "assignContribution": _change(
        "POST /contributions/{contribution}/assign", {"userId": "{member}"}, about="contribution"
    ),
    "giveContribution": _change("POST /contributions/{contribution}/give", {"text": "Ja."}, about="contribution"),
    "declineContribution": _change(
        "POST /contributions/{contribution}/decline", {"reason": "Niet voor ons"}, about="contribution"
    ),
    "noteQuestion": _verb("notes", {"text": "Gebeld."}),
    "attachFlow": _change("POST /questions/{question}/flow", {"flow": "geen-wegwijzer"}, about="question", allowed=400),
    "clarifyQuestion": _verb("clarify", MAIL),
    "answerQuestion": _verb("answer", MAIL),
    "closeQuestion": _verb("close", answered=True),
    "reopenQuestion": _verb("reopen", {"reason": "Niet voldaan"}, answered=True),
    "suggestAnswerTemplates": _get("/questions/{question}/answerTemplates", about="question"),
    "fillAnswerTemplate": Sample(
        call="POST /questions/{question}/answerTemplates/{nothing}/fill", about="question", allowed=404
    ),
    "listAnswerTemplates": _get("/answerTemplates"),
    "getAnswerTemplate": _get("/answerTemplates/{nothing}", allowed=404),
    "createAnswerTemplate": _create(
        "/answerTemplates", {"departmentId": "{home}", "name": "Dank", "text": "Beste {customerName}"}
    ),
    "changeAnswerTemplate": _change("PATCH /answerTemplates/{nothing}", {"name": "Bedankt"}, allowed=404),
    "removeAnswerTemplate": _change("DELETE /answerTemplates/{nothing}", allowed=404),
    "previewAnswer": Sample(
        call="POST /questions/{question}/answer/preview", body={"text": "Morgen om 10 uur."}, about="question"
    ),
    "planCallBack": _verb("callBack", {"at": f"{TOMORROW}T10:00:00Z"}),
    "registerCallAttempt": _verb("callAttempts", {"outcome": "busy"}),
    "planAppointment": _verb(
        "appointments", {"start": f"{TOMORROW}T10:00:00Z", "end": f"{TOMORROW}T10:30:00Z", "place": "Loket 4"}
    ),
    "changeAppointment": _change(
        "PATCH /questions/{question}/appointments/{nothing}",
        {"place": "Loket 5"},
        about="question",
        version="1",
        allowed=404,
    ),
    "cancelAppointment": _change(
        "POST /questions/{question}/appointments/{nothing}/cancel", {"reason": "Ziek"}, about="question", allowed=404
    ),
    "endAppointment": _change(
        "POST /questions/{question}/appointments/{nothing}/outcome", {"outcome": "done"}, about="question", allowed=404
    ),
    "withdrawQuestion": _verb("withdraw", {"reason": "Dubbel gemeld", "cause": "duplicate"}),
    "getSenderSuggestions": _get("/questions/{question}/senderSuggestions", about="question"),
    "identifyQuestion": _verb("identify", {"customerId": "{customer}"}),
    "listMailboxes": _get("/mailboxes"),
    "getMailbox": _get("/mailboxes/{mailbox}"),
    "createMailbox": _create("/mailboxes", {"address": "info@stad.be", "name": "Info"}),
    "changeMailbox": _change("PATCH /mailboxes/{mailbox}", {"name": "Anders"}),
    "listInboundMails": _get("/inboundMails"),
    "getInboundMail": _get("/inboundMails/{nothing}", allowed=404),
    "downloadInboundMail": _get("/inboundMails/{nothing}/content", allowed=404),
    "retryInboundMail": Sample(call="POST /inboundMails/{nothing}/retry", allowed=404),
    "releaseInboundMail": _create("/inboundMails/{nothing}/release", {"text": "Wanneer open?"}, allowed=404),
    "dismissInboundMail": Sample(call="POST /inboundMails/{nothing}/dismiss", body={"reason": "Reclame"}, allowed=404),
    "listNotices": _get("/me/notices"),
    "readNotice": Sample(call="POST /me/notices/{nothing}/read", allowed=404),
    "listContactDrafts": _get("/contactDrafts"),
    "getContactDraft": _get("/contactDrafts/{nothing}", allowed=404),
    "replaceContactDraft": _change(
        "PUT /contactDrafts/{nothing}", {"title": "Reispas", "content": {"notes": "Belt terug"}}, version="0"
    ),
    "removeContactDraft": _change("DELETE /contactDrafts/{nothing}", allowed=404),
    "ringTelephone": Sample(call="POST /ringing", body={"extension": "4012"}, allowed=202),
    "getRinging": _get("/me/ringing"),
    "takeCall": Sample(call="POST /me/ringing/{nothing}/taken", allowed=404),
    "takeTelephone": Sample(call="POST /me/telephone", body={"extension": "4012"}),
    "getChanges": _get("/me/changes"),
    "listOwnQuestions": _get("/own/questions"),
    "getOwnQuestion": _get("/own/questions/{nothing}", allowed=404),
    "listOwnMessages": _get("/own/messages"),
    "askChallenge": Sample(call="POST /intake/challenges", body={}),
    "submitForm": Sample(  # without a proof, and nowhere to send the answer
        call="POST /intake/forms", body={"subject": "Vuilnis", "text": "Wanneer?"}, once=True, allowed=400
    ),
    "attachToForm": _create("/intake/forms/4F7-K2M-9XF/attachments", None, file="plan.txt", allowed=404),
    "confirmClaim": Sample(
        call="POST /claims/confirm",
        body={"token": "x" * 43, "reference": "4F7-K2M-9XF", "answer": "yes"},
        allowed=404,
    ),
    "undoClaim": Sample(call="POST /claims/undo", body={"token": "x" * 43}, allowed=404),
    "getFormStatus": Sample(
        call="POST /intake/status", body={"reference": "4F7-K2M-9XF", "statusSecret": "x" * 43}, allowed=404
    ),
    # routing
    "listWorklist": _get("/worklists/mine"),
    "countWorklists": _get("/worklists/counts"),
    "listSavedViews": _get("/savedViews"),
    "createSavedView": _create("/savedViews", {"name": "Klachten", "worklist": "department"}),
    "getSavedView": _get("/savedViews/{nothing}", allowed=404),
    "changeSavedView": _change("PATCH /savedViews/{nothing}", {"name": "Meldingen"}, allowed=404),
    "removeSavedView": _change("DELETE /savedViews/{nothing}", None, allowed=404),
    "getMonitor": _get("/monitor"),
    "listMonitorQuestions": _get("/monitor/questions?bucket=overdue"),
    "remindQuestions": _create("/monitor/reminders", {"questionIds": ["{nothing}"]}),
    "claimQuestion": _verb("claim"),
    "assignQuestion": _verb("assign", {"userId": "{member}"}),
    "forwardQuestion": _verb("forward", {"departmentId": "{centre}", "reason": "Hoort bij het onthaal"}),
    "returnQuestion": _verb("return", {"reason": "Niet voor ons"}),
    "listServiceLevels": _get("/service-levels"),
    "getServiceLevel": _get("/service-levels/{home}"),
    "replaceServiceLevel": _change("PUT /service-levels/{home}", LEVEL, version="0"),
    "getCityCalendar": _get("/cityCalendar"),
    "replaceCityCalendar": _change("PUT /cityCalendar", {"closed": []}, version="0"),
    "listRuleSets": _get("/routing/ruleSets"),
    "createRuleSet": _create("/routing/ruleSets", {}),
    "getRuleSet": _get("/routing/ruleSets/{nothing}", allowed=404),
    "changeRuleSet": _change("PUT /routing/ruleSets/{nothing}", {"rules": []}, allowed=404),
    "activateRuleSet": _change("POST /routing/ruleSets/{nothing}/activate", {"reason": "Beslist"}, allowed=404),
    "dryRunRuleSet": Sample(call="POST /routing/ruleSets/{nothing}/dryRun", body={}, allowed=404),
    "previewRouting": Sample(call="POST /routing/preview", body={"channel": "phone"}),
    # of the assistant; no flow is published
    "listFlows": _get("/flows"),
    "getFlow": _get("/flows/geen-wegwijzer", allowed=404),
    "getFlowStep": _get("/flows/geen-wegwijzer/step", allowed=404),
    "takeFlowStep": Sample(call="POST /flows/geen-wegwijzer/step", body={}, allowed=404),
    "summariseFlow": Sample(call="POST /flows/geen-wegwijzer/summary", body={}, allowed=404),
    "handOverFlow": Sample(
        call="POST /flows/geen-wegwijzer/handover",
        body={"form": {"subject": "Vuilnis", "text": "Wanneer?"}},
        once=True,
        allowed=404,
    ),
    "takeGuidedStep": Sample(call="POST /flows/geen-wegwijzer/guided", body={}, allowed=404),
    "getOwnFlowAnswers": _get("/own/flows/geen-wegwijzer/answers", allowed=404),
    "getFlowStatistics": _get("/flowStatistics"),
    # cases
    "registerCase": Sample(call="PUT /cases/by-external-id/M-1", body=CASE),
    "getCase": _get("/cases/{case}", about="case"),
    "getCustomerFile": _get(f"{CUSTOMER}/file", about="customer", shows={"customer": "customer"}),
    "listOwnCases": _get("/own/cases"),
    "listOwnConsultations": _get("/own/consultations"),
    "exportCustomer": Sample(call=f"POST {CUSTOMER}/export", body={"purpose": "accessRequest"}, about="customer"),
    "prepareQuestion": _get(
        "/questions/{question}/preparation", about="question", shows={"question.customer": "customer"}
    ),
    "getCustomerHistory": _get(f"{CUSTOMER}/history", about="customer"),
    "getCustomerOverview": _get(f"{CUSTOMER}/overview", about="customer", shows={"customer": "customer"}),
    "getQuestionOverview": _get(
        "/questions/{question}/overview", about="question", shows={"question.customer": "customer"}
    ),
    "listFlowVersions": _get("/flowVersions"),
    "createFlowVersion": _create("/flowVersions", {"flow": "nieuw", "title": "Nieuw"}),
    "getFlowVersion": _get("/flowVersions/{nothing}", allowed=404),
    "replaceFlowVersion": _change("PUT /flowVersions/{nothing}", {"document": {}}, allowed=404),
    "removeFlowVersion": _change("DELETE /flowVersions/{nothing}", allowed=404),
    "exportFlowVersion": _get("/flowVersions/{nothing}/document", allowed=404),
    "returnFlowVersion": _change("POST /flowVersions/{nothing}/return", {"reason": "Nog niet af"}, allowed=404),
    "retireFlowVersion": _change("POST /flowVersions/{nothing}/retire", {"reason": "Verouderd"}, allowed=404),
    "getFlowHistory": _get("/flowVersions/{nothing}/history", allowed=404),
    "checkFlowVersion": Sample(call="POST /flowVersions/{nothing}/check", allowed=404),
    "submitFlowVersion": _change("POST /flowVersions/{nothing}/submit", allowed=404),
    "publishFlowVersion": _change("POST /flowVersions/{nothing}/publish", {}, allowed=404),
    "previewFlowVersion": Sample(call="POST /flowVersions/{nothing}/preview", body={}, allowed=404),
    "getFlowGraph": _get("/flowVersions/{nothing}/graph", allowed=404),
    "compareFlowVersions": _get("/flowVersions/{nothing}/diff", allowed=404),
    "getFlowSchema": _get("/flowSchema"),
    "listFlowTasks": _get("/flowTasks"),
    "finishFlowTask": _change("POST /flowTasks/{nothing}/finish", {}, allowed=404),
}
