"""What can go wrong with a search server, in terms of what to do next."""


class Fault(Exception):
    """The server did not do what was asked.

    Attributes:
        code: short and free of data, for figures and health: `timeout`, `connection`, `http_401`, `malformed` ...
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


class Away(Fault):
    """It could not be reached, broke off or took too long."""


class Refused(Fault):
    """It answered with an error: wrong key, missing index, a request it does not know.

    Attributes:
        status: of the answer.
    """

    def __init__(self, code: str, detail: str = "", *, status: int) -> None:
        super().__init__(code, detail)
        self.status = status


class Malformed(Fault):
    """It answered with something that is no answer."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("malformed", detail)


class TaskFailed(Fault):
    """It took a task and then failed or canceled it; `code` is the server's own error code."""


class Mismatch(Fault):
    """It says that it did something, and something else is there."""
