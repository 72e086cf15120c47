"""The short-lived tokens a channel signs for the core: for whom it acts, from which network, through which channel."""

import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend.kit.signing import SIGNING
from bff.settings import AUDIENCE, ISSUER, Channel

SECONDS = 60
REUSED_SECONDS = 30
"""A token is used for the calls of half a minute: checking a signature costs the core more than reading a row."""
KEPT = 2_000

CHANNEL_ITSELF = "channel"
VISITOR = "visitor"


class CallTokens:
    """Signs the tokens of one channel.

    Args:
        channel: its name; `azp` and the end of `iss`.
        key_file: PEM of its private key (P-256).
        key_id: `kid` under which the core knows the public half.
    """

    def __init__(self, channel: Channel, key_file: Path, key_id: str = SIGNING.kid) -> None:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise TypeError(f"{key_file} is not an elliptic curve key")
        self._key = key
        self._channel = channel
        self._headers = {"typ": "at+jwt", "kid": key_id}
        self._held: dict[tuple[str, str | None], tuple[float, str]] = {}

    def token(self, subject: str, network: str | None = None) -> str:
        """A token for this person: a user id, a customer id, `visitor` or `channel`.

        Args:
            subject: for whom the channel acts.
            network: keyed hash of the caller's network, for limits.
        """
        now = time.time()
        held = self._held.get((subject, network))
        if held and held[0] > now:
            return held[1]
        if len(self._held) >= KEPT:
            self._held.clear()
        made = jwt.encode(
            {
                "iss": f"{ISSUER}{self._channel}",
                "aud": AUDIENCE,
                "sub": subject,
                "azp": self._channel,
                "iat": int(now),
                "exp": int(now) + SECONDS,
                **({"net": network} if network else {}),
            },
            self._key,
            algorithm="ES256",
            headers=self._headers,
        )
        self._held[subject, network] = (now + REUSED_SECONDS, made)
        return made
