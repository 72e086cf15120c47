"""The registers that are coupled in this process."""

from datetime import datetime
from uuid import UUID

from backend.crm.registers.rules import (
    AssociationSource,
    EnterpriseSource,
    PersonSource,
    Register,
    RegisterRecord,
)
from backend.crm.registers.service.associations import AssociationsRegister
from backend.crm.registers.service.magda import EnterpriseRegister, NationalRegister
from backend.kit.configuration import SettingsInvalid
from backend.settings import RegisterSettings, variable


class Registers:
    """Asks the register that is meant; one for the whole process, as connections and breakers are shared.

    Args:
        settings: which registers are coupled, and how.

    Raises:
        SettingsInvalid: a certificate or key cannot be read, or they are no pair.
    """

    def __init__(self, settings: RegisterSettings) -> None:
        national, enterprises = settings.national_register, settings.enterprise_register
        associations = settings.associations_register
        try:
            made = (
                NationalRegister(national) if national else None,
                EnterpriseRegister(enterprises) if enterprises else None,
                AssociationsRegister(associations) if associations else None,
            )
        except (OSError, ValueError) as error:
            raise SettingsInvalid(f"{variable('registers_file')}: {error}") from error
        self.persons: PersonSource | None = made[0]
        self.enterprises: EnterpriseSource | None = made[1]
        self.associations: AssociationSource | None = made[2]
        self._closing = [one for one in made if one is not None]

    def coupled(self, register: Register) -> bool:
        """Whether this register can be asked."""
        return self._source(register) is not None

    def capacity(self, register: Register) -> str | None:
        """In which capacity it is asked."""
        source = self._source(register)
        return source.capacity if source else None

    async def record(self, register: Register, number: str, *, reference: UUID, at: datetime) -> RegisterRecord:
        """What a coupled register says about a number.

        Raises:
            RegisterFailed: one of its kinds.
            LookupError: it is not coupled.
        """
        if register == "nationalRegister" and self.persons:
            return await self.persons.person(number, reference=reference, at=at)
        if register == "enterpriseRegister" and self.enterprises:
            return await self.enterprises.enterprise(number, reference=reference, at=at)
        if register == "associationsRegister" and self.associations:
            return await self.associations.association(number, reference=reference)
        raise LookupError(register)

    def _source(self, register: Register) -> PersonSource | EnterpriseSource | AssociationSource | None:
        return {
            "nationalRegister": self.persons,
            "enterpriseRegister": self.enterprises,
            "associationsRegister": self.associations,
        }[register]

    async def close(self) -> None:
        """Give the connections back."""
        for one in self._closing:
            await one.close()
