"""Database roles (design 5): each touches what it must and nothing else, whatever a bug in the application asks."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from backend.kit import roles
from backend.kit.embedded.cluster import Cluster
from backend.kit.migrate import upgrade
from tests.architecture.databases import Connection, connected, empty_database

pytestmark = pytest.mark.anyio

ALL = (roles.OWNER, roles.APPLICATION, roles.INTAKE, roles.REPORTING, roles.AUDITOR)
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
READ_ONLY = {"alembic_version"}

_RELATIONS = """
SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1
"""
_OWNED = """
SELECT relname::text FROM pg_class WHERE relowner = $1::regrole
UNION ALL SELECT nspname::text FROM pg_namespace WHERE nspowner = $1::regrole
UNION ALL SELECT proname::text FROM pg_proc WHERE proowner = $1::regrole
UNION ALL SELECT datname::text FROM pg_database WHERE datdba = $1::regrole
"""
_TO_EVERYBODY = """
SELECT oid::regclass::text FROM pg_class, aclexplode(relacl) AS acl
 WHERE acl.grantee = 0 AND relnamespace::regnamespace::text IN ('public', 'intake', 'reporting')
"""


@pytest.fixture
async def database(cluster: Cluster, template: str) -> AsyncIterator[str]:  # noqa: ARG001 the roles come with it
    """A migrated database with a table of reporting, made by the owner."""
    async with empty_database(cluster, "roles") as name:
        await upgrade(cluster.url("postgres", name))
        async with connected(cluster, roles.OWNER, name) as owner:
            await owner.execute("CREATE TABLE reporting.fact AS SELECT 7 AS seconds")
        yield name


async def _rights(admin: Connection, role: str) -> dict[str, set[str]]:
    """Every relation of ours with the rights this role has on it or on a column of it."""
    found: dict[str, set[str]] = {}
    for (relation,) in await admin.fetch(_RELATIONS):
        for right in RIGHTS:
            has = await admin.fetchval("SELECT has_table_privilege($1, $2, $3)", role, relation, right)
            if not has and right in {"SELECT", "INSERT", "UPDATE", "REFERENCES"}:
                has = await admin.fetchval("SELECT has_any_column_privilege($1, $2, $3)", role, relation, right)
            if has:
                found.setdefault(relation, set()).add(right)
    return found


async def test_no_role_has_powers_over_the_server(cluster: Cluster, template: str) -> None:
    async with connected(cluster, "postgres", template) as admin:
        rows = await admin.fetch("SELECT * FROM pg_roles WHERE rolname = ANY ($1::text[])", list(ALL))
    assert {row["rolname"] for row in rows} == set(ALL)
    for row in rows:
        powers = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication", "rolinherit")
        assert [power for power in powers if row[power]] == [], row["rolname"]


async def test_only_the_owner_owns(cluster: Cluster, database: str) -> None:
    async with connected(cluster, "postgres", database) as admin:
        for role in ALL[1:]:
            assert await admin.fetch(_OWNED, role) == [], role
            made = await admin.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", role)
            assert not made, f"{role} can make tables"
        assert await admin.fetch(_TO_EVERYBODY) == [], "rights given to everybody"


async def test_the_application_may_touch_every_table_and_only_add_to_the_audit_log(
    cluster: Cluster, database: str
) -> None:
    async with connected(cluster, "postgres", database) as admin:
        rights = await _rights(admin, roles.APPLICATION)
        tables = {
            row[0].removeprefix("public.") for row in await admin.fetch(_RELATIONS) if row[0].startswith("public.")
        }
    granted = {relation.removeprefix("public."): held for relation, held in rights.items()}
    assert granted.pop("audit_entry") == {"INSERT"}
    forgotten = sorted(tables - {"audit_entry"} - set(granted))
    assert not forgotten, f"GRANT the application what it needs of {forgotten}, in the migration that makes them"
    assert set(granted) <= tables, f"the application reaches into another schema: {sorted(set(granted) - tables)}"
    for table, held in granted.items():
        assert "SELECT" in held, table
        assert held <= ({"SELECT"} if table in READ_ONLY else {"SELECT", "INSERT", "UPDATE", "DELETE"}), (table, held)


async def _denied(connection: Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)


async def test_the_application_cannot_change_or_read_the_audit_log(cluster: Cluster, database: str) -> None:
    row = "(id, at, roles, action, purpose, fields, outcome, trace) VALUES ($1, now(), '{}', 'a', 'p', '{}', 'ok', 't')"
    async with connected(cluster, roles.APPLICATION, database) as application:
        await application.execute(f"INSERT INTO audit_entry {row}", uuid7())
        for statement in (
            "SELECT count(*) FROM audit_entry",
            "UPDATE audit_entry SET action = 'x'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            "ALTER TABLE audit_entry ADD COLUMN x int",
            "DROP TABLE audit_entry",
            "CREATE TABLE public.x (id int)",
            f"SET ROLE {roles.OWNER}",
        ):
            await _denied(application, statement)
        async with application.transaction():  # how an auditor reads: the role, for one transaction
            await application.execute(f"SET LOCAL ROLE {roles.AUDITOR}")
            assert await application.fetchval("SELECT count(*) FROM audit_entry") == 1
        await _denied(application, "SELECT count(*) FROM audit_entry")


async def test_the_intake_role_adds_and_cannot_look(cluster: Cluster, database: str) -> None:
    async with connected(cluster, "postgres", database) as admin:
        assert await _rights(admin, roles.INTAKE) == {"intake.form": {"INSERT"}}
        relations = [row[0] for row in await admin.fetch(_RELATIONS)]
    async with connected(cluster, roles.INTAKE, database) as intake:
        form = "INSERT INTO intake.form SELECT gen_random_uuid(), '%s', NULL, '', '', now()"
        await intake.execute(form % "A")
        await _denied(intake, f"{form % 'B'} RETURNING payload")
        await _denied(intake, f"{form % 'B'} ON CONFLICT (id) DO UPDATE SET payload = ''")
        for relation in relations:
            await _denied(intake, f"SELECT FROM {relation}")
        for role in (roles.OWNER, roles.APPLICATION, roles.AUDITOR, roles.REPORTING):
            await _denied(intake, f"SET ROLE {role}")


async def test_the_reporting_role_reads_its_schema_only(cluster: Cluster, database: str) -> None:
    async with connected(cluster, "postgres", database) as admin:
        rights = await _rights(admin, roles.REPORTING)
        relations = [row[0] for row in await admin.fetch(_RELATIONS)]
    own = {relation for relation in relations if relation.startswith("reporting.")}
    assert rights == {relation: {"SELECT"} for relation in own}
    async with connected(cluster, roles.REPORTING, database) as reporting:
        for relation in relations:
            if relation in own:
                await reporting.execute(f"SELECT FROM {relation}")
            else:
                await _denied(reporting, f"SELECT FROM {relation}")


_ABOUT_QUESTIONS = """
SELECT DISTINCT conrelid::regclass::text FROM pg_constraint
 WHERE contype = 'f' AND confrelid = 'question'::regclass AND conrelid <> 'question'::regclass
