"""Composition of the core API: what it is made of, who listens to whom. No logic of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from litestar import Litestar, Request
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from backend import settings as configuration
from backend.assistant.guidance.controllers import GuidedFlowController
from backend.assistant.own.controllers import OwnFlowController
from backend.assistant.review.controllers import FlowReviewController, FlowSchemaController
from backend.assistant.statistics.controllers import FlowStatisticsController
from backend.assistant.steps.controllers import FlowController
from backend.assistant.steps.rules import warmed
from backend.assistant.tasks.controllers import FlowTaskController
from backend.assistant.versions.controllers import FlowVersionController
from backend.audit.controllers import AuditController
from backend.cases.applications.controllers import CaseController
from backend.cases.export.controllers import CustomerExportController
from backend.cases.file.controllers import CustomerFileController
from backend.cases.history.controllers import CustomerHistoryController
from backend.cases.overview.controllers import CustomerOverviewController, QuestionOverviewController
from backend.cases.own.controllers import OwnFileController
from backend.cases.preparation.controllers import PreparationController
from backend.catalogue.editing.controllers import EditingController
from backend.catalogue.history.controllers import HistoryController
from backend.catalogue.imports.controllers import CatalogueImportController
from backend.catalogue.products.controllers import ProductController
from backend.catalogue.publication.controllers import StreamController
from backend.catalogue.search.controllers import SearchController, SearchTermController
from backend.catalogue.sources.controllers import CatalogueSourceController
from backend.catalogue.synonyms.controllers import SynonymController
from backend.contacts.answer_templates.controllers import AnswerTemplateController, QuestionTemplateController
from backend.contacts.answering.controllers import AnswerPreviewController
from backend.contacts.appointments.controllers import AppointmentController
from backend.contacts.attachments.controllers import AttachmentController
from backend.contacts.calls.controllers import CallController
from backend.contacts.changes.controllers import ChangesController
from backend.contacts.claims.controllers import ClaimController
from backend.contacts.contributions.controllers import AskingController, ContributionController
from backend.contacts.drafts.controllers import DraftController
from backend.contacts.glass.controllers import BreakGlassController
from backend.contacts.guiding.controllers import GuidingController
from backend.contacts.inbound.controllers import InboundMailController
from backend.contacts.intake.controllers import IntakeController
from backend.contacts.life.controllers import LifeController
from backend.contacts.mailboxes.controllers import MailboxController
from backend.contacts.notices.controllers import NoticeController
from backend.contacts.own.controllers import OwnQuestionController
from backend.contacts.questions.controllers import QuestionController
from backend.contacts.registration.controllers import ContactController
from backend.contacts.senders.controllers import SenderController
from backend.contacts.telephony.controllers import TelephonyController
from backend.contacts.voice.controllers import VoiceController
from backend.crm.customers.controllers import CustomerController
from backend.crm.finding.controllers import FindingController
from backend.crm.identification.controllers import IdentificationController
from backend.crm.links.controllers import MergeController
from backend.crm.own.controllers import OwnProfileController
from backend.crm.registers.controllers import EnrichmentController
from backend.crm.representation.controllers import RepresentationController
from backend.crm.sharing.controllers import SharingController
from backend.crm.suggestions.controllers import (
    CustomerSuggestionController,
    MatchRunController,
    SuggestionController,
)
from backend.crm.verification.controllers import VerificationController
from backend.identity.absences.controllers import AbsenceController
from backend.identity.controllers import DepartmentController, MeController, UserController
from backend.identity.logins.controllers import LoginController
from backend.identity.rules import LINKED_BY, POLICY
from backend.kit import failures, logs
from backend.kit.access import Authenticator, Gate, Principal, operation_of
from backend.kit.boundary import Boundary
from backend.kit.docs import assets, openapi_config
from backend.kit.etag import provide_if_match
from backend.kit.health import HealthController
from backend.kit.idempotency import provide_once
from backend.kit.metrics import get_metrics, observe
from backend.kit.problems import ProblemError
from backend.kit.query import QueryGuard, provide_page
from backend.kit.reach import going
from backend.kit.refusals import of_database
from backend.kit.work import Work
from backend.notifications.controllers import DeadLetterController
from backend.platform import Platform, development_issuer
from backend.routing.levels.controllers import CityCalendarController, ServiceLevelController
from backend.routing.monitor.controllers import MonitorController
from backend.routing.rulesets.controllers import RuleSetController
from backend.routing.trials.controllers import TrialController
from backend.routing.views.controllers import SavedViewController
from backend.routing.worklists.controllers import OwnershipController, WorklistController

__all__ = ["Platform", "create_app", "create_litestar", "development_issuer"]

VERSION = "1.0.0"
FORBIDDEN = 403
TAGS = {
    "health": "Is it alive, can it take work.",
    "identity": "Users, departments, memberships.",
    "audit": "Who did or saw what.",
    "notifications": "Effects that did not come about, and trying them again.",
    "catalogue": "Products: search, texts, the city's own fields, imports.",
    "crm": "Customers: citizens, associations, enterprises.",
    "contacts": "Contacts, questions and the life of a question.",
    "routing": "Worklists, ownership, service levels, routing rules.",
    "cases": "Cases of other applications; the customer file.",
    "assistant": "Guided questions: flows for citizens and agents, hand-over, how they are taken.",
}
DESCRIPTION = (
    "Core API of Onthaal: registers every question of citizens, associations and entrepreneurs, answers it from the "
    "product catalogue or routes it, and follows it up until it is answered. Errors are problem+json (RFC 9457)."
)


HANDLERS: list[ControllerRouterHandler] = [
    HealthController,
    MeController,
    DepartmentController,
    UserController,
    AbsenceController,
    LoginController,
    AuditController,
    BreakGlassController,
    DeadLetterController,
    CustomerController,
    FindingController,
    IdentificationController,
    OwnProfileController,
    MergeController,
    EnrichmentController,
    RepresentationController,
    SharingController,
    VerificationController,
    CustomerSuggestionController,
    SuggestionController,
    MatchRunController,
    SearchController,
    SearchTermController,
    ProductController,
    EditingController,
    HistoryController,
    SynonymController,
    CatalogueImportController,
    CatalogueSourceController,
    StreamController,
    ContactController,
    QuestionController,
    OwnQuestionController,
    AttachmentController,
    LifeController,
    CallController,
    AnswerPreviewController,
    AnswerTemplateController,
    QuestionTemplateController,
    AppointmentController,
    SenderController,
    GuidingController,
    MailboxController,
    InboundMailController,
    AskingController,
    ContributionController,
    VoiceController,
    NoticeController,
    IntakeController,
    ClaimController,
    DraftController,
    TelephonyController,
    ChangesController,
    WorklistController,
    SavedViewController,
    MonitorController,
    OwnershipController,
    ServiceLevelController,
    RuleSetController,
    TrialController,
    CityCalendarController,
    CaseController,
    CustomerFileController,
    CustomerHistoryController,
    PreparationController,
    CustomerOverviewController,
    QuestionOverviewController,
    OwnFileController,
    CustomerExportController,
    FlowController,
    GuidedFlowController,
    OwnFlowController,
    FlowStatisticsController,
    FlowVersionController,
    FlowReviewController,
    FlowSchemaController,
    FlowTaskController,
    get_metrics,
]


async def provide_work(request: Request[Principal, Any, Any]) -> AsyncIterator[Work]:
    """Dependency `work`: the one generator dependency; commits before the response starts."""
    platform: Platform = request.app.state.platform
    operation, trace = operation_of(request.route_handler), request.scope["state"]["trace"]
    try:
        async with AsyncExitStack() as opened:
            request.scope["state"]["opened"] = opened
            reach = going(POLICY.reach(request.user, operation, datetime.now(UTC)), request.route_handler.opt)
            uow = await opened.enter_async_context(platform.database.begin(reach))
            work = platform.work(uow, request.user, operation, trace)
            if thing := request.path_params.get(LINKED_BY):
                await work.access.require_link("customer", thing)
            yield work
            await uow.commit()
    except ProblemError as error:
        if error.denied or error.status == FORBIDDEN:
            await platform.denied(request, request.user, operation, error.denied)
        raise


def create_litestar(platform: Platform) -> Litestar:
    """The Litestar application on this platform."""
    settings = platform.settings
    guard = QueryGuard()
    authenticate = Authenticator(platform.verifier, platform.principals.of)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        guard.learn(app)
        async with platform.running():
            await platform.products.warm()
            warmed()
            yield

    app = Litestar(
        route_handlers=[*HANDLERS, assets()],
        dependencies={
            "work": Provide(provide_work),
            "once": Provide(provide_once, sync_to_thread=False),
            "expected": Provide(provide_if_match, sync_to_thread=False),
            "page": Provide(provide_page, sync_to_thread=False),
        },
        guards=[Gate(POLICY, authenticate, platform.denied)],
        before_request=guard,
        exception_handlers={Exception: failures.handler(of_database)},
        after_exception=[failures.give_back],
        openapi_config=openapi_config(title="Onthaal core API", version=VERSION, description=DESCRIPTION, tags=TAGS),
        cors_config=CORSConfig(allow_origins=list(settings.cors_origins)) if settings.cors_origins else None,
        lifespan=[lifespan],
        logging_config=None,
        debug=False,
    )
    app.state.platform = platform
    app.state.parts = platform.parts
    app.state.metrics_token = settings.metrics_token
    return app


def create_app() -> Boundary:
    """ASGI factory of `onthaal serve`: configuration from the environment.

    Raises:
        SettingsInvalid: the configuration is not safe or not complete.
    """
    settings = configuration.load()
    configuration.check_production(settings)
    logs.configure(settings.log_level)
    return Boundary(create_litestar(Platform(settings)), observe=observe)
