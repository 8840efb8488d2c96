"""TLS is verified or there is none: no password leaves, and nothing from before it counts."""

import socket
import ssl
import time
from typing import get_args

import pytest

from flask_mailwright.envelope import Receipt
from flask_mailwright.secret import Secret
from flask_mailwright.smtp.hello import hello_name
from flask_mailwright.smtp.relay import Relay, Tls
from flask_mailwright.smtp.tls import client_context
from flask_mailwright.testing import SMTPServer
from flask_mailwright.timing import Timing
from flask_mailwright.transports.smtp import SmtpTransport
from flask_mailwright.world import World
from tests.certificates import REFUSED, Certificates, ServerTLS
from tests.smtp.script import CONTENT, a_mail
from tests.transports.rawrelay import RawRelay, lead_to_content, small_buffers

QUICK = Timing(connect=0.4, reply=0.4, content=0.4, final_dot=0.4)
MODES = [mode for mode in get_args(Tls) if mode != "none"]
HELLO = f"EHLO {hello_name(socket.gethostname(), ('127.0.0.1', 0))}\r\n".encode()
PLAIN_TALK = (
    (b"", b"220 hi\r\n"),
    (HELLO, b"250-mx\r\n250 STARTTLS\r\n"),
    (b"STARTTLS\r\n", b"220 go\r\n"),
)
SECURE_TALK = (
    b"250-mx\r\n250 AUTH PLAIN\r\n",
    b"235 ok\r\n",
    b"250 ok\r\n",
    b"250 ok\r\n",
    b"354 go\r\n",
    b"250 within TLS\r\n",
    b"221 bye\r\n",
)


def tls_server(shown: ServerTLS, mode: Tls) -> SMTPServer:
    """A server with this certificate that wants a login."""
    return SMTPServer(
        tls=shown.context,
        implicit_tls=mode == "implicit",
        users={"ann": "secret"},
        require_auth=True,
    )


def deliver(
    port: int,
    mode: Tls,
    certificates: Certificates,
    *,
    host: str = "127.0.0.1",
    ca_file: str | None = None,
) -> Receipt:
    """Hand over one mail with a login, trusting our authority."""
    relay = Relay(
        host,
        port,
        mode,
        "ann",
        Secret("secret"),
        ca_file=ca_file or str(certificates.ca_file),
        timing=QUICK,
    )
    return SmtpTransport(relay).deliver(a_mail())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("mode", MODES)
def test_a_good_certificate(mode: Tls, host: str, certificates: Certificates) -> None:
    """Login and mail go through TLS, to a name or an address that the certificate has."""
    with tls_server(certificates.good, mode) as server:
        assert deliver(server.port, mode, certificates, host=host).error is None
        (mail,) = server.mails
        assert (mail.tls, mail.username, mail.content) == (True, "ann", CONTENT)
        assert [login.tls for login in server.logins] == [True]


WORDS = {
    "self_signed": "MAIL_TLS_CA_FILE",
    "wrong_host": "a name that stands in its certificate",
    "expired": "has expired",
    "not_yet_valid": "not yet valid",
    "unknown_ca": "MAIL_TLS_CA_FILE",
    "tls_1_1": "TLS 1.2 or newer",
}


@pytest.mark.parametrize("bad", REFUSED)
@pytest.mark.parametrize("mode", MODES)
def test_a_bad_certificate(mode: Tls, bad: str, certificates: Certificates) -> None:
    """It is refused before any byte of the login or of the mail, with a sentence that says why."""
    with tls_server(getattr(certificates, bad), mode) as server:
        receipt = deliver(server.port, mode, certificates)
        assert receipt.error is not None
        assert (receipt.error.kind, receipt.error.stage) == ("configuration", "tls")
        assert WORDS[bad] in str(receipt.error)
        assert len(str(receipt.error).splitlines()) <= 3
        assert (server.logins, server.mails) == ([], [])
        assert not any("AUTH" in line or "MAIL" in line for line in server.commands)


@pytest.mark.parametrize("mode", MODES)
def test_nothing_trusted_by_default(mode: Tls, certificates: Certificates) -> None:
    """Another authority's file, like the system's authorities, does not vouch for ours."""
    with tls_server(certificates.good, mode) as server:
        other = str(certificates.other_ca_file)
        receipt = deliver(server.port, mode, certificates, ca_file=other)
        assert receipt.error is not None
        assert receipt.error.kind == "configuration"


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_useless_ca_file(content: bytes | None, certificates: Certificates) -> None:
    """A file that is missing, empty or something else is named by its key."""
    path = certificates.ca_file.parent / "useless.pem"
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    with tls_server(certificates.good, "implicit") as server:
        receipt = deliver(server.port, "implicit", certificates, ca_file=str(path))
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("configuration", "tls")
    assert "MAIL_TLS_CA_FILE" in str(receipt.error)


def test_tls_to_a_plain_port(certificates: Certificates) -> None:
    """A relay that speaks plain text first is a mismatch of port and mode; the other is named."""
    with SMTPServer() as server:
        receipt = deliver(server.port, "implicit", certificates)
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("configuration", "tls")
    assert "port 587: MAIL_USE_TLS" in str(receipt.error)