"""
_UNSHIELDED = "SELECT relname::text FROM pg_class WHERE oid = ANY ($1::text[]::regclass[]) AND NOT (%s)"
_POLICIES = """
SELECT polrelid::regclass::text, pg_get_expr(polqual, polrelid) AS seen, pg_get_expr(polwithcheck, polrelid) AS written
  FROM pg_policy
"""


async def test_what_is_about_questions_is_shielded_by_the_database(cluster: Cluster, database: str) -> None:
    """Row-level security, for the owner too; a new table that points to questions needs a policy as well."""
    async with connected(cluster, "postgres", database) as admin:
        tables = ["question", "contact", *(row[0] for row in await admin.fetch(_ABOUT_QUESTIONS))]
        assert set(tables) >= {"question", "contact", "message", "question_event", "contact_question"}
        sql = _UNSHIELDED % "relrowsecurity AND relforcerowsecurity"
        assert await admin.fetch(sql, tables) == [], "ENABLE and FORCE ROW LEVEL SECURITY, and give it policies"
        policies = await admin.fetch(_POLICIES)
    assert {row[0] for row in policies} >= set(tables)
    read, once = re.compile(r"current_setting\('"), re.compile(r"SELECT (?:\(NULLIF\()?current_setting\('")
    for table, *expressions in policies:
        for expression in filter(None, expressions):
            number = len(read.findall(expression))
            assert number == len(once.findall(expression)), (
                f"{table}: read a setting in a sub-select of its own, else it is read for every row: {expression}"
            )


async def test_nobody_sees_questions_without_saying_who_reads(cluster: Cluster, database: str) -> None:
    async with connected(cluster, "postgres", database) as admin:
        department, question = uuid7(), uuid7()
        await admin.execute(
            "INSERT INTO department (id, code, name, kind) VALUES ($1, 'x', 'X', 'frontOffice')", department
        )
        async with admin.transaction():
            await admin.execute(
                """INSERT INTO question (id, reference, kind, subject, channel, department_id, state, priority,
                          deadline, next_action, next_action_at, confidentiality, language, answer_channel, identity,
                          created_at, escalate_at, version)
                   VALUES ($1, 'X', 'question', 'x', 'phone', $2, 'new', 2, now(), 'assign', now(), 'sensitive', 'nl',
                          'email', 'anonymous', now(), now(), 1)""",
                question, department,
            )  # fmt: skip
            await admin.execute(
                """INSERT INTO question_event (id, question_id, version, type, at, state, department_id)
                   VALUES ($1, $2, 1, 'registered', now(), 'new', $3)""",
                uuid7(), question, department,
            )  # fmt: skip
    for role in (roles.APPLICATION, roles.OWNER):
        async with connected(cluster, role, database) as connection:
            assert await connection.fetchval("SELECT count(*) FROM question") == 0, role
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.reach', 'everything', true)")
                assert await connection.fetchval("SELECT count(*) FROM question") == 1, role
    async with connected(cluster, roles.REPORTING, database) as reporting:
        assert await reporting.fetchval("SELECT count(*) FROM reporting.question") == 0
    async with connected(cluster, "postgres", database) as admin:
        await admin.execute("UPDATE question SET confidentiality = 'normal'")
    async with connected(cluster, roles.REPORTING, database) as reporting:
        assert await reporting.fetchval("SELECT count(*) FROM reporting.question") == 1


async def test_the_auditor_reads_the_audit_log_only(cluster: Cluster, database: str) -> None:
    async with connected(cluster, "postgres", database) as admin:
        assert await _rights(admin, roles.AUDITOR) == {"public.audit_entry": {"SELECT"}}
    async with connected(cluster, roles.AUDITOR, database) as auditor:
        assert await auditor.fetchval("SELECT count(*) FROM audit_entry") == 0
        await _denied(auditor, "SELECT FROM customer")
        await _denied(auditor, "DELETE FROM audit_entry")


_HANGING = ("contact_question", "message")
_ROWS = """
SET session_replication_role = replica;
INSERT INTO question (id, reference, kind, subject, channel, department_id, state, priority, deadline, next_action,
       next_action_at, confidentiality, language, answer_channel, identity, created_at, escalate_at, version)
