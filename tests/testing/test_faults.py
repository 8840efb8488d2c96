import select
import smtplib
import ssl
from typing import get_args

import pytest

from flask_mailwright.testing import Fault, SMTPServer, Stage
from tests.certificates import Certificates
from tests.testing.raw_client import RawClient, eventually, greeted, send_mail

STAGES: tuple[Stage, ...] = get_args(Stage)
MAIL, RCPT = "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>"
USERS = {"ann": "secret"}
LOGIN = "AUTH PLAIN AGFubgBzZWNyZXQ="

BEFORE: dict[Stage, list[str]] = {
    "rcpt": [MAIL],
    "data": [MAIL, RCPT],
    "body": [MAIL, RCPT, "DATA"],
    "final_dot": [MAIL, RCPT, "DATA"],
    "bdat": [MAIL, RCPT],
}
AT: dict[Stage, bytes] = {
    "ehlo": b"EHLO c\r\n",
    "helo": b"HELO c\r\n",
    "starttls": b"STARTTLS\r\n",
    "auth": LOGIN.encode() + b"\r\n",
    "mail": MAIL.encode() + b"\r\n",
    "rcpt": RCPT.encode() + b"\r\n",
    "data": b"DATA\r\n",
    "body": b"some con",
    "final_dot": b"hi\r\n.\r\n",
    "bdat": b"BDAT 2 LAST\r\nhi",
    "rset": b"RSET\r\n",
    "noop": b"NOOP\r\n",
    "quit": b"QUIT\r\n",
}
TALKING = tuple(AT)


def reach(client: RawClient, stage: Stage) -> None:
    """Bring the talk to a stage."""
    if stage in ("connect", "banner"):
        return
    client.reply()
    client.codes(*(["EHLO c"] if stage not in ("ehlo", "helo") else []), *BEFORE.get(stage, []))
    client.send(AT[stage])


def ended(client: RawClient) -> str:
    """How the connection ended: "FIN" or "RST"."""
    try:
        return "FIN" if client.rest() == b"" else "octets"
    except ConnectionResetError:
        return "RST"


def silent(client: RawClient) -> bool:
    """Whether the connection is open and nothing comes."""
    return not select.select([client.sock], [], [], 0.03)[0]


@pytest.fixture
def server(certificates: Certificates) -> SMTPServer:
    """A server that is not started, with all there is to go wrong."""
    return SMTPServer(tls=certificates.good.context, users=USERS)


