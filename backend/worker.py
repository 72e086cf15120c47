"""Composition of the worker: which topic is brought about by whom, what is swept. No logic of its own."""

import asyncio
import signal
from collections.abc import Sequence

import structlog
import uvloop

from backend.app import Platform
from backend.catalogue.products.service import ProductService
from backend.contacts.messages.jobs import Letterhead, MessageSender
from backend.contacts.messages.service import SEND
from backend.contacts.rules import QUIET
from backend.kit import logs
from backend.kit.db import UnitOfWork
from backend.kit.idempotency import forget_old
from backend.kit.jobs import Sweep, WorkerLoop
from backend.kit.metrics import EFFECTS
from backend.kit.outbox import Dispatcher, Effect, Handler, forget_done
from backend.kit.work import Work
from backend.settings import Settings

log = structlog.get_logger("worker")


def handlers(platform: Platform) -> dict[str, Handler]:
    """Topic of the outbox -> what brings it about; from the `jobs.py` of the modules."""
    settings = platform.settings
    letterhead = Letterhead(
        city=settings.city,
        city_phone=settings.city_phone,
        city_website=settings.city_website,
        form=settings.address_form,
    )

    def work(uow: UnitOfWork, effect: Effect) -> Work:
        return platform.work(uow, None, effect.topic, str(effect.id))

    def products(work: Work) -> ProductService:
        return ProductService(work, platform.products)

    return {SEND: MessageSender(work, products, platform.life, platform.mailer, letterhead)}


def sweeps(platform: Platform) -> Sequence[tuple[str, Sweep]]:
    """What looks over the invariants every minute, by name."""

    async def close_quiet(uow: UnitOfWork) -> int:
        work = platform.work(uow, None, "closeQuietQuestions", "sweep")
        return await platform.life(work).close_quiet(work.now - QUIET)

    return [("idempotency", forget_old), ("outbox", forget_done), ("quietQuestions", close_quiet)]


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
    )
    async with platform.running():
        log.info("worker_started", topics=sorted(known))
        await loop.run(stop)
    log.info("worker_stopped")


def _counted(topic: str, handler: Handler) -> Handler:
    """The handler, counted once its effect is committed."""
    done = EFFECTS.labels(topic, "done")

    async def counted(uow: UnitOfWork, effect: Effect) -> None:
        uow.after_commit(done.inc)
        await handler(uow, effect)

    return counted


def _report(effect: Effect, reason: str, dead: bool) -> None:
    """Count and log a failure: the kind of error only, as its text may hold personal data."""
    outcome = "dead" if dead else "retry"
    EFFECTS.labels(effect.topic, outcome).inc()
    kind = reason.split(":", 1)[0]
    log.warning(
        "effect_failed", topic=effect.topic, id=str(effect.id), attempt=effect.attempts, error=kind, next=outcome
    )
