"""The long-lived parts of one process of the core: made once, shared by API, worker and commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from backend import settings as configuration
from backend.assistant.guidance.service import GuideService
from backend.assistant.review.service import Prover
from backend.assistant.statistics.service import PassageCounter
from backend.assistant.steps.rules import form_fault
from backend.assistant.steps.service import FlowProducts
from backend.assistant.versions.service import FlowStore
from backend.audit.service import append
from backend.cases.dossiers.service import Follower as DossierFollower
from backend.cases.events import CaseReported
from backend.catalogue.engines.service import Engines
from backend.catalogue.index.service import ProductIndex
from backend.catalogue.products.service import ProductService
from backend.catalogue.rules import Stream
from backend.catalogue.synonyms.service import Previews
from backend.contacts.appointments.rules import booking_fault
from backend.contacts.contributions.service import GivingService
from backend.contacts.events import QuestionMoved, QuestionRegistered
from backend.contacts.letters.service import LetterWriter
from backend.contacts.life.service import LifeService
from backend.contacts.questions.service import QuestionService
from backend.contacts.rules import Guide
from backend.contacts.shielding.service import messages_shown, ties
from backend.crm.customers.service import CustomerService, members
from backend.crm.events import CustomersMerged, CustomersSplit, StatusSharingChanged
from backend.crm.finding.service import AskReference
from backend.crm.registers.service import Registers
from backend.crm.suggestions.service import Follower
from backend.identity.events import MembershipEnding
from backend.identity.principals.service import PrincipalStore
from backend.identity.rules import CHANNELS, POLICY
from backend.kit.access import PLATFORM, Access, Connection, Principal
from backend.kit.board import Board
from backend.kit.changes import ChangeFeed
from backend.kit.configuration import SettingsInvalid
from backend.kit.crypto import KeyRing
from backend.kit.db import Database, UnitOfWork
from backend.kit.events import EventBus
from backend.kit.health import Part
from backend.kit.jobs import Waker
from backend.kit.keeper import KeyKeeper
from backend.kit.keys import DevelopmentIssuer, key_file
from backend.kit.limits import Limits
from backend.kit.outbox import Outbox
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION, INTAKE
from backend.kit.scanner import Scanner
from backend.kit.signing import names_in
from backend.kit.tokens import TokenVerifier
from backend.kit.trail import Trail
from backend.kit.work import Work
from backend.notifications.burgerprofiel.service import burgerprofiel
from backend.notifications.rules import Letterhead
from backend.notifications.service import Mailer
from backend.routing.placement.service import DirectoryStore, PlacementService
from backend.settings import AUDIENCE, CHANNEL_ISSUER, DEV_ISSUER, Settings

INTAKE_CONNECTIONS = 3
"""Of the public form, per process."""


class Platform:
    """The long-lived parts of one process: database, keys, caches, listeners.

    Args:
        settings: the configuration.
        database: another database than the configured one (tests).
    """

    def __init__(self, settings: Settings, database: Database | None = None) -> None:
        self.settings = settings
        _check_addresses(settings)
        self._owns_database = database is None
        self.database = database or Database(settings.database_url, role=APPLICATION)
        self.intake, self.limits = _public(settings)
        self.feed = ChangeFeed()
        self.board = Board(self.feed)
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
        self.flows = FlowStore(self.database, self.feed)
        self.flow_products = FlowProducts(self.database, self.feed, settings.address_form)
        self.prover = Prover()
        self.passages = PassageCounter(self.database)
        self.registers = Registers(configuration.registers(settings))
        self.burgerprofiel = burgerprofiel(settings)
        self._listen()
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

    def guide(self, work: Work) -> Guide:
        """Who replays answers to guided questions, in this unit of work."""
        return GuideService(work, self.flows)

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

    def dossiers(self, work: Work) -> DossierFollower:
        """Who notes what Mijn Burgerprofiel has to hear, in this unit of work."""
        return DossierFollower(work, CustomerService(work))

    def _listen(self) -> None:
        self.events.subscribe(MembershipEnding, self._release)
        self.events.subscribe(CustomersMerged, self._merged)
        self.events.subscribe(CustomersSplit, self._split)
        if self.burgerprofiel is None:
            return  # nothing waits to be told there
        self.events.subscribe(QuestionRegistered, lambda work, event: self.dossiers(work).question(event))
        self.events.subscribe(QuestionMoved, lambda work, event: self.dossiers(work).question(event))
        self.events.subscribe(CaseReported, lambda work, event: self.dossiers(work).case(event))
        self.events.subscribe(CustomersMerged, lambda work, event: self.dossiers(work).merged(event))
        self.events.subscribe(CustomersSplit, lambda work, event: self.dossiers(work).split(event))
        self.events.subscribe(StatusSharingChanged, lambda work, event: self.dossiers(work).sharing(event))

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
        running = (self.waker.run(), self.feed.listen(self.database), self.feed.send(self.database))
        tasks = [asyncio.create_task(one) for one in running]
        try:
            async with self.keeper.keeping(self.database, role):
                self.intake.gate = self.database.gate
                yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.waker.close()
            await self.products.close()
            await self.engines.close()
            await self.registers.close()
            if self.burgerprofiel is not None:
                await self.burgerprofiel.close()
            await self.limits.close()
            await self.intake.close()
            if self._owns_database:
                await self.database.close()


def _check_addresses(settings: Settings) -> None:
    """Raises `SettingsInvalid` for an address that cannot lead anywhere."""
    faults = {
        "appointments_url": booking_fault(settings.appointments_url),
        "flow_form_url": form_fault(settings.flow_form_url),
    }
    for name, fault in faults.items():
        if fault:
            raise SettingsInvalid(f"{configuration.variable(name)}: {fault}")


def _public(settings: Settings) -> tuple[Database, Limits]:
    """What the public form needs: connections that can add a form and nothing else, and counts."""
    return Database(settings.intake_url, role=INTAKE, size=INTAKE_CONNECTIONS), Limits(settings.redis_url)


def development_issuer(settings: Settings) -> DevelopmentIssuer:
    """The issuer of demo tokens, with its keys in the data folder."""
    return DevelopmentIssuer(settings.folder / "keys", DEV_ISSUER, AUDIENCE)


def channel_issuer(settings: Settings, channel: str) -> DevelopmentIssuer:
    """The issuer of a channel's tokens on this machine; in production each channel has a key of its own elsewhere."""
    folder = settings.folder / "keys" / f"channel-{channel}"
    return DevelopmentIssuer(folder, f"{CHANNEL_ISSUER}{channel}", AUDIENCE, names_in(folder))