def test_plain_text_to_a_tls_port(certificates: Certificates) -> None:
    """A relay that waits for a handshake says nothing; the sentence names the other mode."""
    with tls_server(certificates.good, "implicit") as server:
        receipt = deliver(server.port, "starttls", certificates)
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("temporary", "banner")
    assert "On port 465" in str(receipt.error)


@pytest.mark.parametrize(
    "injected",
    [
        b"250-mx\r\n250 AUTH PLAIN\r\n",
        b"235 2.7.0 welcome\r\n" * 3,
        b"250-mx\r\n250-SIZE 1\r\n250 X-EVIL\r\n250 ok\r\n",
        b"garbage without end",
    ],
)
def test_plaintext_behind_starttls(injected: bytes, certificates: Certificates) -> None:
    """What was injected behind the 220 is thrown away; what counts was said within TLS."""
    said: list[bytes] = []

    def inject(sock: socket.socket) -> None:
        for command, reply in PLAIN_TALK:
            assert not command or sock.recv(1000) == command
            sock.sendall(reply if command != b"STARTTLS\r\n" else reply + injected)
        with certificates.good.context.wrap_socket(sock, server_side=True) as secured:
            for reply in SECURE_TALK:
                said.append(secured.recv(1000))
                secured.sendall(reply)

    with RawRelay(inject) as relay:
        receipt = deliver(relay.port, "starttls", certificates)
    assert receipt.error is None
    assert receipt.replies[0].text == "within TLS"
    assert [line.split()[0] for line in said[:3]] == [b"EHLO", b"AUTH", b"MAIL"]
    assert b"X-EVIL" not in b"".join(said)


def test_a_reset_amid_the_handshake(certificates: Certificates) -> None:
    """A break is no bad certificate: temporary."""
    with SMTPServer(tls=certificates.good.context, implicit_tls=True) as server:
        for way in ("drop", "reset"):
            server.fault("tls", way)
            receipt = deliver(server.port, "implicit", certificates)
            assert receipt.error is not None
            assert (receipt.error.kind, receipt.error.stage) == ("temporary", "tls")


def test_a_handshake_that_trickles(certificates: Certificates) -> None:
    """Octets of a handshake that never ends move no deadline."""

    def trickle(sock: socket.socket) -> None:
        sock.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
        for _ in range(40):
            sock.sendall(b"\x00")
            time.sleep(0.05)

    started = time.monotonic()
    with RawRelay(trickle) as relay:
        receipt = deliver(relay.port, "implicit", certificates)
        assert time.monotonic() - started < 0.6 + 0.3
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("temporary", "tls")


def test_a_handshake_after_the_talk_began_again(certificates: Certificates) -> None:
    """A transport makes its TLS settings once, and a fresh handshake for each connection."""
    with SMTPServer(tls=certificates.good.context) as server:
        relay = Relay("localhost", server.port, "starttls", ca_file=str(certificates.ca_file))
        transport = SmtpTransport(relay)
        assert transport.deliver(a_mail()).error is None
        assert transport.deliver(a_mail()).error is None
        assert [mail.tls for mail in server.mails] == [True, True]


@pytest.mark.parametrize("octets", [100, 2**22])
def test_refused_amid_content_over_tls(octets: int, certificates: Certificates) -> None:
    """What a relay says before it closes is heard through TLS too."""

    def refuse(sock: socket.socket) -> None:
        with certificates.good.context.wrap_socket(sock, server_side=True) as secured:
            lead_to_content(secured)
            secured.recv(50)
            secured.sendall(b"552 5.3.4 too large for me\r\n")
            time.sleep(0.1)

    with RawRelay(refuse) as raw:
        relay = Relay("localhost", raw.port, "implicit", ca_file=str(certificates.ca_file))
        transport = SmtpTransport(relay, World(connect=small_buffers))
        (reply,) = transport.deliver(a_mail(content=b"x" * octets)).replies
    assert (reply.action, reply.code) == ("failed", 552)


def test_tls_cut_without_a_goodbye(certificates: Certificates) -> None:
    """A connection cut behind the content is doubt, with or without close_notify."""

    def cut(sock: socket.socket) -> None:
        with certificates.good.context.wrap_socket(sock, server_side=True) as secured:
            lead_to_content(secured)
            assert secured.recv(1000).endswith(b"\r\n.\r\n")
            secured.shutdown(socket.SHUT_RDWR)

    with RawRelay(cut) as raw:
        relay = Relay("localhost", raw.port, "implicit", ca_file=str(certificates.ca_file))
        (reply,) = SmtpTransport(relay).deliver(a_mail()).replies
    assert reply.action == "in_doubt"


def test_large_content_over_tls(certificates: Certificates) -> None:
    """Every octet of 5 MB arrives."""
    content = b"Subject: hi\r\n\r\n" + (b"." * 70 + b"\r\n") * 70_000
    with SMTPServer(tls=certificates.good.context, implicit_tls=True) as server:
        relay = Relay("localhost", server.port, "implicit", ca_file=str(certificates.ca_file))
        assert SmtpTransport(relay).deliver(a_mail(content=content)).error is None
        assert server.mails[0].content == content


def test_the_oldest_version() -> None:
    """TLS 1.2 is the least, whatever the system allows."""
    context = client_context(Relay("localhost"))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
