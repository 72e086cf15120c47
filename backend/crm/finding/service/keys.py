"""From a query with one named key to what is looked for."""

from backend.crm import rules
from backend.crm.finding.rules import Place, Understanding, understand
from backend.crm.finding.schemas import CustomerQuery
from backend.crm.rules import ContactPointType, IdentifierType
from backend.kit.problems import ProblemError, invalid_input
from backend.kit.schema import changes

_CONTACT_POINTS: dict[str, ContactPointType] = {"phone": "phone", "email": "email"}
_IDENTIFIERS: dict[str, IdentifierType] = {
    "ssin": "ssin",
    "enterprise_number": "enterpriseNumber",
    "establishment_unit_number": "establishmentUnitNumber",
    "v_code": "vCode",
}


def wanted(query: CustomerQuery) -> Understanding:
    """What a query looks for; 400 when it is not exactly one key, or a key that is not well formed."""
    given = {name: str(value) for name, value in changes(query).items() if name != "purpose"}
    if given.keys() == {"postcode", "house_number"}:
        code = rules.postcode(given["postcode"], None, name="postcode")
        return Understanding(place=Place(postcode=code, number=rules.house_number_key(given["house_number"])))
    if len(given) != 1 or given.keys() & {"postcode", "house_number"}:
        raise _not_one_key()
    name, text = next(iter(given.items()))
    if name == "text":
        return understand(text)
    if name == "name":
        if len(rules.name_key(text)) < rules.SHORTEST_NAME:
            raise invalid_input(f"At least {rules.SHORTEST_NAME} letters.", name="name")
        return Understanding(name=text)
    if name in _CONTACT_POINTS:
        kind = _CONTACT_POINTS[name]
        return Understanding(contact_points=((kind, rules.contact_value(kind, text, name=name)),))
    number = _IDENTIFIERS[name]
    return Understanding(identifiers=((number, rules.identifier(number, text, name=number)),))


def _not_one_key() -> ProblemError:
    return invalid_input("Give text, or exactly one other key; postcode and houseNumber together are one.")
