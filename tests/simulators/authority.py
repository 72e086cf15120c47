"""A certificate authority for simulators: made when it is needed, trusted by nobody else."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Pair:
    """A private key and its certificate, as files."""

    def __init__(self, folder: Path, name: str, key: RSAPrivateKey, certificate: x509.Certificate) -> None:
        self.key_file = folder / f"{name}-key.pem"
        self.certificate_file = folder / f"{name}.pem"
        self.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.key_file.chmod(0o600)
        self.certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))


class Authority:
    """Makes certificates.

    Args:
        folder: where keys and certificates are written.
        name: of the authority.
    """

    def __init__(self, folder: Path, name: str = "simulator authority") -> None:
        self._folder = folder
        self._name = _name(name)
        self._key = generate_private_key(public_exponent=65537, key_size=2048)
        certificate = self._signed(self._name, self._key, authority=True, use=None)
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def server(self) -> Pair:
        """For a server on 127.0.0.1."""
        key = generate_private_key(public_exponent=65537, key_size=2048)
        certificate = self._signed(_name("127.0.0.1"), key, authority=False, use=ExtendedKeyUsageOID.SERVER_AUTH)
        return Pair(self._folder, "server", key, certificate)

    def client(self, name: str = "client") -> Pair:
        """For a client."""
        key = generate_private_key(public_exponent=65537, key_size=2048)
        certificate = self._signed(_name(name), key, authority=False, use=ExtendedKeyUsageOID.CLIENT_AUTH)
        return Pair(self._folder, name, key, certificate)

    def _signed(
        self, subject: x509.Name, key: RSAPrivateKey, *, authority: bool, use: x509.ObjectIdentifier | None
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if authority:
            usage = x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            )
            builder = builder.add_extension(usage, critical=True)
        if use is not None:
            address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            builder = builder.add_extension(address, critical=False)
        return builder.sign(self._key, SHA256())
