"""Input that several tests send."""

PERSON = {
    "kind": "person",
    "names": {"given": "Lien", "family": "De Smet"},
    "contactPoints": [{"type": "email", "value": "lien.desmet@voorbeeld.be"}],
}
