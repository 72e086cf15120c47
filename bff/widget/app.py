"""Composition of the widget's channel."""

from litestar import Litestar
from litestar.config.cors import CORSConfig

from backend.kit.window import Window
from bff.core.application import About, ChannelParts, create_channel
from bff.core.relay import Relayed
from bff.session import SESSION_SCHEME, session_parts
from bff.widget.answers import answered
from bff.widget.controllers import ContactFormController, LinkController, OwnProfileController
from bff.widget.guards import own
from bff.widget.limits import limited
from bff.widget.pages import PageController

RELAYED: tuple[Relayed, ...] = (
    "searchProducts",
    "getProduct",
    ("askChallenge", "/challenges"),
    ("submitForm", "/forms"),
    ("attachToForm", "/forms/{reference}/attachments"),
    ("getFormStatus", "/status"),
    "confirmClaim",
    "undoClaim",
    "giveSatisfaction",
    "listFlows",
    "getFlow",
    "getFlowStep",
    "takeFlowStep",
    "summariseFlow",
    "handOverFlow",
    "getOwnFlowAnswers",
    "listOwnQuestions",
    "getOwnQuestion",
    "listOwnMessages",
    "listOwnCases",
    "listOwnConsultations",
)
"""Operations of the core that the widget offers as they are."""

ABOUT = About(
    title="Onthaal: website",
    description=(
        "What the city's website needs: the catalogue, guided questions, the contact form, the state of a question,"
        " and the own questions of who is logged in. Sites of the city's own choice may call it without cookies; a"
        " change needs the header `X-CSRF: 1`. What is one's own answers on the platform's own pages only."
    ),
    tags={
        "catalogue": "Products: found, read, applied for.",
        "assistant": "Guided questions: taken step by step, and handed over to the city.",
        "form": "What the contact form asks.",
        "contacts": "Forms, their state, own questions, what people think of an answer.",
        "crm": "The own profile.",
        "cases": "The own cases, and who used the own data.",
        "pages": "Pages behind the links in mails.",
        "session": "Logging in and out.",
    },
    schemes={"session": SESSION_SCHEME["widget"]},
    relayed=RELAYED,
    limited=True,
    with_session=("/own", "/session", "/logout"),
)
TAKEN = ["content-type", "idempotency-key", "x-csrf", "x-status-secret", "accept-language", "belgov-trace-id"]
GIVEN = ["retry-after", "idempotency-replayed", "belgov-trace-id"]


def create_app(made: ChannelParts) -> Litestar:
    """The application of this channel."""
    session = session_parts(made)
    return create_channel(
        made,
        ABOUT,
        [*session.handlers, ContactFormController, LinkController, OwnProfileController, PageController],
        guards=(*session.guards, own, limited, answered),
        state={**session.state, "window": Window()},
        lifespan=session.lifespan,
        cors=CORSConfig(
            allow_origins=list(made.settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=TAKEN,
            expose_headers=GIVEN,
            allow_credentials=False,
        ),
    )
