"""Which network a request came from: the /24 (IPv4) or /48 (IPv6), as a keyed hash; the address itself goes nowhere."""

import hashlib
import hmac
import ipaddress

from litestar.types import Scope

WIDTHS = {4: 24, 6: 48}


class Networks:
    """Tells the network of a request.

    Args:
        key: secret of this channel.
        trusted_proxies: how many proxies before us add to `X-Forwarded-For`; what is further left is hearsay.
    """

    def __init__(self, key: bytes, trusted_proxies: int) -> None:
        self._key = hashlib.blake2b(key, digest_size=32, person=b"onthaal-network").digest()
        self._trusted = trusted_proxies

    def of(self, scope: Scope) -> str:
        """The network of this request, always the same 16 characters."""
        digest = hmac.digest(self._key, self._network(self._address(scope)).encode(), "sha256")
        return digest[:8].hex()

    def _address(self, scope: Scope) -> str:
        client = scope["client"]
        peer = client[0] if client else ""
        if not self._trusted:
            return peer
        told = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        hops = [one.strip() for value in told for one in value.split(",") if one.strip()]
        return hops[-self._trusted] if len(hops) >= self._trusted else peer

    @staticmethod
    def _network(address: str) -> str:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return "unknown"
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        return str(ipaddress.ip_network(f"{parsed}/{WIDTHS[parsed.version]}", strict=False))
