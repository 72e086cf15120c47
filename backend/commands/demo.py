"""Whether this data folder holds the demo city: decided once, so that no later start puts one into a real city."""

from pathlib import Path


class DemoState:
    """A word in a file: `wanted` (also after a start that was cut off), `loaded` or `unwanted`.

    Args:
        data: the data folder.
    """

    def __init__(self, data: Path) -> None:
        self._file = data / "demo"

    def _word(self) -> str:
        return self._file.read_text() if self._file.exists() else ""

    @property
    def undecided(self) -> bool:
        """Whether this is the first start."""
        return not self._word()

    @property
    def wanted(self) -> bool:
        """Whether the demo city still has to be loaded."""
        return self._word() == "wanted"

    @property
    def loaded(self) -> bool:
        """Whether its users are there."""
        return self._word() == "loaded"

    def decide(self, *, wanted: bool) -> None:
        """Say once what this folder is for."""
        self._file.write_text("wanted" if wanted else "unwanted")

    def finish(self) -> None:
        """The demo city is complete."""
        self._file.write_text("loaded")
