"""The server certificates a client meets: one good, and one of each kind to refuse."""

import ipaddress
import ssl
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = ("localhost", "127.0.0.1")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ServerTLS:
    """What a server shows: a context, and the PEM file (key, then certificates) behind it."""

    context: ssl.SSLContext
    chain_file: Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """`good` is accepted for localhost and 127.0.0.1 by those who trust `ca_file`."""

    ca_file: Path
    other_ca_file: Path
    good: ServerTLS
    self_signed: ServerTLS
    wrong_host: ServerTLS
    expired: ServerTLS
    not_yet_valid: ServerTLS
    unknown_ca: ServerTLS
    tls_1_1: ServerTLS

    def client(self) -> ssl.SSLContext:
        """A fresh client context that verifies, and trusts `ca_file` alone."""
        return ssl.create_default_context(cafile=str(self.ca_file))


REFUSED = ("self_signed", "wrong_host", "expired", "not_yet_valid", "unknown_ca", "tls_1_1")


def make_certificates(folder: Path) -> Certificates:
    """Make an authority, a stranger's authority and all the certificates, as files in `folder`."""
    now = datetime.now(UTC)
    ca, other_ca = trustme.CA(), trustme.CA()
    good = issue(ca, folder / "good.pem")
    return Certificates(
        ca_file=write_authority(ca, folder / "ca.pem"),
        other_ca_file=write_authority(other_ca, folder / "other-ca.pem"),
        good=good,
        self_signed=server(write_self_signed(folder / "self-signed.pem", now)),
        wrong_host=issue(ca, folder / "wrong-host.pem", "mail.example.net"),
        expired=issue(ca, folder / "expired.pem", not_before=now - 3 * DAY, not_after=now - DAY),
        not_yet_valid=issue(
            ca, folder / "not-yet-valid.pem", not_before=now + DAY, not_after=now + 3 * DAY
        ),
        unknown_ca=issue(other_ca, folder / "unknown-ca.pem"),
        tls_1_1=ServerTLS(only_tls_1_1(good.chain_file), good.chain_file),
    )


def write_authority(ca: trustme.CA, path: Path) -> Path:
    """The authority's certificate, as a file that a client can trust."""
    ca.cert_pem.write_to_path(str(path))
    return path


def issue(
    ca: trustme.CA,
    path: Path,
    *names: str,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> ServerTLS:
    """A certificate from `ca`, for the loopback names unless others are given."""
    leaf = ca.issue_cert(*(names or LOOPBACK), not_before=not_before, not_after=not_after)
    leaf.private_key_and_cert_chain_pem.write_to_path(str(path))
    return server(path)


def write_self_signed(path: Path, now: datetime) -> Path:
    """A certificate for the loopback names that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(key_pem + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def server(chain_file: Path) -> ServerTLS:
    """A server that shows this certificate."""
    return ServerTLS(server_context(chain_file), chain_file)


def server_context(chain_file: Path) -> ssl.SSLContext:
    """A server's context as Python makes it by default."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain_file)
    return context


def only_tls_1_1(chain_file: Path) -> ssl.SSLContext:
    """A server's context that speaks nothing newer than TLS 1.1."""
    context = server_context(chain_file)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
