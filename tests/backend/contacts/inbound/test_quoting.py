"""What somebody wrote just now, apart from what stands below it."""

import pytest

from backend.contacts.inbound.rules import own_words

NEW = "Ja, dat is goed.\n\nGroeten\nJef"


@pytest.mark.parametrize(
    "below",
    [
        "Op ma 23 nov. 2026 om 10:12 schreef Stad <a@b.be>:\n> Wanneer?",
        "Op 23 nov. 2026 om 10:12 heeft Stad <a@b.be> het volgende\ngeschreven:\n> Wanneer?",
        "On Mon, Nov 23, 2026 at 10:12 AM Stad <a@b.be> wrote:\n> Wanneer?",
        "Le lun. 23 nov. 2026 à 10:12, Stad <a@b.be> a écrit :\n> Quand?",
        "-----Oorspronkelijk bericht-----\nVan: Stad\nVerzonden: maandag\n\nWanneer?",
        "Van: Stad <a@b.be>\nVerzonden: maandag 23 november 2026 10:12\nAan: Jef\nOnderwerp: Vraag\n\nWanneer?",
        "From: Stad <a@b.be>\nSent: Monday\nTo: Jef\n\nWhen?",
        "> Wanneer?\n> Groeten",
        "-- \nJef Peeters\nTel. 0470 12 34 56",
    ],
)
def test_what_stands_below_is_left_out(below: str) -> None:
    assert own_words(f"{NEW}\n\n{below}") == NEW


@pytest.mark.parametrize(
    "text",
    [
        "Op zaterdag was het te luid.\nOp zondag ook.",
        "Van: de Kerkstraat naar de markt rijdt geen bus.",
        "Le chat est mort.",
        "> Wanneer kan je komen?\nDinsdag.\n> En hoe laat?\nOm 10 uur.",
    ],
)
def test_what_is_no_earlier_mail_stays(text: str) -> None:
    assert own_words(text) == text


def test_only_quoted_is_everything() -> None:
    assert own_words("> Wanneer?") == "> Wanneer?"
    assert own_words("-- \nJef") == "-- \nJef"