VALUES ('{id}', 'R1', 'question', 'x', 'phone', '{id}', 'new', 2, now(), 'assign', now(), 'normal', 'nl', 'email',
       'anonymous', now(), now(), 1);
INSERT INTO contact_question (contact_id, question_id) VALUES ('{id}', '{id}');
INSERT INTO message (id, question_id, direction, purpose, channel, body, delivery, created_at)
VALUES ('{id}', '{id}', 'inbound', 'note', 'phone', 'x', 'none', now());
"""


async def test_the_owner_reads_nothing_that_is_said_about_a_question(cluster: Cluster, database: str) -> None:
    """What `reporting` shows of questions opens them, but not what hangs on them."""
    async with connected(cluster, "postgres", database) as admin:
        await admin.execute(_ROWS.format(id=uuid7()))
    async with connected(cluster, roles.OWNER, database) as owner, owner.transaction():
        seen = {name: await owner.fetchval(f"SELECT count(*) FROM {name}") for name in ("question", *_HANGING)}
        assert seen == {"question": 1, **dict.fromkeys(_HANGING, 0)}
        await owner.execute("SELECT set_config('app.reach', 'everything', true)")
        assert [await owner.fetchval(f"SELECT count(*) FROM {name}") for name in _HANGING] == [1, 1]
