"""What each level means, in plain Dutch for the agent who decides."""

RARE = 8.5
COMMON = 5.5

_TEXTS = {
    "base.size": "klant uit een groot bestand: toeval is mogelijk",
    "ssin.exact": "zelfde rijksregisternummer",
    "enterpriseNumber.exact": "zelfde ondernemingsnummer",
    "establishmentUnitNumber.exact": "zelfde vestigingsnummer",
    "vCode.exact": "zelfde V-code",
    "phone.mobile": "zelfde gsm-nummer",
    "phone.fixed": "zelfde telefoonnummer (vaste lijn)",
    "phone.oneDigit": "telefoonnummer: één cijfer verschil",
    "phone.different": "ander telefoonnummer",
    "phone.otherKind": "ander soort telefoonnummer",
    "email.exact": "zelfde e-mailadres",
    "email.otherDomain": "e-mailadres: ander deel na de @",
    "email.oneLetter": "e-mailadres: één letter verschil",
    "email.oneLetterOtherDomain": "e-mailadres lijkt erop",
    "email.different": "ander e-mailadres",
    "born.exact": "zelfde geboortedatum",
    "born.dayMonthSwapped": "geboortedatum: dag en maand omgewisseld",
    "born.dayDiffers": "geboortedatum: andere dag",
    "born.monthDiffers": "geboortedatum: andere maand",
    "born.yearNear": "geboortedatum: één cijfer van het jaar verschilt",
    "born.yearDiffers": "geboortedatum: ander jaar",
    "born.sameYear": "zelfde geboortejaar, andere dag en maand",
    "born.different": "andere geboortedatum",
    "place.full": "zelfde adres",
    "place.box": "zelfde adres en busnummer",
    "place.noBox": "zelfde adres, busnummer niet gekend",
    "place.otherBox": "zelfde huisnummer, andere bus",
    "place.streetNear": "zelfde adres, straat anders geschreven",
    "place.houseOtherPostcode": "zelfde straat en huisnummer, andere postcode",
    "place.otherNumber": "zelfde straat, ander huisnummer",
    "place.streetOnly": "zelfde straat",
    "place.numberOnly": "zelfde postcode en huisnummer, andere straat",
    "place.postcode": "zelfde postcode, ander adres",
    "place.postcodeOnly": "zelfde postcode",
    "place.town": "zelfde gemeente, ander adres",
    "place.townOnly": "zelfde gemeente",
    "place.different": "ander adres",
    "place.differentOnly": "andere postcode",
    "family.exact": "zelfde familienaam",
    "family.spelling": "familienaam: andere spelling van dezelfde naam",
    "family.oneLetter": "familienaam: één letter verschil",
    "family.twoLetters": "familienaam: twee letters verschil",
    "family.half": "familienaam: deel van een dubbele naam",
    "family.near": "familienaam lijkt erop",
    "family.prefix": "familienaam: begin is hetzelfde",
    "family.initial": "familienaam: zelfde eerste letter",
    "family.different": "andere familienaam",
    "given.exact": "zelfde voornaam",
    "given.class": "voornaam: roepnaam of andere vorm van dezelfde naam",
    "given.oneLetter": "voornaam: één letter verschil",
    "given.part": "voornaam: deel van een dubbele naam",
    "given.prefix": "voornaam: begin is hetzelfde",
    "given.initial": "voornaam: zelfde eerste letter",
    "given.near": "voornaam lijkt erop",
    "given.oneLetterKnown": "voornaam: één letter verschil, maar het zijn twee bestaande namen",
    "given.prefixKnown": "voornaam: begin is hetzelfde, maar het zijn twee bestaande namen",
    "given.nearKnown": "voornaam lijkt erop, maar het zijn twee bestaande namen",
    "given.otherInitial": "voornaam: andere eerste letter",
    "given.different": "andere voornaam",
    "order.swapped": "voornaam en familienaam omgewisseld",
    "organisation.exact": "zelfde naam van de organisatie",
    "organisation.spelling": "naam van de organisatie: andere spelling of volgorde",
    "organisation.oneLetter": "naam van de organisatie: één letter verschil",
    "organisation.contained": "naam van de organisatie: de ene is een deel van de andere",
    "organisation.sharedMost": "naam van de organisatie: de meeste woorden zijn dezelfde",
    "organisation.sharedSome": "naam van de organisatie: enkele woorden zijn dezelfde",
    "organisation.different": "andere naam van de organisatie",
    "household.home": "ander persoon op hetzelfde adres: misschien een huisgenoot",
    "household.reach": "andere voornaam met dezelfde telefoon of e-mail: misschien een huisgenoot",
    "household.family": "andere voornaam met dezelfde familienaam: misschien familie",
    "household.homeFamily": "andere voornaam, zelfde familienaam en adres: misschien familie",
    "household.born": "andere voornaam met dezelfde geboortedatum: misschien een tweeling",
    "household.bornOther": "andere voornaam en andere geboortedatum",
    "married.home": "zelfde voornaam en adres: misschien een naam na huwelijk",
    "married.reach": "zelfde voornaam, telefoon of e-mail: misschien een naam na huwelijk",
    "married.born": "zelfde voornaam en geboortedatum: misschien een naam na huwelijk",
    "noGiven.home": "voornaam niet gekend, zelfde adres",
    "noGiven.reach": "voornaam niet gekend, zelfde telefoon of e-mail",
    "initial.home": "alleen de eerste letter van de voornaam, zelfde adres",
    "namesake.born": "zelfde naam, andere geboortedatum: misschien een naamgenoot",
    "namesake.place": "zelfde naam, ander adres: misschien een naamgenoot",
    "whole.0": "alleen de naam is dezelfde",
    "whole.1": "naam en nog één gegeven zijn dezelfde",
    "whole.2": "naam en nog twee gegevens zijn dezelfde",
    "whole.3": "naam en meer dan twee gegevens zijn dezelfde",
    "partly.0": "naam niet helemaal dezelfde, geen ander gegeven dat helpt",
    "partly.1": "naam niet helemaal dezelfde, één ander gegeven wel",
    "partly.2": "naam niet helemaal dezelfde, twee andere gegevens wel",
    "partly.3": "naam niet helemaal dezelfde, meer dan twee andere gegevens wel",
}
LEVELS = frozenset(_TEXTS)


def text_of(feature: str, level: str, rarity: float | None = None) -> str:
    """The words for a level.

    Args:
        feature: what was compared.
        level: how well it agrees.
        rarity: of the name that agrees, when it counts.
    """
    text = _TEXTS.get(f"{feature}.{level}", f"{feature}: {level}")
    if rarity is None or feature == "base":
        return text
    if rarity >= RARE:
        return f"{text} (komt weinig voor)"
    return f"{text} (komt vaak voor)" if rarity <= COMMON else text
