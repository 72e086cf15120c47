"""How the files of a key that signs tokens are called."""

from pathlib import Path

import msgspec


class KeyNames(msgspec.Struct, frozen=True, kw_only=True):
    """Files in one folder, and the `kid` of the key."""

    private: str
    public: str
    kid: str


DEVELOPMENT = KeyNames(private="development-key.pem", public="development-jwks.json", kid="development")
"""Of tokens that production does not trust."""
SIGNING = KeyNames(private="key.pem", public="jwks.json", kid="channel")
"""Of a channel, in development and in production."""


def names_in(folder: Path) -> KeyNames:
    """The names in the folder of a channel; one that was made with the names of before keeps them."""
    before = (folder / DEVELOPMENT.private).exists() and not (folder / SIGNING.private).exists()
    return DEVELOPMENT if before else SIGNING
