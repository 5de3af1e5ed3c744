"""The network's own small certificate authority: it serves the broker and, where nothing better is there, browsers.

X.509 (RFC 5280) with ECDSA over P-256, since browsers take no Ed25519. Bytes in and out are PEM; times and keys are
passed in.
"""

import hashlib
import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from comity.errors import InputError, MalformedError
from comity.limits import CA_S, CERTIFICATE_S, SKEW_S
from comity.texts import _

_LOCAL_NAMES = ("localhost", "127.0.0.1")
_SERIAL_BYTES = 19  # RFC 5280 4.1.2.2: at most 20, and positive
_NAME_CHARS = 64  # X.520 ub-common-name


class CertificateAuthority(msgspec.Struct, frozen=True):
    """The CA's certificate and private key, both PEM."""

    certificate: bytes
    key: bytes


def new_key() -> bytes:
    """A new P-256 private key, PKCS #8 in PEM, not encrypted."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def make_ca(network: str, key: bytes, now: datetime, valid_s: float = CA_S) -> CertificateAuthority:
    """Make the network's CA, its certificate signed by itself; InputError if it would be valid longer than CA_S."""
    if not 0 < valid_s <= CA_S:
        raise InputError(_("A certificate authority is valid for at most ten years."), where="valid_s")
    private = _private_key(key)
    name = _name(f"{network} network CA")
    builder = _builder(name, name, private.public_key(), now, valid_s)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(ca=True), critical=True)
    builder = builder.add_extension(_authority_key(private.public_key()), critical=False)
    return CertificateAuthority(_pem(builder.sign(private, hashes.SHA256())), key)


def make_server_certificate(
    ca: CertificateAuthority, key: bytes, names: Sequence[str], now: datetime, valid_s: float = CERTIFICATE_S
) -> bytes:
    """Make a server's certificate for this machine and ``names`` (host names or addresses).

    InputError if it would be valid longer than CERTIFICATE_S, or longer than the CA.
    """
    authority = parse_certificate(ca.certificate)
    if not 0 < valid_s <= CERTIFICATE_S:
        raise InputError(_("A server's certificate is valid for at most 397 days."), where="valid_s")
    if now + timedelta(seconds=valid_s) > authority.not_valid_after_utc:
        raise InputError(_("A server's certificate cannot outlive the network's CA."), where="valid_s")
    private, issuer = _private_key(key), _private_key(ca.key)
    every_name = tuple(dict.fromkeys((*names, *_LOCAL_NAMES)))
    builder = _builder(_name(every_name[0]), authority.subject, private.public_key(), now, valid_s)
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(ca=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName([_general_name(name) for name in every_name]), False),
        (_authority_key(issuer.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return _pem(builder.sign(issuer, hashes.SHA256()))


def parse_certificate(pem: bytes) -> x509.Certificate:
    """Read a certificate; MalformedError if it is none."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise MalformedError(_("This is not a certificate in PEM."), where="certificate") from error


def expires_at(pem: bytes) -> datetime:
    """When the certificate ends; MalformedError if it is none."""
    return parse_certificate(pem).not_valid_after_utc


def _private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise MalformedError(_("This is not a private key in PEM."), where="key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise MalformedError(_("A certificate's key is an elliptic curve key."), where="key")
    return key


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, valid_s: float
) -> x509.CertificateBuilder:
    """Begin a certificate; its serial number follows from key and time, so that the same call gives the same one."""
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    serial = hashlib.sha256(point + now.astimezone(UTC).isoformat().encode()).digest()[:_SERIAL_BYTES]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(int.from_bytes(serial) | 1)
        .not_valid_before(now - timedelta(seconds=SKEW_S))
        .not_valid_after(now + timedelta(seconds=valid_s))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:_NAME_CHARS])])


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _authority_key(public: ec.EllipticCurvePublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(public)


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
