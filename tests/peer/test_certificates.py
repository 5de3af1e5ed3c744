"""The network's CA, judged by a verifier that is not ours."""

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, Subject, VerificationError

from comity.errors import InputError, MalformedError
from comity.limits import CA_S, CERTIFICATE_S
from comity.peer.certificates import (
    CertificateAuthority,
    expires_at,
    make_ca,
    make_server_certificate,
    new_key,
    parse_certificate,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = new_key()
CA = make_ca("test", new_key(), NOW)
SERVER = make_server_certificate(CA, KEY, ["broker.example", "192.0.2.7"], NOW)


def verify(pem: bytes, ca: CertificateAuthority, name: Subject, at: datetime = NOW) -> None:
    store = Store([parse_certificate(ca.certificate)])
    PolicyBuilder().store(store).time(at).build_server_verifier(name).verify(parse_certificate(pem), [])


@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("broker.example"),
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
    ],
)
def test_a_certificate_serves_this_machine_and_the_names_given(name: Subject) -> None:
    verify(SERVER, CA, name)


def test_a_certificate_serves_no_other_name() -> None:
    with pytest.raises(VerificationError):
        verify(SERVER, CA, x509.DNSName("elsewhere.example"))


def test_another_networks_ca_does_not_vouch() -> None:
    with pytest.raises(VerificationError):
        verify(SERVER, make_ca("test", new_key(), NOW), x509.DNSName("localhost"))


@pytest.mark.parametrize("shift_s", [-3600, CERTIFICATE_S + 1])
def test_a_certificate_is_void_before_and_after_its_time(shift_s: float) -> None:
    with pytest.raises(VerificationError):
        verify(SERVER, CA, x509.DNSName("localhost"), NOW + timedelta(seconds=shift_s))


def test_expiry_can_be_read() -> None:
    assert expires_at(SERVER) == NOW + timedelta(seconds=CERTIFICATE_S)
    assert expires_at(CA.certificate) == NOW + timedelta(seconds=CA_S)


def test_a_server_cannot_vouch_for_others() -> None:
    forged = make_server_certificate(CertificateAuthority(SERVER, KEY), new_key(), ["forged.example"], NOW, 60)
    store = Store([parse_certificate(CA.certificate)])
    verifier = PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName("forged.example"))
    with pytest.raises(VerificationError):
        verifier.verify(parse_certificate(forged), [parse_certificate(SERVER)])


def test_what_lasts_too_long_is_refused() -> None:
    with pytest.raises(InputError):
        make_ca("test", KEY, NOW, CA_S + 1)
    with pytest.raises(InputError):
        make_server_certificate(CA, KEY, [], NOW, CERTIFICATE_S + 1)
    with pytest.raises(InputError):
        make_server_certificate(CA, KEY, [], NOW + timedelta(seconds=CA_S - 60), 3600)


def test_what_is_no_certificate_and_no_key_is_refused() -> None:
    with pytest.raises(MalformedError):
        expires_at(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(MalformedError):
        make_ca("test", b"no key", NOW)
