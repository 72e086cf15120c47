"""SOAP messages: signed so that a verifier accepts them and notices every change; nothing dangerous is read."""

from pathlib import Path

import pytest
from lxml import etree
from signxml.exceptions import InvalidSignature
from signxml.verifier import XMLVerifier

from backend.kit.soap import ENVELOPE, KeyPairInvalid, Signer, SoapFault, SoapUnreadable, message, parsed, read, text
from tests.simulators.authority import Authority, Pair

SPACE = "urn:example:service"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Authority(tmp_path_factory.mktemp("soap")).client()


@pytest.fixture(scope="module")
def signed(pair: Pair) -> bytes:
    signer = Signer(pair.key_file.read_bytes(), pair.certificate_file.read_bytes())
    return signer.signed(message("Give", SPACE, {"Question": {"Number": "42 & <é>", "Left": None, "Empty": ""}}))


def verified(raw: bytes, pair: Pair) -> etree._Element:
    result = XMLVerifier().verify(etree.fromstring(raw), x509_cert=pair.certificate_file.read_text(), id_attribute="Id")
    assert not isinstance(result, list)
    assert result.signed_xml is not None
    return result.signed_xml


def test_a_message_has_its_name_in_a_namespace_and_nothing_else(signed: bytes) -> None:
    found = read(signed)
    assert found.tag == f"{{{SPACE}}}Give"
    assert [one.tag for one in found.iter()] == [found.tag, "Question", "Number", "Empty"]
    assert text(found, "Question/Number") == "42 & <é>"
    assert text(found, "Question/Empty") is None
    assert text(found, "Question/Left") is None


def test_the_body_is_signed_and_the_certificate_travels_along(signed: bytes, pair: Pair) -> None:
    body = verified(signed, pair)
    assert body.tag == f"{{{ENVELOPE}}}Body"
    assert body.get("Id") == "Body"
    root = etree.fromstring(signed)
    names = {etree.QName(one).localname for one in root.iter() if isinstance(one.tag, str)}
    assert {"RSAKeyValue", "X509Certificate", "Reference"} <= names
    assert b"rsa-sha256" in signed
    assert b"#sha256" in signed


@pytest.mark.parametrize(
    ("old", "new"), [(b"42 &amp;", b"43 &amp;"), (b"Number>", b"Numbers>"), (b'Id="Body"', b'Id="x"')]
)
def test_every_change_is_noticed(signed: bytes, pair: Pair, old: bytes, new: bytes) -> None:
    assert old in signed
    with pytest.raises((InvalidSignature, ValueError)):
        verified(signed.replace(old, new), pair)


def test_a_key_and_a_certificate_belong_together(pair: Pair, tmp_path: Path) -> None:
    other = Authority(tmp_path).client()
    key, certificate = pair.key_file.read_bytes(), pair.certificate_file.read_bytes()
    for one, two in ((other.key_file.read_bytes(), certificate), (b"rubbish", certificate), (key, b"rubbish")):
        with pytest.raises(KeyPairInvalid) as refused:
            Signer(one, two)
        assert "PRIVATE" not in str(refused.value)


def test_a_text_that_xml_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="XML"):
        message("Give", SPACE, {"Number": "\x00"})


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
WHOLE = f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body><x>&a;&f;</x></e:Body></e:Envelope>'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not xml",
        b"<a>",
        b"\x00\xff\xfe",
        b"<a/>",
        f"{BOMB}{WHOLE}".encode(),
        f"{BOMB}{WHOLE}".encode("utf-16"),
        f'<?xml version="1.0" encoding="UTF-7"?>{WHOLE}'.encode(),
        f'<e:Envelope xmlns:e="{ENVELOPE}"/>'.encode(),
        f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body/></e:Envelope>'.encode(),
        f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body><a/><b/></e:Body></e:Envelope>'.encode(),
        b"<a>" * 100_000,
        (b"<a>" * 1_000) + b"x" + (b"</a>" * 1_000),
    ],
    ids=lambda raw: str(raw[:20]),
)
def test_what_is_no_message_is_unreadable(raw: bytes) -> None:
    with pytest.raises(SoapUnreadable):
        read(raw)


def test_an_undeclared_entity_is_not_well_formed() -> None:
    with pytest.raises(SoapUnreadable):
        parsed(b"<a>&whatever;</a>")


def test_a_fault_is_told_with_its_code_only() -> None:
    raw = (
        f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body><e:Fault><faultcode>e:Server</faultcode>'
        "<faultstring>99995 - too many, about 85073003328</faultstring></e:Fault></e:Body></e:Envelope>"
    )
    with pytest.raises(SoapFault) as fault:
        read(raw.encode())
    assert str(fault.value) == "e:Server"
    assert fault.value.text.startswith("99995")
