"""JSON shapes of finding customers."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from backend.crm.customers.schemas import CustomerHit, House, Mail, Number, Phone, Postcode, Ssin
from backend.crm.finding.rules import FoundBy
from backend.crm.rules import LookPurpose
from backend.kit.schema import Input, Page, ShortText


class CustomerQuery(Input):
    """What is looked for: `text`, or exactly one other key (`postcode` and `houseNumber` are one key together).

    `text` is what somebody types into one box: an official number, a phone number, an e-mail address, the reference of
    a question, a postcode and house number (with or without the street), a name or a part of it, and beside a name a
    birth date or a postcode. `name` is the same for names only. `purpose` is kept in the log of every hit shown.
    """

    text: Annotated[str, Meta(min_length=1, max_length=200, examples=["jan peters 30/07/1985"])] | UnsetType = UNSET
    ssin: Ssin | UnsetType = UNSET
    enterprise_number: Number | UnsetType = UNSET
    establishment_unit_number: Number | UnsetType = UNSET
    v_code: Number | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    email: Mail | UnsetType = UNSET
    name: ShortText | UnsetType = UNSET
    postcode: Postcode | UnsetType = UNSET
    house_number: House | UnsetType = UNSET
    purpose: LookPurpose = "questionHandling"


class CustomerHitPage(Page):
    """Customers found: by a number or address first, then by name in alphabetical order, then by names like it.

    `understood` tells what `text` was taken for.
    """

    items: list[CustomerHit]
    understood: list[FoundBy] = []
