"""Debian's own PostgreSQL and Redis on free ports, as an unprivileged user; nothing is installed here."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.backend.commands.program import free_port, until

PASSWORD = "geheim"


class Servers:
    """Addresses of the two servers.

    Args:
        postgres: port of PostgreSQL.
        redis: port of Redis.
    """

    def __init__(self, postgres: int, redis: int) -> None:
        self.postgres = postgres
        self.redis = redis
        self.redis_url = f"redis://127.0.0.1:{redis}/0"

    def url(self, login: str, database: str) -> str:
        return f"postgresql://{login}:{PASSWORD}@127.0.0.1:{self.postgres}/{database}"

    def sql(self, database: str, *statements: str) -> None:
        """Run statements as the superuser."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url("postgres", database))
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

    def answers(self) -> bool:
        try:
            self.sql("postgres", "SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True


@contextmanager
def debian_servers() -> Iterator[Servers]:
    """Both servers; skips when they are not on this machine."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    redis = shutil.which("redis-server", path="/usr/bin:/usr/local/bin")
    if not programs or redis is None:
        pytest.skip("Debian's packages postgresql and redis-server are not installed")
    folder = Path(tempfile.mkdtemp(prefix="onthaal-debian-"))
    options: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        account = pwd.getpwnam("nobody")
        os.chown(folder, account.pw_uid, account.pw_gid)
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    try:
        with ExitStack() as running:
            servers = Servers(free_port(), free_port())
            running.enter_context(_postgres(programs[-1], folder, servers.postgres, options))
            command = [redis, "--port", str(servers.redis), "--bind", "127.0.0.1", "--save", ""]
            running.enter_context(_process(command, options))
            until(servers.answers, "Debian's PostgreSQL answers")
            yield servers
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres(programs: Path, folder: Path, port: int, options: dict[str, Any]) -> Iterator[None]:
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    initdb = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres"]
    subprocess.run(
        [
            *initdb,
            "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        timeout=60,
        **options,
    )
    command = [programs / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, "-c", "fsync=off"]
    with _process(command, options):
        yield


@contextmanager
def _process(command: list[Any], options: dict[str, Any]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
