"""Reading the profile of who is logged in."""

from backend.audit.service import OWN_DATA
from backend.crm.customers.schemas import HitIdentifier
from backend.crm.customers.service import CustomerService
from backend.crm.own.schemas import OwnProfileView
from backend.kit.problems import not_found
from backend.kit.schema import given
from backend.kit.work import Work


class OwnProfileService:
    """The profile of the customer who is logged in."""

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def get(self) -> OwnProfileView:
        """The profile of the live customer of the own file; 404 when nobody of ours is logged in.

        An address that is not to be disclosed stays out of it: a screen in a living room is a place too.
        """
        me = self._work.who.customer
        live = await self._customers.live(me) if me else None
        profile = (await self._customers.profiles([live])).get(live) if live else None
        if profile is None:
            raise not_found("customer")
        self._work.trail.record("customer", profile.members, fields=["profile"], purpose=OWN_DATA)
        view = self._customers.view(profile)
        return OwnProfileView(
            id=view.id,
            kind=view.kind,
            display_name=view.display_name,
            language=view.language,
            preferred_channel=profile.preferred_channel,
            names=given(view.names) or [],
            identifiers=[HitIdentifier(type=one.type, value=one.value) for one in given(view.identifiers) or []],
            addresses=[one for one in given(view.addresses) or [] if not one.undisclosed],
            contact_points=given(view.contact_points) or [],
        )
