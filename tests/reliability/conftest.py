import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.running import Running


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """One `onthaal up` for all faults: what it survives one after the other, it survives alone."""
    # Not a folder of pytest: each pytest session closes those of the others, also to PostgreSQL's own user.
    folder = Path(tempfile.mkdtemp(prefix="onthaal-reliability-"))
    try:
        made = Running(folder)
        with made.started():
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