class TestEachStage:
    @pytest.mark.parametrize("stage", ["banner", *TALKING])
    def test_a_reply(self, server: SMTPServer, stage: Stage) -> None:
        """The reply is said verbatim, and nothing is accepted."""
        server.fault(stage, "451-4.3.0 one\r\n451 4.3.0 two")
        with server, RawClient(server) as client:
            reach(client, stage)
            assert client.reply() == "451-4.3.0 one\n451 4.3.0 two"
            assert server.mails == []

    @pytest.mark.parametrize("stage", ["banner", *TALKING])
    def test_421_closes(self, server: SMTPServer, stage: Stage) -> None:
        """421 is said, and then FIN."""
        server.refuse(stage, 421)
        with server, RawClient(server) as client:
            reach(client, stage)
            assert client.rest() == b"421 4.0.0 refused on demand\r\n"
            assert server.mails == []

    @pytest.mark.parametrize("stage", ["connect", "banner", *TALKING])
    def test_drop(self, server: SMTPServer, stage: Stage) -> None:
        """FIN comes in place of a reply."""
        server.drop(stage)
        with server, RawClient(server) as client:
            reach(client, stage)
            assert ended(client) == "FIN"
            assert server.mails == []

    @pytest.mark.parametrize("stage", TALKING)
    def test_reset(self, server: SMTPServer, stage: Stage) -> None:
        """RST comes in place of a reply."""
        server.reset(stage)
        with server, RawClient(server) as client:
            reach(client, stage)
            assert ended(client) == "RST"
            assert server.mails == []

    @pytest.mark.parametrize("stage", ["connect", "banner", *TALKING])
    def test_stall(self, server: SMTPServer, stage: Stage) -> None:
        """Nothing comes, the connection stays open, and ends when the client hangs up."""
        server.stall(stage)
        with server:
            with RawClient(server) as client:
                reach(client, stage)
                assert silent(client)
                assert server.open_connections == 1
            assert eventually(lambda: server.open_connections == 0)
            assert server.mails == []

    @pytest.mark.parametrize("stage", ["banner", *TALKING])
    def test_trickle(self, server: SMTPServer, stage: Stage) -> None:
        """A reply comes octet by octet and has no end."""
        server.fault(stage, "trickle", pace=0.002)
        with server, RawClient(server) as client:
            reach(client, stage)
            pieces = [client.sock.recv(100) for _ in range(5)]
            assert b"".join(pieces)[3:4] == b"-"
            assert max(map(len, pieces)) < 5

    @pytest.mark.parametrize("stage", ["banner", *TALKING])
    def test_endless(self, server: SMTPServer, stage: Stage) -> None:
        """Continuation lines come as fast as they are read, until the client hangs up."""
        server.fault(stage, "endless")
        with server, RawClient(server) as client:
            reach(client, stage)
            lines = b"".join(client.sock.recv(65536) for _ in range(100)).split(b"\r\n")
            assert len(lines) > 1000
            assert {line[3:4] for line in lines[:-1]} == {b"-"}

    @pytest.mark.parametrize("stage", ["banner", *TALKING])
    def test_endless_line(self, server: SMTPServer, stage: Stage) -> None:
        """A line without CRLF comes as fast as it is read."""
        server.fault(stage, "endless-line")
        with server, RawClient(server) as client:
            reach(client, stage)
            line = b"".join(client.sock.recv(65536) for _ in range(100))
            assert len(line) > 100_000
            assert b"\n" not in line

    @pytest.mark.parametrize("stage", ["banner", *TALKING])
    def test_garbage(self, server: SMTPServer, stage: Stage) -> None:
        """What comes is no reply: something of the server's choice, or octets of yours."""
        for octets in (b"\x00\xff\x16", b"\xfe\r\n"):
            server.fault(stage, "garbage" if octets[0] == 0 else octets)
            with server, RawClient(server) as client:
                reach(client, stage)
                assert client.sock.recv(100).startswith(octets)
                assert server.mails == []

    @pytest.mark.parametrize("stage", ["connect", "banner"])
    def test_reset_of_a_fresh_connection(self, server: SMTPServer, stage: Stage) -> None:
        """The connection is accepted and reset at once."""
        server.reset(stage)
        with server, pytest.raises(OSError, match="reset by peer"):
            smtplib.SMTP(server.host, server.port)


class TestHandshake:
    @pytest.mark.parametrize("implicit", [False, True])
    @pytest.mark.parametrize(
        ("way", "error"),
        [
            ("garbage", ssl.SSLError),
            ("drop", (ssl.SSLError, ConnectionError)),
            ("reset", ConnectionResetError),
            ("stall", TimeoutError),
            ("454 4.7.0 no TLS now", ssl.SSLError),
        ],
    )
    def test_a_broken_handshake(
        self, certificates: Certificates, way: str, error: type[OSError], *, implicit: bool
    ) -> None:
        """The ServerHello is replaced, after STARTTLS and with implicit TLS."""
        server = SMTPServer(tls=certificates.good.context, implicit_tls=implicit)
        server.fault("tls", way)
        with server, RawClient(server) as client:
            if not implicit:
                client.reply()
                client.codes("EHLO c", "STARTTLS")
            client.sock.settimeout(0.1 if way == "stall" else 5)
            with pytest.raises(error):
                client.start_tls(certificates.client())

    def test_plaintext_injected_behind_220(self, server: SMTPServer) -> None:
        """A raw reply carries a second one in plaintext, and TLS begins behind it."""
        with server, RawClient(server) as client:
            server.fault("starttls", "220 go ahead\r\n250 injected")
            reach(client, "starttls")
            assert client.sock.recv(100) == b"220 go ahead\r\n250 injected\r\n"
            context = ssl.create_default_context()
            with pytest.raises(ssl.SSLCertVerificationError):
                client.start_tls(context)

    def test_a_fault_within_tls(self, certificates: Certificates) -> None:
        """Faults behind the handshake speak TLS; a drop comes without close_notify."""
        server = SMTPServer(tls=certificates.good.context, implicit_tls=True)
        with server, greeted(server, tls=certificates.client()) as client:
            server.refuse("noop", 450)
            server.drop("noop", after=1)
            assert client.codes("NOOP") == ["450"]
            client.send(b"NOOP\r\n")
            with pytest.raises(ssl.SSLEOFError):
                client.rest()


