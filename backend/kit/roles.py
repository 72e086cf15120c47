"""The database roles (design 5): who may touch what inside PostgreSQL, whatever a bug in the application asks."""

OWNER = "onthaal_owner"
"""Owns the schema; used by `onthaal migrate` only."""

APPLICATION = "onthaal_app"
"""API and worker: rows, no schema; not a superuser, no BYPASSRLS; INSERT only on the audit log."""

INTAKE = "onthaal_intake"
"""The public form: INSERT on the tables of schema `intake`, nothing else."""

REPORTING = "onthaal_reporting"
"""Reads schema `reporting`, nothing else."""

AUDITOR = "onthaal_auditor"
"""Reads the audit log; the application takes this role for one transaction on behalf of an auditor."""

SCRIPT = f"""
DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['{OWNER}', '{APPLICATION}', '{INTAKE}', '{REPORTING}', '{AUDITOR}'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS LOGIN', wanted);
        END IF;
    END LOOP;
END $$;
GRANT {AUDITOR} TO {APPLICATION};
"""
"""Makes the roles; needs CREATEROLE. They get no password here: set one, or map logins, as your site does."""


def script(database: str) -> str:
    """The whole script for a database administrator, when `onthaal migrate` may not do it itself."""
    name = '"' + database.replace('"', '""') + '"'
    return (
        f"-- Onthaal: roles and rights; run once as an administrator, connected to {name}\n"
        f"{SCRIPT}"
        f"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {name} TO {OWNER};\n"
        f"GRANT CONNECT ON DATABASE {name} TO {APPLICATION}, {INTAKE}, {REPORTING}, {AUDITOR};\n"
        f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};\n"
        f"GRANT USAGE ON SCHEMA public TO {APPLICATION}, {AUDITOR};\n"
        f"REVOKE CREATE ON SCHEMA public FROM PUBLIC;\n"
    )
