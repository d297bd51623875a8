"""A small certificate authority in a private folder: made once, its certificates made again when names change."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from michinori.server import extras
from michinori.trace import NS_PER_S, current

#: Wide dates, but browsers take no certificate that is valid for longer than 825 days (398 for public CAs).
_CA_DAYS: Final = 3650
_DAYS: Final = 820
_RENEWED_BEFORE: Final = timedelta(days=30)
_BEFORE: Final = timedelta(days=1)
_WHAT_FOR: Final = "--tls-auto"


class Authority:
    """Made by ``at``."""

    def __init__(self, folder: Path) -> None:
        self.certificate_file = folder / "michinori-ca.pem"
        self._key_file = folder / "michinori-ca.key"
        self._folder = folder
        self._x509 = _load("x509")

    @classmethod
    def at(cls, folder: Path) -> Authority:
        """The authority of that folder, made if there is none, or if it soon ends. Raises ``OSError``."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        authority = cls(folder)
        if not authority._is_good(authority.certificate_file):
            authority._make()
        return authority

    def certificate(self, hosts: Iterable[str]) -> tuple[Path, Path]:
        """Files of a certificate for these names and addresses and of its key; kept until their time is over."""
        names = sorted({name for host in hosts for name in _names(host)} or {"localhost"})
        mark = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
        cert_file, key_file = self._folder / f"{mark}.pem", self._folder / f"{mark}.key"
        if not (key_file.exists() and self._is_good(cert_file) and self._signed(cert_file)):
            cert, key = self._issue(names)
            _write_private(key_file, key)
            _write_private(cert_file, cert)
        return cert_file, key_file

    def _make(self) -> None:
        x509, rsa = self._x509, _load("hazmat.primitives.asymmetric.rsa")
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name(
            [x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Michinori CA {os.urandom(3).hex()} (made on this machine)")]
        )
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = (
            self._builder(name, key.public_key(), _CA_DAYS)
            .issuer_name(name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(x509, key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(identifier, critical=False)
        )
        cert = builder.sign(key, _load("hazmat.primitives.hashes").SHA256())
        _write_private(self._key_file, _key_pem(key))
        _write_private(self.certificate_file, _cert_pem(cert))
        self.certificate_file.chmod(0o644)

    def _issue(self, names: list[str]) -> tuple[bytes, bytes]:
        x509 = self._x509
        ca = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        ca_key = _load("hazmat.primitives.serialization").load_pem_private_key(self._key_file.read_bytes(), None)
        key = _load("hazmat.primitives.asymmetric.rsa").generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64])])
        server = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH])
        builder = (
            self._builder(subject, key.public_key(), _DAYS)
            .issuer_name(ca.subject)
            .add_extension(x509.SubjectAlternativeName([_general_name(x509, name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(x509, digital_signature=True, key_encipherment=True), critical=True)
            .add_extension(server, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.public_key()), critical=False)
        )
        cert = builder.sign(ca_key, _load("hazmat.primitives.hashes").SHA256())
        return _cert_pem(cert), _key_pem(key)

    def _builder(self, subject: Any, public_key: Any, days: int) -> Any:
        now = _now()
        return (
            self._x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(public_key)
            .serial_number(self._x509.random_serial_number())
            .not_valid_before(now - _BEFORE)
            .not_valid_after(now + timedelta(days=days))
        )

    def _is_good(self, cert_file: Path) -> bool:
        """Whether it is there, whole, and valid for some time to come."""
        try:
            cert = self._x509.load_pem_x509_certificate(cert_file.read_bytes())
        except (OSError, ValueError):
            return False
        ends: datetime = cert.not_valid_after_utc
        return self._key_file.exists() and ends - _RENEWED_BEFORE > _now()

    def _signed(self, cert_file: Path) -> bool:
        """Whether that certificate is by the present authority."""
        ca = self._x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        return bool(self._x509.load_pem_x509_certificate(cert_file.read_bytes()).issuer == ca.subject)


def _load(module: str) -> Any:
    return extras.load(f"cryptography.{module}", _WHAT_FOR, "tls")


def _names(host: str) -> list[str]:
    """The names by which a client may call a server that listens there."""
    if host in ("", "0.0.0.0", "::", "localhost", "127.0.0.1", "::1"):
        return ["localhost", "127.0.0.1", "::1"]
    return [host.lower().removesuffix(".")]


def _general_name(x509: Any, name: str) -> Any:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode("ascii") if not name.isascii() else name)


def _usage(x509: Any, **used: bool) -> Any:
    every = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: used.get(name, False) for name in every})


def _cert_pem(cert: Any) -> bytes:
    octets: bytes = cert.public_bytes(_load("hazmat.primitives.serialization").Encoding.PEM)
    return octets


def _key_pem(key: Any) -> bytes:
    ways = _load("hazmat.primitives.serialization")
    octets: bytes = key.private_bytes(ways.Encoding.PEM, ways.PrivateFormat.PKCS8, ways.NoEncryption())
    return octets


def _write_private(file: Path, octets: bytes) -> None:
    """Whole or not at all, and for the owner alone."""
    handle, name = tempfile.mkstemp(dir=file.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(octets)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _now() -> datetime:
    return datetime.fromtimestamp(current().clock.date_ns() // NS_PER_S, UTC)