class TestContent:
    def test_an_early_reply_is_the_only_one(self, server: SMTPServer) -> None:
        """A reply amid the content is said at once; the rest is read and thrown away."""
        with server, RawClient(server) as client:
            server.fault("body", "552 5.3.4 enough")
            reach(client, "body")
            assert client.reply() == "552 5.3.4 enough"
            client.send(b"tent\r\n.\r\n")
            assert client.codes("NOOP", MAIL) == ["250", "250"]
            assert server.mails == []

    def test_an_early_reply_amid_a_chunk(self, server: SMTPServer) -> None:
        """The same with BDAT: the other octets are thrown away."""
        with server, RawClient(server) as client:
            server.fault("body", "552 5.3.4 enough")
            client.reply()
            client.codes("EHLO c", MAIL, RCPT)
            client.send(b"BDAT 8 LAST\r\nhi")
            assert client.reply() == "552 5.3.4 enough"
            client.send(b"QUIT\r\n")
            assert client.codes("NOOP") == ["250"]

    @pytest.mark.parametrize("way", ["reset", "stall", "451 4.3.0 no", "garbage", "endless"])
    @pytest.mark.parametrize("accept", [False, True])
    @pytest.mark.parametrize("bdat", [False, True])
    def test_in_doubt(self, server: SMTPServer, way: str, *, accept: bool, bdat: bool) -> None:
        """At final_dot `accept` says whether the mail is stored; BDAT LAST is a final dot."""
        with server, RawClient(server) as client:
            server.fault("final_dot", way, accept=accept)
            reach(client, "bdat" if bdat else "final_dot")
            assert silent(client) == (way == "stall")
            assert server.count == accept

    def test_octets_of_a_refused_chunk_are_skipped(self, server: SMTPServer) -> None:
        """A reply in place of a chunk comes behind its octets, and the transaction is over."""
        with server, RawClient(server) as client:
            server.refuse("bdat", 450)
            reach(client, "bdat")
            assert client.reply().startswith("450")
            client.send(b"BDAT 2 LAST\r\nhi")
            assert client.reply().startswith("503")

    def test_354_to_refused_recipients(self, server: SMTPServer) -> None:
        """A server may say 354 though it took no recipient; the lone dot gets 554 (RFC 2920)."""
        with server, greeted(server) as client:
            server.refuse("rcpt", 550)
            server.fault("data", "354 go on")
            assert client.codes(MAIL, RCPT, "DATA", ".") == ["250", "550", "354", "554"]


class TestReplies:
    def test_a_reply_that_agrees_is_obeyed(self, server: SMTPServer) -> None:
        """A positive reply changes the words, not the deed."""
        with server, greeted(server) as client:
            server.fault("rcpt", "251 2.1.5 will forward")
            server.fault("final_dot", "250 2.0.0 queued as 4711")
            assert client.codes(MAIL, RCPT) == ["250", "251"]
            client.codes("DATA")
            client.send(b".\r\n")
            assert client.reply() == "250 2.0.0 queued as 4711"
            assert server.mails[0].recipients == ("b@example.com",)

    def test_a_banner_that_refuses(self, server: SMTPServer) -> None:
        """After a 554 banner every command but QUIT gets 503 (RFC 5321 §3.1)."""
        server.refuse("banner", 554)
        with server, RawClient(server) as client:
            assert client.reply().startswith("554")
            assert client.codes("EHLO c", "QUIT") == ["503", "221"]

    def test_ehlo_refused_and_helo_taken(self, server: SMTPServer) -> None:
        """A client that falls back to HELO is served."""
        server.refuse("ehlo", 502)
        with server, smtplib.SMTP(server.host, server.port, "client") as client:
            client.ehlo_or_helo_if_needed()
            client.sendmail("a@example.com", "b@example.com", "hi")
            assert client.helo_resp is not None
        assert len(server.mails) == 1


