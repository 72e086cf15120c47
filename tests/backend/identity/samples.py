"""One request per operation that its every row of the policy table would let through, for the matrix of rights.

To add an operation: one line in `SAMPLES`, named by its operation id.

- `{names}` in path and body are ids of the world (`world.py`); a thing that the relation varies is named by its kind
  alone: `{question}`, `{customer}`, `{contact}`, `{case}`; say it in `about`, and the test makes one for each relation.
- `shows` = where in the answer a resource of `HIDDEN` stands: its fields are compared with the table.
"""

from typing import Any, Literal

import msgspec

Kind = Literal["question", "customer", "contact", "case"]


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
    """

    call: str
    body: Any = None
    about: Kind | None = None
    answered: bool = False
    version: str | None = None
    shows: dict[str, str] = {}
    allowed: int = 200
    once: bool = False


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
    "sendVerificationCode": _create(POINT, None, about="customer", allowed=404),
    "getVerification": _get(POINT, about="customer", allowed=404),
    "confirmVerificationCode": Sample(
        call=f"POST {POINT}/confirm", body={"code": "123456"}, about="customer", allowed=404
    ),
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
    "noteQuestion": _verb("notes", {"text": "Gebeld."}),
    "clarifyQuestion": _verb("clarify", MAIL),
    "answerQuestion": _verb("answer", MAIL),
    "closeQuestion": _verb("close", answered=True),
    "reopenQuestion": _verb("reopen", {"reason": "Niet voldaan"}, answered=True),
    "withdrawQuestion": _verb("withdraw", {"reason": "Dubbel gemeld", "cause": "duplicate"}),
    # routing
    "listWorklist": _get("/worklists/mine"),
    "claimQuestion": _verb("claim"),
    "assignQuestion": _verb("assign", {"userId": "{member}"}),
    "forwardQuestion": _verb("forward", {"departmentId": "{centre}", "reason": "Hoort bij het onthaal"}),
    "returnQuestion": _verb("return", {"reason": "Niet voor ons"}),
    "listServiceLevels": _get("/service-levels"),
    "getServiceLevel": _get("/service-levels/{home}"),
    "replaceServiceLevel": _change("PUT /service-levels/{home}", LEVEL, version="0"),
    "getCityCalendar": _get("/cityCalendar"),
    "replaceCityCalendar": _change("PUT /cityCalendar", {"closed": []}, version="0"),
    # cases
    "registerCase": Sample(call="PUT /cases/by-external-id/M-1", body=CASE),
    "getCase": _get("/cases/{case}", about="case"),
    "getCustomerFile": _get(f"{CUSTOMER}/file", about="customer", shows={"customer": "customer"}),
    "exportCustomer": Sample(call=f"POST {CUSTOMER}/export", body={"purpose": "accessRequest"}, about="customer"),
    "getCustomerHistory": _get(f"{CUSTOMER}/history", about="customer"),
}
