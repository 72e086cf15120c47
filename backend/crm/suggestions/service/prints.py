"""What is known of customers: as subjects for the engine, and as keyed hashes that tell whether it changed."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from backend.crm.customers.service import CustomerService, Profile
from backend.crm.customers.service.subject import subject_of
from backend.crm.matching.rules import Subject
from backend.crm.suggestions.rules import fingerprint
from backend.kit.crypto import KeyRing
from backend.kit.db import Row
from backend.kit.work import Work

_KEY = "matchSuggestion"


class Known:
    """Customers as they are now.

    Args:
        profiles: as stored; of one that was merged what was told of itself.
        subjects: what counts of them for matching.
        keys: the key ring.
    """

    def __init__(self, profiles: Mapping[UUID, Profile], subjects: Mapping[UUID, Subject], keys: KeyRing) -> None:
        self.profiles = profiles
        self.subjects = subjects
        self._keys = keys
        self._texts: dict[UUID, str] = {}

    def live(self, customer_id: UUID) -> bool:
        """Whether it is a customer that was not merged into another one."""
        return customer_id in self.profiles and self.profiles[customer_id].survivor_id is None

    def joined(self, other: "Known") -> "Known":
        """These customers and those."""
        return Known({**self.profiles, **other.profiles}, {**self.subjects, **other.subjects}, self._keys)

    def print(self, customer_id: UUID) -> bytes:
        """The keyed hash to store."""
        return self._keys.lookup(self._text(customer_id), purpose=_KEY)

    def same_data(self, row: Row) -> bool:
        """Whether both customers of a stored suggestion are live, and what they were when it was written."""
        sides = ((row["first_id"], row["first_print"]), (row["second_id"], row["second_print"]))
        return all(self.live(whose) and self._unchanged(whose, before) for whose, before in sides)

    def fresh(self, whose: UUID, before: bytes) -> bytes:
        """A stored hash under the key that writes; as it is when the data are no longer what they were."""
        return self.print(whose) if whose in self.profiles and self._unchanged(whose, before) else before

    def _unchanged(self, customer_id: UUID, before: bytes) -> bool:
        """Whether a hash, whichever key made it, is of the data as they are."""
        return before in self._keys.lookups(self._text(customer_id), purpose=_KEY)

    def _text(self, customer_id: UUID) -> str:
        if customer_id not in self._texts:
            self._texts[customer_id] = fingerprint(self.subjects[customer_id])
        return self._texts[customer_id]


async def known(work: Work, customers: CustomerService, customer_ids: Iterable[UUID]) -> Known:
    """These customers as they are now."""
    wanted = list(set(customer_ids))
    profiles = await customers.profiles(wanted) if wanted else {}
    subjects = {one: subject_of(profile, work.keys) for one, profile in profiles.items()}
    return Known(profiles, subjects, work.keys)
