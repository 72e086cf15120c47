"""The national and the enterprise register, over MAGDA: signed SOAP, mutual TLS."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TypeVar
from uuid import UUID, uuid5

from lxml.etree import _Element as Element

from backend.crm.registers.rules import (
    Register,
    RegisterAway,
    RegisterFailed,
    RegisterRecord,
    RegisterRefused,
    RegisterUnreadable,
)
from backend.crm.registers.rules import magda as wire
from backend.crm.registers.rules.enterprises import enterprise
from backend.crm.registers.rules.persons import person
from backend.kit.clock import BRUSSELS
from backend.kit.outgoing import Answer, Caller, CallFailed, tls_context
from backend.kit.soap import Signer, SoapFault, SoapUnreadable, Tree, read
from backend.settings import MagdaRegister

T = TypeVar("T")
OK, FAULT = 200, 500


def failed_call(failure: CallFailed) -> RegisterFailed:
    """What a call without an answer means for a look-up."""
    if failure.reason == "unreadable":
        return RegisterUnreadable("unreadable")
    return RegisterAway(failure.reason, failure.retry_after)


class MagdaGateway:
    """Asks the services of MAGDA for one register.

    Args:
        settings: how it is reached.

    Raises:
        OSError: a certificate or key cannot be read.
        KeyPairInvalid: they are no pair.
    """

    def __init__(self, settings: MagdaRegister) -> None:
        self.settings = settings
        key, certificate = Path(settings.key_file).read_bytes(), Path(settings.certificate_file).read_bytes()
        self._signer = Signer(key, certificate)
        self._tls = tls_context(
            ca_file=settings.ca_file, certificate_file=settings.certificate_file, key_file=settings.key_file
        )
        self._callers: dict[str, Caller] = {}

    async def ask(
        self,
        service: wire.Service,
        content: Tree,
        take: Callable[[Element], T],
        *,
        reference: UUID,
        at: datetime,
        until: float,
    ) -> T:
        """One question; gives what `take` makes of the content of its answer.

        Args:
            service: who is asked.
            content: of the question.
            take: takes the answer apart.
            reference: of the question.
            at: now.
            until: on the clock `monotonic`; the answer is there before.

        Raises:
            RegisterFailed: one of its kinds.
        """
        base = self.settings.repertory_url if service is wire.SUBSCRIBE or service is wire.UNSUBSCRIBE else ""
        signed = self._signer.signed(wire.question(service, self.settings, content, reference=reference, at=at))
        left = until - monotonic()
        if left <= 0:
            raise RegisterAway("timeout")
        try:
            return await self._caller(service).ask(
                "POST",
                (base or self.settings.url).rstrip("/") + service.path,
                lambda answer: take(wire.answered(service, _body(answer), reference)),
                content=signed,
                headers={"Content-Type": wire.CONTENT_TYPE},
                seconds=left,
            )
        except CallFailed as failure:
            raise failed_call(failure) from None

    def check(self, service: wire.Service) -> None:
        """Whether this service would be asked now.

        Raises:
            RegisterAway: it is left alone for a while.
        """
        try:
            self._caller(service).check()
        except CallFailed as failure:
            raise failed_call(failure) from None

    def _caller(self, service: wire.Service) -> Caller:
        """One per service: that one answers says nothing about another."""
        caller = self._callers.get(service.name)
        if caller is None:
            caller = self._callers[service.name] = Caller(tls=self._tls, seconds=self.settings.seconds)
        return caller

    def until(self) -> float:
        """When a look-up that begins now has to be over."""
        return monotonic() + self.settings.seconds

    async def close(self) -> None:
        """Give the connections back."""
        for caller in self._callers.values():
            await caller.close()


def _body(answer: Answer) -> Element:
    """The element in the body; whatever is no SOAP counts as a failure of the service."""
    if answer.status not in {OK, FAULT}:
        raise RegisterRefused(f"http{answer.status}")
    try:
        return read(answer.body)
    except SoapUnreadable:
        raise CallFailed("unreadable" if answer.status == OK else "status") from None
    except SoapFault as fault:
        code = fault.text.split(" ", 1)[0]
        if code in wire.AWAY:
            raise CallFailed("busy") from None
        if fault.code.rpartition(":")[2] == "Server":
            raise CallFailed("status") from None
        raise RegisterRefused("fault") from None


class NationalRegister:
    """Persons: `Persoon.GeefPersoon`, with `Repertorium.RegistreerInschrijving` before it."""

    register: Register = "nationalRegister"

    def __init__(self, settings: MagdaRegister) -> None:
        self._gateway = MagdaGateway(settings)
        self.capacity: str | None = settings.capacity

    async def person(self, ssin: str, *, reference: UUID, at: datetime) -> RegisterRecord:
        """See `PersonSource`; both questions share the time there is.

        Each message has a reference of its own: that of the registration follows from that of the look-up.
        """
        gateway, who, until = self._gateway, self._gateway.settings, self._gateway.until()
        gateway.check(wire.GIVE_PERSON)
        subscription = wire.subscription_content(who, ssin, at)
        first = uuid5(reference, wire.SUBSCRIBE.name)
        await gateway.ask(wire.SUBSCRIBE, subscription, wire.subscribed, reference=first, at=at, until=until)
        today = at.astimezone(BRUSSELS).date()
        return await gateway.ask(
            wire.GIVE_PERSON,
            wire.person_content(ssin, who.bron),
            lambda content: person(content, ssin, today),
            reference=reference,
            at=at,
            until=until,
        )

    async def withdraw(self, ssin: str, *, reference: UUID, at: datetime) -> None:
        """See `PersonSource`."""
        gateway = self._gateway
        content = wire.withdrawal_content(gateway.settings, ssin, at)
        until = gateway.until()
        await gateway.ask(wire.UNSUBSCRIBE, content, wire.subscribed, reference=reference, at=at, until=until)

    async def close(self) -> None:
        """Give the connections back."""
        await self._gateway.close()


class EnterpriseRegister:
    """Enterprises: `Onderneming.GeefOnderneming`."""

    register: Register = "enterpriseRegister"

    def __init__(self, settings: MagdaRegister) -> None:
        self._gateway = MagdaGateway(settings)
        self.capacity: str | None = settings.capacity

    async def enterprise(self, number: str, *, reference: UUID, at: datetime) -> RegisterRecord:
        """See `EnterpriseSource`."""
        return await self._gateway.ask(
            wire.GIVE_ENTERPRISE,
            wire.enterprise_content(number),
            lambda content: enterprise(content, number),
            reference=reference,
            at=at,
            until=self._gateway.until(),
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._gateway.close()
