"""What the parts of the platform write into their logs while the journey runs."""

from pathlib import Path


class Logs:
    """The log files, from now on.

    Args:
        folder: of the log files; a platform elsewhere has none here.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes = {path: path.stat().st_size for path in folder.glob("*.log")}

    def written(self) -> dict[str, str]:
        """Text by file, of what was added since."""
        return {path.name: self._since(path) for path in sorted(self._folder.glob("*.log"))}

    def _since(self, path: Path) -> str:
        with path.open("rb") as file:
            file.seek(self._sizes.get(path, 0))
            return file.read().decode(errors="replace")
