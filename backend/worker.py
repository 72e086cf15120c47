"""Composition of the worker: which topic is brought about by whom, what is swept. No logic of its own."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import structlog
import uvloop

from backend.app import Platform
from backend.assistant.tasks.jobs import TaskMailer
from backend.assistant.tasks.rules import MAIL as TASK_MAIL
from backend.assistant.tasks.service import TaskService
from backend.cases.dossiers.jobs import DossierWorker
from backend.cases.dossiers.rules import NOTIFY, PUSH, RESULT
from backend.catalogue.engines.jobs import IndexKeeper
from backend.catalogue.engines.rules import INDEX
from backend.catalogue.imports.service import forget_quiet
from backend.catalogue.products.service import ProductService
from backend.catalogue.publication.jobs import Publisher
from backend.catalogue.publication.service import PublicationService
from backend.catalogue.rules import PUBLISH
from backend.catalogue.search.service import forget_old as forget_searches
from backend.catalogue.sources.jobs import Synchroniser
from backend.catalogue.sources.service import SYNCHRONISE, SourceService
from backend.contacts.attachments.jobs import AttachmentScanner
from backend.contacts.attachments.service import SCAN
from backend.contacts.claims.jobs import ClaimTeller, FormMatcher
from backend.contacts.claims.service import TELL as TELL_CLAIM
from backend.contacts.claims.service import forget_claims, forget_tokens
from backend.contacts.contributions.service import FollowUp
from backend.contacts.drafts.service import forget_old as forget_drafts
from backend.contacts.glass.jobs import GlassNotifier
from backend.contacts.inbound.jobs import MailReader, QuarantineNotifier
from backend.contacts.inbound.rules import reader
from backend.contacts.inbound.service import NOTICE as QUARANTINE_NOTICE
from backend.contacts.inbound.service import READ
from backend.contacts.intake.jobs import FormRegistrar
from backend.contacts.intake.service import MATCH, REGISTER, forget_forms, forget_typed
from backend.contacts.lost.service import LostMessages
from backend.contacts.mailboxes.jobs import FETCH, Fetcher, plan_fetches
from backend.contacts.messages.jobs import MessageSender
from backend.contacts.messages.service import SEND
from backend.contacts.notices.jobs import NoticeMailer
from backend.contacts.notices.service import MAIL as NOTICE_MAIL
from backend.contacts.notices.service import forget_old as forget_notices
from backend.contacts.reminders.jobs import ReminderTeller
from backend.contacts.reminders.service import TELL
from backend.contacts.rules import QUIET
from backend.contacts.telephony.service import forget_old as forget_calls
from backend.crm.customers.service import CustomerService
from backend.crm.registers.jobs import NewCustomers
from backend.crm.registers.rules import LOOK_UP
from backend.crm.registers.service import forget_undecided, plan_new
from backend.crm.suggestions.jobs import Suggester, Walker
from backend.crm.suggestions.rules import SUGGEST, WALK
from backend.crm.suggestions.service import RunService
from backend.crm.verification.jobs import VerificationSender
from backend.crm.verification.service import SEND as VERIFY
from backend.crm.verification.service import expire_codes
from backend.identity.glass.service import NOTICE
from backend.kit import logs
from backend.kit.db import UnitOfWork
from backend.kit.idempotency import forget_old
from backend.kit.jobs import Sweep, WorkerLoop
from backend.kit.metrics import EFFECTS, SWEPT
from backend.kit.outbox import Dispatcher, Effect, Handler, SlowHandler, forget_done
from backend.kit.work import Work
from backend.routing.escalation.service import EscalationService
from backend.routing.handover.service import HandoverService
from backend.routing.lapses.service import LapseService
from backend.routing.levels.service import read_heads
from backend.routing.monitor.jobs import Counter
from backend.routing.monitor.service import COUNT, MonitorService
from backend.settings import Settings

log = structlog.get_logger("worker")


def handlers(platform: Platform) -> dict[str, Handler | SlowHandler]:
    """Topic of the outbox -> what brings it about; from the `jobs.py` of the modules."""
    settings = platform.settings
    letterhead = platform.letterhead

    def work(uow: UnitOfWork, effect: Effect) -> Work:
        return platform.work(uow, None, effect.topic, str(effect.id))

    def synchronising(uow: UnitOfWork, trace: str) -> Work:
        return platform.work(uow, None, SYNCHRONISE, trace)

    def looking_up(uow: UnitOfWork, trace: str) -> Work:
        return platform.work(uow, None, LOOK_UP, trace)

    def beginning(topic: str) -> Callable[[str], AbstractAsyncContextManager[Work]]:
        return lambda trace: platform.unit(None, topic, trace)

    def walking(uow: UnitOfWork, trace: str) -> Work:
        return platform.work(uow, None, WALK, trace)

    read, sender = reader(settings.mail_from, settings.spam_headers), settings.mail_from
    synchroniser = Synchroniser(platform.database, synchronising, private=settings.inside)
    return {
        SEND: MessageSender(work, platform.letters, platform.life, platform.mailer),
        SCAN: AttachmentScanner(beginning(SCAN), work, platform.placer, platform.scanner).handler,
        NOTICE_MAIL: NoticeMailer(work, platform.mailer, letterhead),
        TASK_MAIL: TaskMailer(work, platform.mailer, letterhead),
        READ: MailReader(beginning(READ), work, platform.placer, platform.life, read, sender).handler,
        **_forms(platform, work),
        FETCH: Fetcher(platform.database, beginning(FETCH)).handler,
        QUARANTINE_NOTICE: QuarantineNotifier(work, platform.mailer, settings.city),
        TELL: ReminderTeller(work),
        COUNT: Counter(work),
        NOTICE: GlassNotifier(work, platform.mailer, settings.city),
        VERIFY: VerificationSender(work, platform.mailer, letterhead),
        SUGGEST: Suggester(work),
        WALK: Walker(platform.database, walking).handler,
        LOOK_UP: NewCustomers(beginning(LOOK_UP), looking_up, platform.registers).handler,
        PUBLISH: Publisher(work, platform.stream),
        SYNCHRONISE: synchroniser.handler,
        INDEX: SlowHandler(IndexKeeper(platform.database, platform.products, platform.feed, settings).prepare),
        **_dossiers(platform),
    }


def _dossiers(platform: Platform) -> dict[str, SlowHandler]:
    """What tells Mijn Burgerprofiel, where it is coupled."""
    if platform.burgerprofiel is None:
        return {}

    def begin(effect: Effect) -> AbstractAsyncContextManager[Work]:
        return platform.unit(None, effect.topic, str(effect.id))

    telling = DossierWorker(begin, platform.burgerprofiel, lambda work: ProductService(work, platform.products))
    return {PUSH: telling.pusher, RESULT: telling.reader, NOTIFY: telling.notifier}


def _dossier_sweeps(platform: Platform) -> Sequence[tuple[str, Sweep]]:
    async def dossiers(uow: UnitOfWork) -> int:
        return await platform.dossiers(platform.work(uow, None, PUSH, "sweep")).sweep()

    return [("dossiers", dossiers)] if platform.burgerprofiel else []


def _forms(platform: Platform, work: Callable[[UnitOfWork, Effect], Work]) -> dict[str, Handler | SlowHandler]:
    """What comes after a public form."""
    settings = platform.settings
    pause = settings.match_seconds_least, max(settings.match_seconds_least, settings.match_seconds_most)
    site = settings.widget_url or settings.city_website
    return {
        REGISTER: FormRegistrar(work, platform.placer, pause),
        MATCH: FormMatcher(work, platform.placer),
        TELL_CLAIM: ClaimTeller(work, platform.mailer, platform.letterhead, site),
    }


def sweeps(platform: Platform) -> Sequence[tuple[str, Sweep]]:
    """What looks over the invariants every minute, by name."""

    async def close_quiet(uow: UnitOfWork) -> int:
        work = platform.work(uow, None, "closeQuietQuestions", "sweep")
        return await platform.life(work).close_quiet(work.now - QUIET)

    async def publish(uow: UnitOfWork) -> int:
        return await PublicationService(platform.work(uow, None, PUBLISH, "sweep"), platform.stream).publish()

    async def plan_sources(uow: UnitOfWork) -> int:
        work = platform.work(uow, None, "planCatalogueSources", "sweep")
        return await SourceService(work, private=platform.settings.inside).plan_due()

    async def look_ups(uow: UnitOfWork) -> int:
        work = platform.work(uow, None, LOOK_UP, "sweep")
        await forget_undecided(work)
        return await plan_new(work, platform.registers) if platform.settings.registers_automatic else 0

    async def suggestions(uow: UnitOfWork) -> int:
        work = platform.work(uow, None, WALK, "sweep")
        return await RunService(work, CustomerService(work)).sweep()

    async def mailboxes(uow: UnitOfWork) -> int:
        return await plan_fetches(platform.work(uow, None, FETCH, "sweep"))

    keeper = IndexKeeper(platform.database, platform.products, platform.feed, platform.settings)

    async def index(uow: UnitOfWork) -> int:
        return await keeper.sweep(uow, platform.work(uow, None, INDEX, "sweep"))

    return [
        ("idempotency", forget_old),
        ("outbox", forget_done),
        ("searches", forget_searches),
        ("verificationCodes", expire_codes),
        ("quietQuestions", close_quiet),
        ("publication", publish),
        ("catalogueReports", forget_quiet),
        ("catalogueSources", plan_sources),
        ("searchIndex", index),
        ("mailboxes", mailboxes),
        ("contributions", _contributions(platform)),
        ("suggestions", suggestions),
        ("registerLookups", look_ups),
        ("openTally", lambda uow: MonitorService(platform.work(uow, None, COUNT, "sweep")).count()),
        *_follow_up(platform),
        *_dossier_sweeps(platform),
    ]


def _follow_up(platform: Platform) -> Sequence[tuple[str, Sweep]]:
    """What keeps a question from being lost: each finds what is not as it should be, and puts it right or tells."""

    def working(name: str, sweep: Callable[[Work], Awaitable[int]]) -> tuple[str, Sweep]:
        return name, lambda uow: sweep(platform.work(uow, None, name, "sweep"))

    def handover(work: Work) -> HandoverService:
        return HandoverService(work, platform.placer(work), platform.life(work))

    def lapses(work: Work) -> LapseService:
        return LapseService(work, platform.placer(work))

    def lost(work: Work) -> LostMessages:
        return LostMessages(work, platform.life(work))

    return [
        working("closedDepartments", lambda work: handover(work).closed()),
        working("inactiveAssignees", lambda work: handover(work).inactive()),
        working("absentAssignees", lambda work: handover(work).absent()),
        working("escalation", lambda work: EscalationService(work, platform.placer(work)).sweep()),
        working("passedActions", lambda work: lapses(work).passed()),
        working("stalledQuestions", lambda work: lapses(work).still()),
        working("unsentMessages", lambda work: lost(work).queue_again()),
        working("deadMessages", lambda work: lost(work).give_up()),
        working("flowTasks", lambda work: TaskService(work).sweep()),
        ("notices", forget_notices),
        ("contactDrafts", forget_drafts),
        ("ringingCalls", forget_calls),
        ("claimTokens", forget_tokens),
        ("oldClaims", forget_claims),
        ("typedIdentities", forget_typed),
        ("oldForms", forget_forms),
    ]


def _contributions(platform: Platform) -> Sweep:
    async def follow(uow: UnitOfWork) -> int:
        work = platform.work(uow, None, "followContributions", "sweep")
        return await FollowUp(work, platform.placer(work), await read_heads(uow)).run()

    return follow


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then let what runs finish."""
    logs.configure(settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_signal(settings))


