"""The operations of the core that the screens of colleagues use as they are, by screen."""

SCREENS: dict[str, tuple[str, ...]] = {
    "start": ("getMe", "listNotices", "readNotice", "listAbsences", "createAbsence", "changeAbsence", "endAbsence"),
    "contact": (
        "listContactDrafts", "getContactDraft", "replaceContactDraft", "removeContactDraft",
        "getRinging", "takeCall", "takeTelephone",
        "queryCustomers", "matchCustomers", "createCustomer", "searchProducts", "previewRouting",
        "registerContact", "getContact", "findQuestion", "listDepartments", "getDepartment",
        "listFlows", "getFlow", "getFlowStep", "takeFlowStep", "takeGuidedStep",
    ),
    "customer": (
        "getCustomer", "changeCustomer", "revealCustomer", "getCustomerFile", "getCustomerHistory", "exportCustomer",
        "enrichCustomer", "listEnrichments", "acceptEnrichment",
        "listRepresentations", "createRepresentation", "endRepresentation",
        "sendVerificationCode", "getVerification", "confirmVerificationCode",
        "previewMerge", "mergeCustomers", "listMerges", "undoMerge",
        "listCustomerSuggestions", "listSuggestions", "getSuggestion", "decideSuggestion", "breakGlass", "getCase",
        "getStatusSharing", "replaceStatusSharing",
    ),
    "product": ("getProduct", "fillTransactionLink"),
    "worklist": (
        "listWorklist", "countWorklists",
        "listSavedViews", "createSavedView", "getSavedView", "changeSavedView", "removeSavedView",
        "listContributions",
    ),
    "question": (
        "getQuestion", "prepareQuestion", "claimQuestion", "assignQuestion", "forwardQuestion", "returnQuestion",
        "noteQuestion", "clarifyQuestion", "answerQuestion", "closeQuestion", "reopenQuestion", "withdrawQuestion",
        "previewAnswer", "suggestAnswerTemplates", "fillAnswerTemplate",
        "createAttachment", "listAttachments", "downloadAttachment",
        "planCallBack", "registerCallAttempt",
        "planAppointment", "changeAppointment", "cancelAppointment", "endAppointment",
        "getSenderSuggestions", "identifyQuestion", "attachFlow",
        "askContributions", "listQuestionContributions", "changeContribution", "dropContribution", "composeAnswer",
        "getContribution", "claimContribution", "assignContribution", "giveContribution", "declineContribution",
    ),
    "monitor": ("getMonitor", "listMonitorQuestions", "remindQuestions"),
    "editing": (
        "changeProduct", "previewProduct", "listHiddenProducts", "listProductChanges", "revertProduct",
        "listSearchTerms",
        "listSynonymGroups", "createSynonymGroup", "getSynonymGroup", "changeSynonymGroup", "removeSynonymGroup",
        "previewSynonymGroup",
        "listCatalogueImports", "listCatalogueSources", "createCatalogueSource", "getCatalogueSource",
        "changeCatalogueSource", "synchroniseCatalogueSource",
        "listAnswerTemplates", "getAnswerTemplate", "createAnswerTemplate", "changeAnswerTemplate",
        "removeAnswerTemplate",
    ),
    "flows": (
        "listFlowVersions", "createFlowVersion", "getFlowVersion", "replaceFlowVersion", "removeFlowVersion",
        "exportFlowVersion", "checkFlowVersion", "submitFlowVersion", "returnFlowVersion", "publishFlowVersion",
        "retireFlowVersion", "getFlowHistory", "previewFlowVersion", "getFlowGraph", "compareFlowVersions",
        "getFlowSchema", "listFlowTasks", "finishFlowTask",
        "getFlowStatistics",
    ),
    "administration": (
        "createDepartment", "changeDepartment", "listUsers", "getUser", "createUser", "changeUser",
        "replaceMemberships", "listServiceLevels", "getServiceLevel", "replaceServiceLevel",
        "getCityCalendar", "replaceCityCalendar",
        "listRuleSets", "createRuleSet", "getRuleSet", "changeRuleSet", "activateRuleSet", "dryRunRuleSet",
        "listMailboxes", "getMailbox", "createMailbox", "changeMailbox",
        "listInboundMails", "getInboundMail", "downloadInboundMail", "retryInboundMail", "releaseInboundMail",
        "dismissInboundMail",
        "listDeadLetters", "replayDeadLetter", "startMatchRun", "listMatchRuns", "getMatchRun",
    ),
    "audit": ("listAuditEntries", "listBreakGlass"),
}  # fmt: skip
"""Screen -> operation ids."""

RELAYED: tuple[str, ...] = tuple(dict.fromkeys(name for names in SCREENS.values() for name in names))
