"""What we need of a register, whichever way it is reached. Implementations: `registers.service`; simulators: tests."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from backend.crm.registers.rules.records import Register, RegisterRecord


class Source(Protocol):
    """A register that can be asked about one number."""

    @property
    def register(self) -> Register:
        """Which one."""
        ...

    @property
    def capacity(self) -> str | None:
        """The capacity (`Hoedanigheid`) in which it is asked; None when it does not want to know."""
        ...


class PersonSource(Source, Protocol):
    """The national register."""

    async def person(self, ssin: str, *, reference: UUID, at: datetime) -> RegisterRecord:
        """What it says of a person, whose file is first noted as one that the city has to do with.

        Args:
            ssin: national number.
            reference: under which both sides find the look-up back.
            at: now.

        Raises:
            RegisterFailed: one of its kinds.
        """
        ...

    async def withdraw(self, ssin: str, *, reference: UUID, at: datetime) -> None:
        """Tell it that the city has nothing to do with this person any more.

        Raises:
            RegisterFailed: one of its kinds.
        """
        ...


class EnterpriseSource(Source, Protocol):
    """The enterprise register."""

    async def enterprise(self, number: str, *, reference: UUID, at: datetime) -> RegisterRecord:
        """What it says of an enterprise; arguments and failures as those of a person."""
        ...


class AssociationSource(Source, Protocol):
    """The associations register."""

    async def association(self, v_code: str, *, reference: UUID) -> RegisterRecord:
        """What it says of an association; arguments and failures as those of a person."""
        ...
