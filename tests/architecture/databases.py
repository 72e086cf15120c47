"""Databases of the tests about migrations and roles: plain connections as any role, and what a schema looks like."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from backend.kit.embedded.cluster import Cluster

Connection = Any  # asyncpg's own type is generic over a record class that asyncpg.connect does not name

_SCHEMA = """
SELECT 'relation ' || oid::regclass::text || ' ' || relkind::text || ' ' || relowner::regrole::text || ' '
       || coalesce(relacl::text, '') FROM pg_class WHERE relnamespace = ANY ($1::regnamespace[]) AND relkind <> 'c'
UNION ALL
SELECT 'column ' || attrelid::regclass::text || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' '
       || attnotnull::text || ' ' || attcollation::regcollation::text || ' '
       || coalesce(pg_get_expr(adbin, adrelid), '')
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE relnamespace = ANY ($1::regnamespace[]) AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'constraint ' || conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = ANY ($1::regnamespace[])
UNION ALL
SELECT 'index ' || pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
 WHERE relnamespace = ANY ($1::regnamespace[])
UNION ALL
SELECT 'function ' || oid::regprocedure::text || md5(prosrc) FROM pg_proc WHERE pronamespace = ANY ($1::regnamespace[])
UNION ALL
SELECT 'policy ' || polrelid::regclass::text || ' ' || polname || ' ' || polcmd::text || ' '
       || coalesce(pg_get_expr(polqual, polrelid), '') || ' ' || coalesce(pg_get_expr(polwithcheck, polrelid), '')
  FROM pg_policy
UNION ALL
SELECT 'row security ' || oid::regclass::text || relforcerowsecurity::text FROM pg_class WHERE relrowsecurity
UNION ALL
SELECT 'schema ' || nspname || ' ' || coalesce(array(SELECT unnest(nspacl)::text ORDER BY 1)::text, '')
  FROM pg_namespace WHERE oid = ANY ($1::regnamespace[])
UNION ALL
SELECT 'default ' || defaclnamespace::regnamespace::text || ' ' || defaclacl::text FROM pg_default_acl
ORDER BY 1
"""
_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1"


@asynccontextmanager
async def connected(cluster: Cluster, role: str, database: str) -> AsyncIterator[Connection]:
    """A connection of its own, logged in as this role."""
    connection = await asyncpg.connect(cluster.url(role, database).replace("+asyncpg", ""), timeout=10)
    try:
        yield connection
    finally:
        await connection.close(timeout=10)


@asynccontextmanager
async def empty_database(cluster: Cluster, name: str, owner: str = "postgres") -> AsyncIterator[str]:
    """A new database, dropped at the end; gives its name."""
    async with connected(cluster, "postgres", "postgres") as admin:
        await admin.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"')
        try:
            yield name
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def picture(connection: Connection) -> list[str]:
    """Everything in the schemas of this database as text, to compare: tables, columns, constraints, grants, owners."""
    schemas = [row[0] for row in await connection.fetch(_SCHEMAS)]
    return [row[0] for row in await connection.fetch(_SCHEMA, schemas)]
