"""SOAP 1.1 messages: made, signed (XML Signature over the body), and read from whatever a server sends.

Reading is hardened: no document type, so no entities and nothing fetched; no deep or huge trees; the size is the
caller's business (`backend.kit.outgoing`). Signing and parsing are libraries: signxml, lxml.
"""

from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
BODY_ID = "Body"
"""Value of the attribute `Id` of the body, to which the signature refers."""

Tree = Mapping[str, "str | Tree | None"]
"""Elements without a namespace, in order: a text, elements, or None to leave it out."""


class SoapUnreadable(ValueError):
    """Bytes that are no SOAP message; the message says why, never what was in it."""


class SoapFault(Exception):
    """The server answered with a fault.

    Attributes:
        code: of the fault (`Server`, `Client` …).
        text: what the server says; it may quote the question, so it is not for logs or people.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


class KeyPairInvalid(ValueError):
    """A private key and a certificate that cannot sign; the message never holds a key."""


class Signer:
    """Signs envelopes with RSA-SHA256; certificate and public key travel with the signature.

    Args:
        key: private key, PEM without a password.
        certificate: its certificate, PEM; those that certify it may follow.

    Raises:
        KeyPairInvalid: they cannot be read, or are no pair.
    """

    def __init__(self, key: bytes, certificate: bytes) -> None:
        try:
            held = load_pem_private_key(key, password=None)
            self._chain = load_pem_x509_certificates(certificate)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyPairInvalid(f"key or certificate cannot be read ({type(error).__name__})") from None
        if not isinstance(held, RSAPrivateKey) or held.public_key() != self._chain[0].public_key():
            raise KeyPairInvalid("not an RSA key and its certificate")
        self._key = held

    def signed(self, content: etree._Element) -> bytes:
        """The envelope around `content`, signed: the signature stands in the header and covers the body."""
        signer = XMLSigner(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=SignatureMethod.RSA_SHA256,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
        )
        envelope = _envelope(content)
        place = etree.SubElement(envelope[0], f"{{{SIGNATURE}}}Signature", nsmap={"ds": SIGNATURE})
        place.set("Id", "placeholder")
        done = signer.sign(
            envelope,
            key=self._key,
            cert=self._chain,
            reference_uri=f"#{BODY_ID}",
            id_attribute="Id",
            always_add_key_value=True,
        )
        return _written(done)


def _envelope(content: etree._Element) -> etree._Element:
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"s": ENVELOPE})
    etree.SubElement(envelope, f"{{{ENVELOPE}}}Header")
    body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    body.set("Id", BODY_ID)
    body.append(content)
    return envelope


def _written(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def message(name: str, namespace: str, content: Tree) -> etree._Element:
    """The element in a body: its name in `namespace`, everything below it in none (`elementFormDefault` unqualified).

    Raises:
        ValueError: a text holds a character that XML cannot.
    """
    root = etree.Element(f"{{{namespace}}}{name}", nsmap={"web": namespace})
    _fill(root, content)
    return root


def _fill(parent: etree._Element, content: Tree) -> None:
    for name, inside in content.items():
        if inside is None:
            continue
        child = etree.SubElement(parent, name)
        if isinstance(inside, str):
            child.text = inside
        else:
            _fill(child, inside)


def read(raw: bytes) -> etree._Element:
    """The one element in the body of an answer.

    Raises:
        SoapUnreadable: no well-formed XML, a document type, or no envelope with one element in its body.
        SoapFault: that element is a fault.
    """
    root = parsed(raw)
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise SoapUnreadable("no SOAP envelope")
    body = root.find(f"{{{ENVELOPE}}}Body")
    inside = [] if body is None else list(body)
    if len(inside) != 1:
        raise SoapUnreadable("a body with other than one element")
    if inside[0].tag == f"{{{ENVELOPE}}}Fault":
        raise SoapFault(text(inside[0], "faultcode") or "", text(inside[0], "faultstring") or "")
    return inside[0]


def parsed(raw: bytes) -> etree._Element:
    """The root of an XML document without a document type.

    Raises:
        SoapUnreadable: not well formed, or with a document type.
    """
    if b"<!DOCTYPE" in raw:
        raise SoapUnreadable("a document type, which is not read")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise SoapUnreadable("not well-formed XML") from None
    if root.getroottree().docinfo.doctype:  # written in an encoding that hid it above
        raise SoapUnreadable("a document type, which is not read")
    return root


def text(element: etree._Element, path: str) -> str | None:
    """The text at `path`, white space around it taken off; None when it is not there or empty."""
    found = element.find(path)
    return (found.text or "").strip() or None if found is not None else None
