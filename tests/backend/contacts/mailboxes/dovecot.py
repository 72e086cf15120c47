"""Debian's real dovecot with one mailbox, on this machine only, in a folder of its own."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from imapclient import IMAPClient

from backend.kit.embedded.places import free_port

USER, PASSWORD = "sport", "geheim-wachtwoord"
MISSING = "dovecot is not installed: apt-get install dovecot-imapd"

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
last_valid_uid = 0
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """A running server; each test has a user of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    @contextlib.contextmanager
    def client(self, user: str = USER) -> Iterator[IMAPClient]:
        client = IMAPClient("127.0.0.1", port=self.port, ssl=False, timeout=10)
        client.login(user, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def put(self, *mails: bytes, user: str = USER, seen: bool = False) -> None:
        with self.client(user) as client:
            for raw in mails:
                client.append("INBOX", raw, [b"\\Seen"] if seen else [])

    def flags(self, user: str = USER, folder: str = "INBOX") -> list[bool]:
        """Of each mail whether it was seen, in order."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            return [b"\\Seen" in flags for _, flags in sorted(client.get_flags(client.search()).items())]

    def renumber(self, user: str = USER) -> None:
        """Give the folder another UIDVALIDITY, as after a restore from a backup."""
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (self.folder / "mail" / user / name).unlink(missing_ok=True)
        time.sleep(1.1)  # dovecot numbers by the second


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Dovecot]:
    """Start it, and end it at the end; skips when it is not there."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip(MISSING)
    me = pwd.getpwuid(os.getuid())
    owner = me if me.pw_uid else pwd.getpwnam("nobody")  # dovecot reads no mail as root
    port = free_port("127.0.0.1")
    for name in ("run", "mail"):
        (folder / name).mkdir()
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    group = subprocess.run(["id", "-gn", owner.pw_name], capture_output=True, text=True, check=True).stdout.strip()
    config = folder / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            user=owner.pw_name,
            group=group,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            password=PASSWORD,
            port=port,
        )
    )
    with (folder / "out.log").open("wb") as out:
        process = subprocess.Popen([program, "-F", "-c", str(config)], stdout=out, stderr=out)
    try:
        _wait(process, port, folder)
        yield Dovecot(folder, port)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            if connection.recv(4) == b"* OK":
                return
        time.sleep(0.05)
    logs = [(folder / name).read_text() for name in ("out.log", "dovecot.log") if (folder / name).exists()]
    raise AssertionError("\n".join(logs))
