"""Why a letter is not written."""


class NotWritten(Exception):
    """A courtesy that is left out; the text says why, without personal data."""