class TestWhen:
    def test_times_and_after(self, server: SMTPServer) -> None:
        """`after` occurrences pass, `times` are faulty, the others are well."""
        with server, greeted(server) as client:
            server.refuse("noop", 450, after=1, times=2)
            assert client.codes(*["NOOP"] * 5) == ["250", "450", "450", "250", "250"]

    def test_always_until_cleared(self, server: SMTPServer) -> None:
        """`times=None` has no end but `clear_faults`."""
        with server, greeted(server) as client:
            server.refuse("noop", 450, times=None)
            assert client.codes(*["NOOP"] * 3) == ["450", "450", "450"]
            server.clear_faults()
            assert client.codes("NOOP") == ["250"]

    def test_faults_queue_up(self, server: SMTPServer) -> None:
        """Faults at one stage are acted out in the order they were placed."""
        with server, greeted(server) as client:
            server.refuse("noop", 450)
            server.refuse("noop", 550)
            assert client.codes(*["NOOP"] * 3) == ["450", "550", "250"]

    @pytest.mark.parametrize("stage", ["rcpt", "data", "bdat", "final_dot", "mail", "auth"])
    def test_an_address_of_its_own(self, server: SMTPServer, stage: Stage) -> None:
        """With `address` only what concerns it is faulty, whatever its case."""
        address = {"mail": "A@example.com", "auth": "ann"}.get(stage, "B@example.com")
        with server, RawClient(server) as client:
            server.refuse(stage, 450, address="other@example.com", times=None)
            server.refuse(stage, 451, address=address)
            reach(client, stage)
            assert client.reply().startswith("451")

    def test_one_recipient_of_three(self, server: SMTPServer) -> None:
        """A refused recipient does not touch the others."""
        with server, greeted(server) as client:
            server.refuse("rcpt", 550, address="bob@example.com", times=None)
            rcpts = [f"RCPT TO:<{name}@example.com>" for name in ("ann", "bob", "eve")]
            assert client.codes(MAIL, *rcpts, "DATA") == ["250", "250", "550", "250", "354"]

    def test_faults_come_behind_the_replies_before_them(self, server: SMTPServer) -> None:
        """In a pipelined group, what was well is answered before the connection breaks."""
        with server, greeted(server) as client:
            server.drop("rcpt")
            client.send(f"{MAIL}\r\n{RCPT}\r\nDATA\r\n".encode())
            assert client.rest() == b"250 2.1.0 sender ok\r\n"

    def test_all_is_well_after_a_fault(self, server: SMTPServer) -> None:
        """A fault that was acted out leaves nothing behind."""
        with server:
            server.drop("data")
            with RawClient(server) as client:
                reach(client, "data")
                assert ended(client) == "FIN"
            with greeted(server) as client:
                assert send_mail(client).startswith("250")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("lunch", "drop"), "no stage 'lunch': use one of connect,"),
        (("mail", "explode"), "no way 'explode' to misbehave: use a reply"),
        (("connect", "450 later"), "'connect' knows drop, reset, stall; use 'banner'"),
        (("ehlo", "drop", 1, 0, "a@b"), "'ehlo' has no address; auth, mail,"),
        (("rcpt", "drop", 1, 0, None, True), "accept=True is for 'final_dot'"),
    ],
)
def test_a_fault_that_makes_no_sense(arguments: tuple[str, str], says: str) -> None:
    """A fault is checked when it is made, and the error says what there is."""
    with pytest.raises(ValueError, match=says):
        Fault(*arguments)  # type: ignore[arg-type]
