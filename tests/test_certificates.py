import socket
import ssl
import threading

import pytest

from tests.certificates import REFUSED, Certificates, ServerTLS

WHY = {
    "self_signed": "self-signed certificate",
    "wrong_host": "Hostname mismatch",
    "expired": "certificate has expired",
    "not_yet_valid": "certificate is not yet valid",
    "unknown_ca": "unable to get local issuer certificate",
    "tls_1_1": "(?i)protocol.version",
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_certificate_is_refused(certificates: Certificates, name: str) -> None:
    """Each bad certificate is bad for exactly the reason it is named after."""
    with pytest.raises(ssl.SSLError, match=WHY[name]):
        shake_hands(certificates.client(), getattr(certificates, name))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_good_certificate_is_accepted(certificates: Certificates, host: str) -> None:
    """The good one is taken under both names of this machine."""
    assert shake_hands(certificates.client(), certificates.good, host) in {"TLSv1.2", "TLSv1.3"}


def test_old_server_speaks_tls_1_1(certificates: Certificates) -> None:
    """A client that wants no more gets TLS 1.1, so a refusal is the client's choice."""
    client = certificates.client()
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.minimum_version = ssl.TLSVersion.TLSv1_1
    assert shake_hands(client, certificates.tls_1_1) == "TLSv1.1"


def shake_hands(client: ssl.SSLContext, server: ServerTLS, host: str = "localhost") -> str | None:
    """The protocol version that both agree on, or the client's SSLError."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve, args=(theirs, server.context))
    thread.start()
    try:
        with ours, client.wrap_socket(ours, server_hostname=host) as tls:
            return tls.version()
    finally:
        thread.join()


def serve(connection: socket.socket, context: ssl.SSLContext) -> None:
    """Shake hands as the server, and do not mind a client that leaves."""
    try:
        with connection, context.wrap_socket(connection, server_side=True):
            pass
    except (ssl.SSLError, OSError):
        connection.close()
