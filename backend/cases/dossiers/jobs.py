"""Effects of dossiers: telling, asking what came of it, giving a notice. A refusal is visible as a dead letter."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import msgspec

from backend.cases.dossiers.rules import PUSH, Row
from backend.cases.dossiers.service import Teller
from backend.cases.dossiers.service.telling import Products
from backend.kit.db import UnitOfWork
from backend.kit.outbox import DeadLetter, Effect, Handler, SlowHandler, TryAgain
from backend.kit.work import Work
from backend.notifications.burgerprofiel.service import Burgerprofiel, DossierRefused

Begin = Callable[[Effect], AbstractAsyncContextManager[Work]]
"""Begins a unit of work of the platform, which is committed when the block ends well."""


class DossierWorker:
    """Handlers of the topics of dossiers.

    Args:
        begin: begins a unit of work.
        client: Mijn Burgerprofiel.
        products: the catalogue in a unit of work.
    """

    def __init__(self, begin: Begin, client: Burgerprofiel, products: Products) -> None:
        self._begin = begin
        self._client = client
        self._products = products

    @property
    def pusher(self) -> SlowHandler:
        """Of topic `cases.pushDossier`."""
        return SlowHandler(self._push)

    @property
    def reader(self) -> SlowHandler:
        """Of topic `cases.readDossierResult`."""
        return SlowHandler(self._read)

    @property
    def notifier(self) -> SlowHandler:
        """Of topic `cases.notifyDossier`."""
        return SlowHandler(self._notify)

    def _teller(self, work: Work) -> Teller:
        return Teller(work, self._client, self._products)

    async def _push(self, effect: Effect) -> Handler:
        async with self._begin(effect) as work:
            await self._teller(work).announce(UUID(effect.ids["dossier"]))
        async with self._begin(effect) as work:
            refused = await self._teller(work).push(UUID(effect.ids["dossier"]))
        if refused is not None:
            raise refused
        return _done

    async def _read(self, effect: Effect) -> Handler:
        async with self._begin(effect) as work:
            row = await self._current(work, effect)
            if row is not None and row.state == "refused":  # a person lets it be tried again
                work.outbox.add(PUSH, work.now, dossier=row.id)
        if row is None or row.state != "pending" or row.upload_id is None:
            return _done
        try:
            result = await self._client.result(row.upload_id)
        except DossierRefused:
            raise TryAgain("resultUnknown") from None
        if result is None:
            raise TryAgain("notProcessed")
        async with self._begin(effect) as work:
            now = await self._teller(work).row(row.id, lock=True)
            if now is None or now.upload_id != row.upload_id or now.state != "pending":
                return _done
            if result.succes:
                await self._teller(work).accepted(now)
                return _done
            await self._teller(work).refused(now, result.fault)
        raise DeadLetter(f"refused: {result.fault}")

    async def _notify(self, effect: Effect) -> Handler:
        async with self._begin(effect) as work:
            row = await self._current(work, effect)
            plan = await self._teller(work).plan(row) if row is not None and row.notify else None
        if row is None or plan is None or plan.told is None or plan.content != row.content or row.upload_id is None:
            return _done  # it stands otherwise by now: that is told on its own
        try:
            await self._client.notify(msgspec.structs.replace(plan.told, upload_id=row.upload_id))
        except DossierRefused as refusal:
            async with self._begin(effect) as work:
                await self._teller(work).not_notified(row, str(refusal))
            raise
        async with self._begin(effect) as work:
            await self._teller(work).notified(row)
        return _done

    async def _current(self, work: Work, effect: Effect) -> Row | None:
        """The dossier, as long as this upload is the last one."""
        row = await self._teller(work).row(UUID(effect.ids["dossier"]))
        return row if row is not None and str(row.upload_id) == effect.ids["upload"] else None


async def _done(_uow: UnitOfWork, _effect: Effect) -> None:
    """Everything is written down already; the row of the outbox is done."""
