"""Words that the assistant itself says about where a flow ends."""

from backend.assistant.rules.document import OutcomeKind

KINDS: dict[OutcomeKind, dict[str, str]] = {
    "permit": {
        "nl": "Hiervoor is een vergunning nodig",
        "en": "This needs a permit",
        "fr": "Il faut une autorisation",
        "de": "Dafür ist eine Genehmigung nötig",
    },
    "notification": {
        "nl": "Dit moet gemeld worden",
        "en": "This must be reported",
        "fr": "Ceci doit être signalé",
        "de": "Das muss gemeldet werden",
    },
    "information_duty": {
        "nl": "Hierover moet informatie gegeven worden",
        "en": "Information must be given about this",
        "fr": "Des informations doivent être données",
        "de": "Darüber muss informiert werden",
    },
    "forbidden": {
        "nl": "Dit mag niet",
        "en": "This is not allowed",
        "fr": "C’est interdit",
        "de": "Das ist nicht erlaubt",
    },
    "free": {
        "nl": "Hiervoor is niets nodig",
        "en": "Nothing is needed for this",
        "fr": "Rien n’est nécessaire",
        "de": "Dafür ist nichts nötig",
    },
    "entitled": {
        "nl": "Er is recht op",
        "en": "There is a right to it",
        "fr": "Il y a un droit",
        "de": "Es besteht ein Anspruch",
    },
    "not_entitled": {
        "nl": "Er is geen recht op",
        "en": "There is no right to it",
        "fr": "Il n’y a pas de droit",
        "de": "Es besteht kein Anspruch",
    },
    "service": {
        "nl": "Dit kan de stad doen",
        "en": "The city can do this",
        "fr": "La ville peut le faire",
        "de": "Das kann die Stadt tun",
    },
    "referral": {
        "nl": "Hiervoor helpt iemand anders",
        "en": "Somebody else helps with this",
        "fr": "Quelqu’un d’autre peut aider",
        "de": "Dabei hilft jemand anderes",
    },
    "contact": {
        "nl": "Neem contact op met de stad",
        "en": "Contact the city",
        "fr": "Contactez la ville",
        "de": "Kontaktieren Sie die Stadt",
    },
}

SUMMARY: dict[str, dict[str, str]] = {
    "began": {
        "nl": "Ik beantwoordde de vragen van “{title}”.",
        "en": "I answered the questions of “{title}”.",
        "fr": "J’ai répondu aux questions de « {title} ».",
        "de": "Ich habe die Fragen von „{title}“ beantwortet.",
    },
    "led": {
        "nl": "Ik kwam uit bij: {where}.",
        "en": "They led to: {where}.",
        "fr": "Résultat : {where}.",
        "de": "Ergebnis: {where}.",
    },
    "stopped": {
        "nl": "Ik raak niet verder bij de vraag: {where}",
        "en": "I cannot get past this question: {where}",
        "fr": "Je suis bloqué à la question : {where}",
        "de": "Ich komme bei dieser Frage nicht weiter: {where}",
    },
}
