"""The demo users of the demo provider, and what it and the channels must know of each other (`onthaal up`, tests)."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm

from backend.commands.city import City, CityUser
from backend.identity.logins.rules import EVERYWHERE, IN_DEPARTMENT
from backend.kit.embedded.provider import Account, ProviderServer
from bff.settings import Channel, Provider

KEY_ID = "onthaal"
RIGHTS: Mapping[str, str] = {role: right for right, role in (*IN_DEPARTMENT.items(), *EVERYWHERE.items())}
EID = "urn:be:vlaanderen:authmech:eid"

CITIZENS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "lotte.willems": (
        "Lotte Willems, als burger",
        {"given_name": "Lotte", "family_name": "Willems", "vo_doelgroepcode": "BUR", "rrn": "85073003328"},
    ),
    "karim.bensaid": (
        "Karim Bensaïd, als burger",
        {"given_name": "Karim", "family_name": "Bensaïd", "vo_doelgroepcode": "BUR", "rrn": "73040100571"},
    ),
    "rosa.vandamme": (
        "Rosa Vandamme, als burger",
        {"given_name": "Rosa", "family_name": "Vandamme", "vo_doelgroepcode": "BUR", "rrn": "64021512210"},
    ),
    "bakkerij": (
        "Wout Claes, voor de onderneming Bakkerij Claes",
        {
            "given_name": "Wout",
            "family_name": "Claes",
            "vo_doelgroepcode": "EA",
            "vo_orgcode": "0999999031",
            "vo_orgnaam": "Bakkerij Claes",
        },
    ),
    "harmonie": (
        "Femke De Wolf, voor de vereniging Harmonie De Toekomst",
        {
            "given_name": "Femke",
            "family_name": "De Wolf",
            "vo_doelgroepcode": "VER",
            "vo_orgcode": "V0099001",
            "vo_orgnaam": "Harmonie De Toekomst",
        },
    ),
}
"""Who can log in with the widget; nobody of them exists."""


def prepared(folder: Path, city: City, *, name: str, port: int, public_url: str, organisation: str) -> ProviderServer:
    """The demo provider for these channels, ready to start, with `providers.json` for `ONTHAAL_BFF_PROVIDERS_FILE`.

    Args:
        folder: of the provider.
        city: whose staff can log in.
        name: of the city, on the pages.
        port: of the provider, on the loopback address.
        public_url: of the channels.
        organisation: code of the city in the rights of its staff.
    """
    server = ProviderServer(folder, port, city=name)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key, secret = folder / "agent-key.pem", folder / "widget-secret"
    _keep(key, _new_key)
    _keep(secret, lambda: secrets.token_urlsafe(32).encode())
    server.configure(clients(key, secret.read_text(), public_url), accounts(city, organisation))
    agent = Provider(
        issuer=server.issuer,
        client_id="onthaal-agent",
        client_key_file=str(key),
        client_key_id=KEY_ID,
        scopes=("openid", "profile", "vo", "onthaal"),
        organisation=organisation,
        development=True,
    )
    widget = Provider(
        issuer=server.issuer,
        client_id="onthaal-widget",
        client_secret_file=str(secret),
        scopes=("openid", "profile", "rrn", "vo"),
        acr_values=(EID,),
        development=True,
    )
    providers_file(folder).write_bytes(msgspec.json.encode({"agent": agent, "widget": widget}))
    return server


def providers_file(folder: Path) -> Path:
    """What the channels read."""
    return folder / "providers.json"


def clients(key: Path, secret: str, public_url: str) -> list[dict[str, Any]]:
    """The channels as OpenID Connect clients: staff with a key, the widget with a secret."""
    private = load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise TypeError(f"{key} is not an elliptic curve key")
    public = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    shown = {**public, "kid": KEY_ID, "alg": "ES256", "use": "sig"}
    proofs: dict[Channel, dict[str, Any]] = {
        "agent": {
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks": {"keys": [shown]},
        },
        "widget": {"token_endpoint_auth_method": "client_secret_basic", "client_secret": secret},
    }
    return [
        {
            "client_id": f"onthaal-{channel}",
            "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": [f"{public_url}/{channel}/callback"],
            "post_logout_redirect_uris": [f"{public_url}/{channel}/login/ended"],
            "backchannel_logout_uri": f"{public_url}/{channel}/backchannelLogout",
            "backchannel_logout_session_required": True,
            **proof,
        }
        for channel, proof in proofs.items()
    ]


def accounts(city: City, organisation: str) -> list[Account]:
    """The staff of the city, with their rights as ACM/IDM says them, and a few citizens and organisations."""
    staff = [_colleague(user, organisation) for user in city.users]
    others = [
        Account(id=name, label=label, clients=["onthaal-widget"], claims={"acr": EID, **claims})
        for name, (label, claims) in CITIZENS.items()
    ]
    return [*staff, *others]


def _colleague(user: CityUser, organisation: str) -> Account:
    given, _, family = user.name.partition(" ")
    rights = [f"{RIGHTS[one.role]}-{one.department}:{organisation}" for one in user.memberships]
    what = ", ".join(f"{one.role} bij {one.department}" for one in user.memberships)
    claims = {
        "given_name": given,
        "family_name": family,
        "vo_id": user.username,
        "vo_doelgroepcode": "LB",
        "vo_orgcode": organisation,
        "vo_email": user.email,
        "onthaal_rol_3d": rights,
    }
    return Account(id=user.username, label=f"{user.name} ({what})", clients=["onthaal-agent"], claims=claims)


def _new_key() -> bytes:
    return generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _keep(path: Path, make: Callable[[], bytes]) -> None:
    """Make it once, readable for us only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(make())
