"""A small city for tests: the contact centre, two second-line departments, one sensitive, a user of every role."""

from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.kit.db import UnitOfWork
from backend.kit.keys import DevelopmentIssuer
from backend.settings import DEV_ISSUER

DEPARTMENTS = {
    "onthaal": ("frontOffice", False),
    "burgerzaken": ("secondLine", False),
    "mobiliteit": ("secondLine", False),
    "sociaal-huis": ("secondLine", True),
}
USERS = {
    "agent": {"onthaal": ["agent"]},
    "agent2": {"onthaal": ["agent"]},
    "lead": {"onthaal": ["teamLead"]},
    "expert": {"burgerzaken": ["expert"]},
    "expert2": {"burgerzaken": ["expert"]},
    "civilLead": {"burgerzaken": ["teamLead"]},
    "mobility": {"mobiliteit": ["expert"]},
    "social": {"sociaal-huis": ["expert"]},
    "editor": {"onthaal": ["productEditor"]},
    "administrator": {"onthaal": ["administrator"]},
    "auditor": {"onthaal": ["auditor"]},
    "integrator": {},
}


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Ids and tokens of the test city, by name."""

    departments: dict[str, UUID]
    users: dict[str, UUID]
    tokens: dict[str, str]


async def add_people(uow: UnitOfWork, issuer: DevelopmentIssuer) -> People:
    departments = {code: uuid7() for code in DEPARTMENTS}
    users = {name: uuid7() for name in USERS}
    for code, (kind, sensitive) in DEPARTMENTS.items():
        await uow.execute(
            "INSERT INTO department (id, code, name, kind, email, sensitive) VALUES ($1, $2, $3, $4, $5, $6)",
            departments[code],
            code,
            code.title(),
            kind,
            f"{code}@stad.example",
            sensitive,
        )
    for name, memberships in USERS.items():
        roles = ["integrator"] if name == "integrator" else []
        await uow.execute(
            "INSERT INTO app_user (id, username, name, email, roles, kind) VALUES ($1, $2, $3, $4, $5, $6)",
            users[name],
            name.lower(),
            name.title(),
            f"{name.lower()}@stad.example",
            roles,
            "client" if roles else "person",
        )
        await uow.execute(
            "INSERT INTO user_login (id, user_id, issuer, subject) VALUES ($1, $2, $3, $4)",
            uuid7(),
            users[name],
            DEV_ISSUER,
            name,
        )
        for code, held in memberships.items():
            await uow.execute(
                "INSERT INTO membership (department_id, user_id, roles) VALUES ($1, $2, $3)",
                departments[code],
                users[name],
                held,
            )
    return People(departments=departments, users=users, tokens={name: issuer.token(name) for name in USERS})
