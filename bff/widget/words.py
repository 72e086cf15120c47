"""What the contact form says, in plain Dutch (B1)."""

from bff.widget.schemas import Choice

REQUESTERS = (
    Choice(code="person", label="Ik stel de vraag voor mezelf"),
    Choice(code="association", label="Ik stel de vraag voor een vereniging"),
    Choice(code="enterprise", label="Ik stel de vraag voor een bedrijf"),
)
KINDS = (
    Choice(code="question", label="Ik heb een vraag"),
    Choice(code="report", label="Ik wil iets melden", help="Bijvoorbeeld een losse stoeptegel of sluikafval."),
    Choice(code="complaint", label="Ik heb een klacht"),
    Choice(code="request", label="Ik wil iets aanvragen"),
    Choice(code="suggestion", label="Ik heb een idee"),
)
CHANNELS = (
    Choice(code="email", label="Per mail", help="Vul een mailadres in."),
    Choice(code="phone", label="Per telefoon", help="Vul een telefoonnummer in."),
    Choice(code="letter", label="Per brief", help="Vul een adres in."),
    Choice(code="none", label="Geen antwoord nodig"),
)
PROOFS = (
    Choice(
        code="proofOfWork",
        label="Controle door het toestel",
        help="Het toestel maakt zelf een korte berekening. Dat duurt enkele seconden.",
    ),
    Choice(
        code="wait",
        label="Even wachten",
        help="Lukt de berekening niet? Dan kan het formulier na een korte wachttijd ook verstuurd worden.",
    ),
)
MISSING = "Dit antwoord is nodig."
NO_OPTION = "Kies een antwoord uit de lijst."
NO_DATE = "Vul een datum in, zoals 2025-03-31."
NO_NUMBER = "Vul een getal in."
NOT_ASKED = "Deze vraag staat niet in het formulier. Laad het formulier opnieuw."
TWICE = "Deze vraag is twee keer beantwoord."
