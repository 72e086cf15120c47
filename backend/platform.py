"""The long-lived parts of one process of the core: made once, shared by API, worker and commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from backend import settings as configuration
from backend.audit.controllers import AuditController
from backend.audit.service import append
from backend.cases.applications.controllers import CaseController
from backend.cases.export.controllers import CustomerExportController
from backend.cases.file.controllers import CustomerFileController
from backend.cases.history.controllers import CustomerHistoryController
from backend.cases.preparation.controllers import PreparationController
from backend.catalogue.editing.controllers import EditingController
from backend.catalogue.engines.service import Engines
from backend.catalogue.history.controllers import HistoryController
from backend.catalogue.imports.controllers import CatalogueImportController
from backend.catalogue.index.service import ProductIndex
from backend.catalogue.products.controllers import ProductController
from backend.catalogue.products.service import ProductService
from backend.catalogue.publication.controllers import StreamController
from backend.catalogue.rules import Stream
from backend.catalogue.search.controllers import SearchController, SearchTermController
from backend.catalogue.sources.controllers import CatalogueSourceController
from backend.catalogue.synonyms.controllers import SynonymController
from backend.catalogue.synonyms.service import Previews
from backend.contacts.answer_templates.controllers import AnswerTemplateController, QuestionTemplateController
from backend.contacts.answering.controllers import AnswerPreviewController
from backend.contacts.appointments.controllers import AppointmentController
from backend.contacts.appointments.rules import booking_fault
from backend.contacts.attachments.controllers import AttachmentController
from backend.contacts.calls.controllers import CallController
from backend.contacts.contributions.controllers import AskingController, ContributionController
from backend.contacts.contributions.service import GivingService
from backend.contacts.glass.controllers import BreakGlassController
from backend.contacts.inbound.controllers import InboundMailController
from backend.contacts.letters.service import LetterWriter
from backend.contacts.life.controllers import LifeController
from backend.contacts.life.service import LifeService
from backend.contacts.mailboxes.controllers import MailboxController
from backend.contacts.notices.controllers import NoticeController
from backend.contacts.questions.controllers import QuestionController
from backend.contacts.questions.service import QuestionService
from backend.contacts.registration.controllers import ContactController
from backend.contacts.senders.controllers import SenderController
from backend.contacts.shielding.service import messages_shown, ties
from backend.contacts.voice.controllers import VoiceController
from backend.crm.customers.controllers import CustomerController
from backend.crm.customers.service import CustomerService, members
from backend.crm.events import CustomersMerged, CustomersSplit
from backend.crm.finding.controllers import FindingController
from backend.crm.finding.service import AskReference
from backend.crm.links.controllers import MergeController
from backend.crm.registers.controllers import EnrichmentController
from backend.crm.registers.service import Registers
from backend.crm.representation.controllers import RepresentationController
from backend.crm.suggestions.controllers import (
    CustomerSuggestionController,
    MatchRunController,
    SuggestionController,
)
from backend.crm.suggestions.service import Follower
from backend.crm.verification.controllers import VerificationController
from backend.identity.absences.controllers import AbsenceController
from backend.identity.controllers import DepartmentController, MeController, UserController
from backend.identity.events import MembershipEnding
from backend.identity.principals.service import PrincipalStore
from backend.identity.rules import CHANNELS, LINKED_BY, POLICY
from backend.kit import failures, logs
from backend.kit.access import PLATFORM, Access, Authenticator, Connection, Gate, Principal, operation_of
from backend.kit.boundary import Boundary
from backend.kit.changes import ChangeFeed
from backend.kit.crypto import KeyRing
from backend.kit.db import Database, UnitOfWork
from backend.kit.docs import assets, openapi_config
from backend.kit.etag import provide_if_match
from backend.kit.events import EventBus
from backend.kit.health import HealthController, Part
from backend.kit.idempotency import provide_once
from backend.kit.jobs import Waker
from backend.kit.keeper import KeyKeeper
from backend.kit.keys import DevelopmentIssuer, key_file
from backend.kit.metrics import get_metrics, observe
from backend.kit.outbox import Outbox
from backend.kit.problems import ProblemError
from backend.kit.query import QueryGuard, provide_page
from backend.kit.reach import EVERYTHING, going
from backend.kit.refusals import of_database
from backend.kit.roles import APPLICATION
from backend.kit.scanner import Scanner
from backend.kit.tokens import TokenVerifier
from backend.kit.trail import Trail
from backend.kit.work import Work
from backend.notifications.controllers import DeadLetterController
from backend.notifications.rules import Letterhead
from backend.notifications.service import Mailer
from backend.routing.levels.controllers import CityCalendarController, ServiceLevelController
from backend.routing.monitor.controllers import MonitorController
from backend.routing.placement.service import DirectoryStore, PlacementService
from backend.routing.rulesets.controllers import RuleSetController
from backend.routing.trials.controllers import TrialController
from backend.routing.views.controllers import SavedViewController
from backend.routing.worklists.controllers import OwnershipController, WorklistController
from backend.settings import AUDIENCE, CHANNEL_ISSUER, DEV_ISSUER, Settings


class Platform:
    """The long-lived parts of one process: database, keys, caches, listeners.

    Args:
        settings: the configuration.
        database: another database than the configured one (tests).
    """

    def __init__(self, settings: Settings, database: Database | None = None) -> None:
        self.settings = settings
        if fault := booking_fault(settings.appointments_url):
            raise configuration.SettingsInvalid(f"{configuration.variable('appointments_url')}: {fault}")
        self._owns_database = database is None
        self.database = database or Database(settings.database_url, role=APPLICATION)
        self.feed = ChangeFeed()
        self.events = EventBus()
        self.waker = Waker(settings.redis_url)
        self.keeper = KeyKeeper(key_file(settings.keys_path, create=not settings.production))
        if not settings.production:
            development_issuer(settings).prepare()
            for channel in CHANNELS:
                channel_issuer(settings, channel).prepare()
        self.verifier = TokenVerifier(configuration.issuers(settings))
        self.principals = PrincipalStore(self.database, self.feed, self._file)
        self.products = ProductIndex(self.database, self.feed, form=settings.address_form)
        self.stream = Stream(address=settings.address, contexts=settings.contexts_url.rstrip("/"))
        self.engines = Engines(settings.meilisearch_url, settings.meilisearch_key, settings.meilisearch_prefix)
        self.previews = Previews()
        self.mailer = Mailer(settings.smtp_url, settings.mail_from, settings.city)
        self.letterhead = Letterhead(
            city=settings.city,
            city_phone=settings.city_phone,
            city_website=settings.city_website,
            form=settings.address_form,
        )
        self.scanner = Scanner(settings.scanner_url)
        self.messages_seen = messages_shown
        self.directory = DirectoryStore(self.database, self.feed)
        self.registers = Registers(configuration.registers(settings))
        self.events.subscribe(MembershipEnding, self._release)
        self.events.subscribe(CustomersMerged, self._merged)
        self.events.subscribe(CustomersSplit, self._split)
        self.parts = {
            "postgresql": Part(self.database.ready, vital=True),
            "keys": Part(self.keeper.ready, vital=True, reason=self.keeper.reason),
            "redis": Part(self.waker.ready, vital=False),
            "mail": Part(self.mailer.ready, vital=False),
            "search": Part(self.products.ready, vital=False),
        }
        if self.scanner.configured:
            self.parts["scanner"] = Part(self.scanner.ready, vital=False)
        if self.engines.remote:
            self.parts["meilisearch"] = Part(self.engines.ready, vital=False, reason=self.engines.reason)

    @property
    def keys(self) -> KeyRing:
        """The ring for what begins now."""
        return self.keeper.ring

    def work(self, uow: UnitOfWork, principal: Principal | None, action: str, trace: str) -> Work:
        """What one request or job works with; without a principal the platform itself acts."""
        now = datetime.now(UTC)
        trail = Trail(uow, append, principal=principal, trace=trace, at=now, action=action)
        return Work(
            uow=uow,
            access=Access(POLICY, principal or PLATFORM, action, now=now, ties=ties(uow)),
            trail=trail,
            outbox=Outbox(uow, self.waker.wake),
            events=self.events,
            feed=self.feed,
            keys=self.keys,
            now=now,
        )

    @asynccontextmanager
    async def unit(self, principal: Principal | None, action: str, trace: str) -> AsyncIterator[Work]:
        """A unit of work that commits when the block ends well: for a request that waits for others in between."""
        reach = POLICY.reach(principal, action, datetime.now(UTC)) if principal else EVERYTHING
        async with self.database.begin(reach) as uow:
            yield self.work(uow, principal, action, trace)
            await uow.commit()

    def placer(self, work: Work) -> PlacementService:
        """Who owns a question, in this unit of work."""
        return PlacementService(work, self.directory)

    def asker(self, work: Work) -> AskReference:
        """Finds the customer of a question by its reference, in this unit of work."""
        return QuestionService(work, CustomerService(work)).customer_of

    def life(self, work: Work) -> LifeService:
        """The life cycle, in this unit of work."""
        return LifeService(work, self.placer(work), CustomerService(work))

    def letters(self, work: Work) -> LetterWriter:
        """Who writes letters, in this unit of work."""
        return LetterWriter(work, ProductService(work, self.products), self.letterhead, self.settings.address)

    async def _file(self, customer_id: UUID) -> frozenset[UUID]:
        async with self.database.begin() as uow:
            return frozenset(await members(uow, [customer_id]))

    async def _merged(self, work: Work, event: CustomersMerged) -> None:
        await Follower(work, CustomerService(work)).merged(event)

    async def _split(self, work: Work, event: CustomersSplit) -> None:
        await Follower(work, CustomerService(work)).split(event)

    async def _release(self, work: Work, ending: MembershipEnding) -> None:
        async with work.uow.reaching(EVERYTHING):  # also what is shielded from the administrator who ends it
            await self.life(work).release(ending)
            await GivingService(work, self.placer(work)).release(ending)

    async def denied(
        self, connection: Connection, principal: Principal, operation: str, about: tuple[str, UUID] | None = None
    ) -> None:
        """A refusal is logged like any other act, in a transaction of its own: that of the request is undone."""
        trace = connection.scope.get("state", {}).get("trace", "")
        kind, subject = about or (None, None)
        async with self.database.transaction() as uow:
            self.work(uow, principal, operation, trace).trail.record(kind, [subject], outcome="denied")

    @asynccontextmanager
    async def running(self, role: str = "api") -> AsyncIterator[None]:
        """Background tasks of the process: wake-ups out, changes in; `role` is how others know it."""
        tasks = [asyncio.create_task(self.waker.run()), asyncio.create_task(self.feed.listen(self.database))]
        try:
            async with self.keeper.keeping(self.database, role):
                yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.waker.close()
            await self.products.close()
            await self.engines.close()
            await self.registers.close()
            if self._owns_database:
                await self.database.close()


def development_issuer(settings: Settings) -> DevelopmentIssuer:
    """The issuer of demo tokens, with its keys in the data folder."""
    return DevelopmentIssuer(settings.folder / "keys", DEV_ISSUER, AUDIENCE)


def channel_issuer(settings: Settings, channel: str) -> DevelopmentIssuer:
    """The issuer of a channel's tokens on this machine; in production each channel has a key of its own elsewhere."""
    folder = settings.folder / "keys" / f"channel-{channel}"
    return DevelopmentIssuer(folder, f"{CHANNEL_ISSUER}{channel}", AUDIENCE)
