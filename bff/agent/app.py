"""Composition of the channel of colleagues."""

from collections import Counter

from litestar import Litestar

from bff.agent.events import EventController
from bff.agent.relayed import RELAYED
from bff.agent.screens.controllers import ScreenController, StartController
from bff.agent.screens.parts import Colleagues
from bff.agent.screens.wrapping import WrapUpController
from bff.agent.telephone import TelephoneController, telephone_token
from bff.core.application import About, ChannelParts, create_channel
from bff.session import SESSION_SCHEME, session_parts

ABOUT = About(
    title="Onthaal for colleagues",
    description=(
        "What the screens of the contact centre and the departments need, each screen in one call; operations of the "
        "core are passed on as they are. Every request has a session; a change has the header `X-CSRF: 1`."
    ),
    tags={
        "session": "Logging in and out, who is logged in.",
        "screens": "Screens in one call.",
        "events": "What changed, as it happens.",
        "telephone": "The hook of the switchboard.",
        "identity": "Users, departments, memberships, absences.",
        "audit": "Who did or saw what.",
        "notifications": "Effects that did not come about, and trying them again.",
        "catalogue": "Products: search, texts, the city's own fields, imports.",
        "crm": "Customers: citizens, associations, enterprises.",
        "contacts": "Contacts, those in progress, questions and the life of a question.",
        "routing": "Worklists, ownership, service levels, routing rules.",
        "cases": "Cases of other applications; the customer file.",
    },
    schemes={"session": SESSION_SCHEME["agent"]},
    relayed=RELAYED,
)


def create_app(made: ChannelParts) -> Litestar:
    """The application of this channel.

    Raises:
        SettingsInvalid: the store, the provider or the token of the switchboard cannot be used.
    """
    sessions = session_parts(made)
    return create_channel(
        made,
        ABOUT,
        [
            *sessions.handlers,
            StartController,
            ScreenController,
            WrapUpController,
            EventController,
            TelephoneController,
        ],
        guards=sessions.guards,
        state={
            **sessions.state,
            "colleagues": Colleagues(made.core),
            "streams": Counter[str](),
            "telephone_token": telephone_token(made.settings),
        },
        lifespan=sessions.lifespan,
    )