async def _until_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(Platform(settings), stop)


async def work(platform: Platform, stop: asyncio.Event) -> None:
    """Bring about effects and sweep, until `stop` is set."""
    known = {topic: _counted(topic, handler) for topic, handler in handlers(platform).items()}
    loop = WorkerLoop(
        platform.settings.redis_url,
        platform.database,
        Dispatcher(platform.database, known, _report),
        sweeps(platform),
        most=platform.settings.worker_tasks,
        report=_swept,
    )
    async with platform.running("worker"):
        log.info("worker_started", topics=sorted(known))
        await loop.run(stop)
    log.info("worker_stopped")


def _counted(topic: str, handler: Handler | SlowHandler) -> Handler | SlowHandler:
    """The handler, counted once its effect is committed."""
    if isinstance(handler, SlowHandler):
        slow = handler

        async def prepare(effect: Effect) -> Handler:
            return _count(topic, await slow.prepare(effect))

        return SlowHandler(prepare)
    return _count(topic, handler)


def _count(topic: str, handler: Handler) -> Handler:
    done = EFFECTS.labels(topic, "done")

    async def counted(uow: UnitOfWork, effect: Effect) -> None:
        uow.after_commit(done.inc)
        await handler(uow, effect)

    return counted


def _swept(name: str, count: int | None) -> None:
    """Count and log what a sweep put right; what failed is logged where it did."""
    if count is None:
        SWEPT.labels(name, "failed").inc()
    else:
        SWEPT.labels(name, "done").inc(count)
        log.info("swept", sweep=name, count=count)


def _report(effect: Effect, reason: str, dead: bool) -> None:
    """Count and log a failure: the kind of error only, as its text may hold personal data."""
    outcome = "dead" if dead else "retry"
    EFFECTS.labels(effect.topic, outcome).inc()
    kind = reason.split(":", 1)[0]
    log.warning(
        "effect_failed", topic=effect.topic, id=str(effect.id), attempt=effect.attempts, error=kind, next=outcome
    )
