import base64
import smtplib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_mailwright.testing import Login, ReceivedMail, SMTPServer
from tests.certificates import Certificates
from tests.testing.raw_client import RawClient, eventually, greeted, send_mail

ENVELOPE = ("MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>")


def b64(text: str) -> str:
    """Base64 of UTF-8, as AUTH lines bear it."""
    return base64.b64encode(text.encode()).decode()


class TestMail:
    def test_a_mail_is_kept_with_all_that_belongs_to_it(self) -> None:
        """`.mails` holds the envelope, the options, the content and the circumstances."""
        with SMTPServer() as server, greeted(server) as client:
            client.ask("mail from:<a@example.com> SIZE=3 BODY=8BITMIME")
            client.ask("Rcpt To:<b@example.com> NOTIFY=NEVER")
            client.codes("RCPT TO:<c@example.com>", "DATA")
            client.send(b"hi\r\n.\r\n")
            assert client.reply().startswith("250 2.0.0 ")
            assert server.mails == [
                ReceivedMail(
                    reverse_path="a@example.com",
                    recipients=("b@example.com", "c@example.com"),
                    content=b"hi\r\n",
                    mail_options=("SIZE=3", "BODY=8BITMIME"),
                    rcpt_options=(("NOTIFY=NEVER",), ()),
                    username=None,
                    tls=False,
                    helo="client.example",
                    connection=1,
                )
            ]

    def test_smtplib_is_served(self) -> None:
        """The standard library's client delivers a mail, the null reverse-path included."""
        with SMTPServer() as server:
            with smtplib.SMTP(server.host, server.port, "client") as client:
                client.sendmail("", ["b@example.com"], "Subject: hi\n\n.dot\n")
            (mail,) = server.wait(1)
            assert (mail.reverse_path, mail.content) == ("", b"Subject: hi\r\n\r\n.dot\r\n")

    @pytest.mark.parametrize(
        ("wire", "content"),
        [
            (b".\r\n", b""),
            (b"..\r\n.\r\n", b".\r\n"),
            (b"a\r\n...b\r\n.c\r\n.\r\n", b"a\r\n..b\r\nc\r\n"),
            (b"a\n.\nb\r.\r\n\r\n.\r\n", b"a\n.\nb\r.\r\n\r\n"),
        ],
    )
    def test_content_ends_at_a_lone_dot_only(self, wire: bytes, content: bytes) -> None:
        """Dots are unstuffed; bare CR and LF end nothing, however the octets are cut."""
        with SMTPServer() as server, greeted(server) as client:
            for pieces in ([wire], [wire[i : i + 1] for i in range(len(wire))]):
                client.codes(*ENVELOPE, "DATA")
                for piece in pieces:
                    client.send(piece)
                client.reply()
            assert [mail.content for mail in server.mails] == [content, content]

    def test_a_large_content_comes_whole(self) -> None:
        """A content of many buffers is stored octet for octet."""
        content = b"0123456789abcdef" * 62 + b"\r\n"
        with SMTPServer() as server, greeted(server) as client:
            assert send_mail(client, content * 3000).startswith("250")
            assert server.mails[0].content == content * 3000

    def test_wait_says_how_many_came(self) -> None:
        """`wait` fails with the number of mails that did come."""
        with SMTPServer() as server, greeted(server) as client:
            send_mail(client)
            assert len(server.wait(1)) == 1
            with pytest.raises(AssertionError, match=r"1 of 2 mails came within 0.01 s"):
                server.wait(2, timeout=0.01)

    def test_keep_false_counts_and_stores_nothing(self) -> None:
        """A benchmark's sink counts mails and tells `on_mail`, without filling memory."""
        told: list[bytes] = []
        with (
            SMTPServer(keep=False, on_mail=lambda mail: told.append(mail.content)) as server,
            greeted(server) as client,
        ):
            send_mail(client)
            assert (server.count, server.mails, server.commands) == (1, [], [])
            assert told == [b"hi\r\n"]


class TestSequence:
    def test_commands_out_of_sequence_get_503(self) -> None:
        """MAIL after a greeting, RCPT after MAIL, no second MAIL (RFC 5321 §4.1.4)."""
        mail, rcpt = ENVELOPE
        with SMTPServer() as server, RawClient(server) as client:
            assert client.reply() == "220 localhost ESMTP ready"
            assert client.codes(mail, "HELO c", rcpt, "DATA") == ["503", "250", "503", "503"]
            assert client.codes(mail, "DATA", mail, rcpt) == ["250", "554", "503", "250"]
            assert client.codes("RSET", rcpt, mail, "HELO c", mail) == [
                *("250", "503", "250", "250", "250")
            ]

    def test_the_small_commands(self) -> None:
        """NOOP, VRFY, HELP and QUIT are answered, and QUIT closes."""
        with SMTPServer() as server, greeted(server) as client:
            assert client.codes("NOOP", "VRFY ann", "HELP", "QUIT") == ["250", "252", "214", "221"]
            assert client.rest() == b""
            assert server.commands == ["EHLO client.example", "NOOP", "VRFY ann", "HELP", "QUIT"]

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("MAIL FROM: <a@example.com>", "501"),
            ("MAIL FROM:a@example.com", "501"),
            ("MAIL FROM:<a example.com>", "501"),
            ("MAIL FROM:<a@-example.com>", "501"),
            ("MAIL FROM:<a@example.com> FOO=1", "555"),
            ("MAIL FROM:<a@example.com> SIZE=x", "501"),
            ("MAIL FROM:<a@example.com> BODY=FOO", "501"),
            ("MAIL FROM:<a@example.com> SMTPUTF8=1", "501"),
            ("MAIL FROM:<a@example.com> SIZE=1 SIZE=2", "501"),
            ("MAIL FROM:<a@example.com> =", "501"),
            ("RCPT TO:<>", "501"),
            ("EHLO", "501"),
            ("EHLO two words", "501"),
            ("RSET x", "501"),
            ("VRFY", "501"),
            ("BDAT x", "501"),
            ("NONSENSE", "500"),
            ("NOOP\rx", "500"),
            ("NOOP\nQUIT", "500"),
            ("NOOP\0", "500"),
            ("AUTH PLAIN", "502"),
            ("STARTTLS", "502"),
        ],
    )
    def test_a_malformed_command_is_refused(self, line: str, code: str) -> None:
        """Strict syntax, and one reply to each line."""
        with SMTPServer() as server, greeted(server) as client:
            assert client.codes(line, "NOOP") == [code, "250"]

    @pytest.mark.parametrize(
        "path",
        ['"a> b"@example.com', "a@[127.0.0.1]", "a@[IPv6:::1]", "a+b/c=d@x-1.example.com"],
    )
    def test_unusual_addresses_are_taken(self, path: str) -> None:
        """Quoted local parts and address literals are addresses (RFC 5321 §4.1.2)."""
        with SMTPServer() as server, greeted(server) as client:
            assert client.codes(
                f"MAIL FROM:<{path}>", "RCPT TO:<@relay.example:b@example.com>"
            ) == [*("250", "250")]
            assert client.codes("RCPT TO:<Postmaster>", "DATA") == ["250", "354"]
            client.send(b".\r\n")
            client.reply()
            assert server.mails[0].reverse_path == path
            assert server.mails[0].recipients == ("b@example.com", "Postmaster")

    def test_a_line_without_end_is_cut_off(self) -> None:
        """The buffer of a command line has a cap."""
        with SMTPServer() as server, greeted(server) as client:
            client.send(b"x" * 20_000)
            assert client.reply().startswith("500")
            assert client.rest() == b""


class TestExtensions:
    def test_ehlo_announces_the_offer(self) -> None:
        """Each extension is announced, and each can be left out."""
        with SMTPServer(users={}, size=99) as server, RawClient(server) as client:
            client.reply()
            assert client.ask("EHLO c").split("\n") == [
                "250-localhost", "250-PIPELINING", "250-SIZE 99", "250-AUTH PLAIN LOGIN",
                "250-8BITMIME", "250-SMTPUTF8", "250-CHUNKING", "250-ENHANCEDSTATUSCODES",
                "250 DSN",
            ]  # fmt: skip
        bare = SMTPServer(pipelining=False, chunking=False, smtputf8=False, eightbit=False)
        with bare as server, RawClient(server) as client:
            client.reply()
            assert client.ask("EHLO c").split("\n")[1:] == [
                *("250-SIZE", "250-ENHANCEDSTATUSCODES", "250 DSN")
            ]

    def test_only_what_is_announced_is_done(self) -> None:
        """`extensions` replaces the offer, and the commands and parameters follow it."""
        with SMTPServer(extensions=["8BITMIME"], hello="mx") as server, RawClient(server) as client:
            assert client.reply() == "220 mx ESMTP ready"
            assert client.ask("EHLO c") == "250-mx\n250 8BITMIME"
            assert client.codes("MAIL FROM:<a@b> BODY=8BITMIME SIZE=1", "BDAT 1") == ["555", "502"]
            assert client.codes("HELO c", "MAIL FROM:<a@b> BODY=8BITMIME") == ["250", "555"]

    def test_replies_to_a_group_leave_together(self) -> None:
        """With PIPELINING one read takes the replies to one group (RFC 2920)."""
        with SMTPServer() as server, greeted(server) as client:
            client.send("\r\n".join([*ENVELOPE, "DATA", ""]).encode())
            assert client.sock.recv(1000).count(b"\r\n") == 3

    def test_pipelining_without_the_offer_ends_the_talk(self) -> None:
        """A client that does not wait for replies is found out."""
        with SMTPServer(pipelining=False) as server, greeted(server) as client:
            assert send_mail(client).startswith("250")
            client.send("\r\n".join([*ENVELOPE, "DATA", ""]).encode())
            assert client.rest().startswith(b"554 5.5.0 ")

    def test_latency_is_one_round_trip_per_group(self) -> None:
        """Twenty pipelined mails in five pieces take one delay, not five and not twenty."""
        one = "\r\n".join([*ENVELOPE, "BDAT 4 LAST", "hi\r\n"]).encode()
        with SMTPServer(latency=0.1) as server, greeted(server) as client:
            started = time.monotonic()
            for _ in range(5):
                client.send(one * 4)
                threading.Event().wait(0.01)
            assert all(client.reply().startswith("250") for _ in range(60))
            assert 0.1 <= time.monotonic() - started < 0.4
            assert server.count == 20

    def test_a_half_closed_talk_is_answered(self) -> None:
        """Replies that wait for their time leave though the client sends no more."""
        with SMTPServer(latency=0.05) as server, greeted(server) as client:
            client.send(b"NOOP\r\nNOOP\r\n")
            client.sock.shutdown(socket.SHUT_WR)
            assert client.rest() == b"250 2.0.0 ok\r\n" * 2

    def test_chunks_are_joined(self) -> None:
        """BDAT takes octets as they are, pipelined, and zero octets may be the last (RFC 3030)."""
        with SMTPServer() as server, greeted(server) as client:
            client.codes(*ENVELOPE)
            client.send(b"BDAT 7\r\n.\r\n..\r\nBDAT 1\r\nxBDAT 0 LAST\r\n")
            assert [client.reply()[:3] for _ in range(3)] == ["250", "250", "250"]
            assert server.mails[0].content == b".\r\n..\r\nx"

    def test_a_refused_chunk_is_read_all_the_same(self) -> None:
        """BDAT out of sequence gets 503 and its octets are not taken for commands."""
        with SMTPServer() as server, greeted(server) as client:
            client.send(b"BDAT 6\r\nQUIT\r\n")
            assert client.reply().startswith("503")
            client.codes(*ENVELOPE)
            client.send(b"BDAT 1\r\nx")
            assert client.reply().startswith("250")
            assert client.codes("DATA", ENVELOPE[1]) == ["503", "503"]

    def test_size_is_enforced(self) -> None:
        """Too big is 552 5.3.4: as announced with MAIL, after DATA, and at a chunk (RFC 1870)."""
        with SMTPServer(size=5) as server, greeted(server) as client:
            assert client.codes("MAIL FROM:<a@b> SIZE=6") == ["552"]
            assert send_mail(client, b"1234\r\n").startswith("552 5.3.4")
            assert send_mail(client, b"x\r\n" * 400_000).startswith("552")
            client.codes(*ENVELOPE)
            client.send(b"BDAT 3\r\n123BDAT 3\r\n456BDAT 1 LAST\r\n7")
            assert [client.reply()[:3] for _ in range(3)] == ["250", "552", "503"]
            assert send_mail(client, b"123\r\n").startswith("250")

    def test_smtputf8_is_needed_for_non_ascii_addresses(self) -> None:
        """Only a MAIL that bears SMTPUTF8 opens the door to other scripts (RFC 6531)."""
        with SMTPServer() as server, greeted(server) as client:
            assert client.ask("MAIL FROM:<jörg@example.com>").startswith("553 5.6.7")
            assert client.codes(ENVELOPE[0], "RCPT TO:<b@straße.de>") == ["250", "553"]
            assert client.codes("RSET", "MAIL FROM:<jörg@example.com> SMTPUTF8") == ["250", "250"]
            client.codes("RCPT TO:<b@straße.de>", "DATA")
            client.send(b".\r\n")
            client.reply()
            assert server.mails[0].recipients == ("b@straße.de",)


class TestLimits:
    def test_too_many_recipients(self) -> None:
        """Beyond the limit RCPT gets 452 4.5.3 and the others stand (RFC 5321 §4.5.3.1.10)."""
        with SMTPServer(max_recipients=1) as server, greeted(server) as client:
            client.codes(*ENVELOPE)
            assert client.ask("RCPT TO:<c@example.com>").startswith("452 4.5.3")
            assert client.codes("DATA") == ["354"]

    def test_close_after_mails(self) -> None:
        """The MAIL after so many mails gets 421 and the connection is closed."""
        with SMTPServer(close_after_mails=1) as server, greeted(server) as client:
            assert send_mail(client).startswith("250")
            assert client.ask(ENVELOPE[0]).startswith("421")
            assert client.rest() == b""

    @pytest.mark.parametrize("latency", [0, 0.02])
    def test_idle_timeout(self, latency: float) -> None:
        """A silent connection gets 421 and is closed; one that talks is not."""
        with SMTPServer(idle_timeout=0.3, latency=latency) as server, greeted(server) as client:
            for _ in range(2):
                threading.Event().wait(0.16)
                assert client.codes("NOOP") == ["250"]
            assert client.rest().startswith(b"421 4.4.2 ")


class TestAuth:
    @pytest.mark.parametrize(
        "lines",
        [
            ["AUTH PLAIN " + b64("\0ann\0pässword")],
            ["AUTH PLAIN", b64("\0ann\0pässword")],
            ["AUTH LOGIN " + b64("ann"), b64("pässword")],
            ["auth login", b64("ann"), b64("pässword")],
            ["AUTH XOAUTH2 " + b64("user=ann\1auth=Bearer pässword\1\1")],
            ["AUTH OAUTHBEARER", b64("n,a=ann,\1host=x\1auth=Bearer pässword\1\1")],
        ],
    )
    def test_a_login_with_and_without_initial_answer(self, lines: list[str]) -> None:
        """Each mechanism logs in, mails bear the name, and a second AUTH gets 503."""
        mechanisms = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")
        users = {"ann": "pässword"}
        with (
            SMTPServer(users=users, require_auth=True, auth_mechanisms=mechanisms) as server,
            greeted(server) as client,
        ):
            assert client.codes(ENVELOPE[0]) == ["530"]
            assert client.codes(*lines) == ["334"] * (len(lines) - 1) + ["235"]
            assert client.codes("AUTH PLAIN") == ["503"]
            send_mail(client)
            assert server.mails[0].username == "ann"
            assert server.logins == [Login("ann", lines[0].split()[1].upper(), False, True)]
            assert server.commands[2 : 2 + len(lines)] == lines

    @pytest.mark.parametrize(
        ("lines", "codes"),
        [
            (["AUTH PLAIN " + b64("\0ann\0wrong")], ["535"]),
            (["AUTH PLAIN " + b64("\0nobody\0")], ["535"]),
            (["AUTH PLAIN", "*"], ["334", "501"]),
            (["AUTH PLAIN ="], ["501"]),
            (["AUTH PLAIN !!"], ["501"]),
            (["AUTH PLAIN /w=="], ["501"]),
            (["AUTH PLAIN AP8A"], ["501"]),
            (["AUTH XOAUTH2 " + b64("user=ann\1auth=Bearer old\1\1"), ""], ["334", "535"]),
            (["AUTH XOAUTH2 " + b64("ann")], ["501"]),
            (["AUTH CRAM-MD5"], ["504"]),
            ([ENVELOPE[0], "AUTH PLAIN"], ["250", "503"]),
        ],
    )
    def test_a_login_that_fails(self, lines: list[str], codes: list[str]) -> None:
        """Wrong, cancelled, malformed and misplaced logins are told apart."""
        with (
            SMTPServer(users={"ann": "x"}, auth_mechanisms=("PLAIN", "XOAUTH2")) as server,
            greeted(server) as client,
        ):
            assert client.codes(*lines) == codes
            assert not any(login.accepted for login in server.logins)

    def test_an_impossible_server_is_refused(self) -> None:
        """Options that contradict each other fail at once, and say what is missing."""
        with pytest.raises(ValueError, match="users="):
            SMTPServer(require_auth=True)
        with pytest.raises(ValueError, match="tls="):
            SMTPServer(implicit_tls=True)


class TestTLS:
    def test_starttls_forgets_what_was_said(self, certificates: Certificates) -> None:
        """After STARTTLS the client greets again, and pipelined plaintext is gone (RFC 3207)."""
        with SMTPServer(tls=certificates.good.context) as server, greeted(server) as client:
            client.send(b"STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n")
            assert client.reply().startswith("220")
            client.start_tls(certificates.client())
            assert client.codes(ENVELOPE[0], "STARTTLS") == ["503", "503"]
            assert "STARTTLS" not in client.ask("EHLO c")
            send_mail(client)
            assert server.mails[0].tls
            assert not any("evil" in line for line in server.commands)

    def test_implicit_tls(self, certificates: Certificates) -> None:
        """With `implicit_tls` TLS comes first, and QUIT ends it with close_notify."""
        server = SMTPServer(tls=certificates.good.context, implicit_tls=True)
        with server, greeted(server, tls=certificates.client()) as client:
            assert server.url == f"smtps://127.0.0.1:{server.port}"
            assert send_mail(client).startswith("250")
            assert client.codes("QUIT") == ["221"]
            assert client.rest() == b""

    def test_latency_over_tls(self, certificates: Certificates) -> None:
        """Replies over TLS leave in their time too."""
        server = SMTPServer(tls=certificates.good.context, implicit_tls=True, latency=0.03)
        with server, greeted(server, tls=certificates.client()) as client:
            started = time.monotonic()
            assert client.codes("NOOP", "NOOP") == ["250", "250"]
            assert time.monotonic() - started >= 0.06

    def test_a_failed_handshake_ends_the_talk(self, certificates: Certificates) -> None:
        """A client that does not speak TLS is let go, and the server lives on."""
        server = SMTPServer(tls=certificates.good.context, implicit_tls=True)
        with server:
            with RawClient(server) as client:
                client.send(b"EHLO c\r\n" * 10)
                client.rest()
            with greeted(server, tls=certificates.client()) as client:
                assert client.codes("NOOP") == ["250"]


class TestLife:
    def test_stop_ends_all_and_start_begins_again(self) -> None:
        """After `stop` nothing is open; `start` listens on the same port and remembers."""
        server = SMTPServer()
        with server, greeted(server) as client:
            send_mail(client)
            assert (server.connections, server.open_connections) == (1, 1)
            server.stop()
            assert server.open_connections == 0
            assert client.rest() == b""
            with pytest.raises(ConnectionRefusedError):
                RawClient(server)
            server.start()
            with greeted(server) as again:
                send_mail(again)
            assert [mail.connection for mail in server.mails] == [1, 2]

    def test_stop_is_prompt_and_leaves_no_thread(self) -> None:
        """Twenty open connections, silent, stalled and trickling, end with the server."""
        before = set(threading.enumerate())  # of which some may be about to end
        with SMTPServer() as server:
            server.stall("ehlo", times=5)
            server.fault("ehlo", "trickle", times=5, pace=60)
            server.fault("ehlo", "endless", times=5)
            clients = [RawClient(server) for _ in range(20)]
            for client in clients:
                client.send(b"EHLO c\r\n")
            assert eventually(lambda: len(server.commands) == 20)
            started = time.monotonic()
            server.stop()
            assert time.monotonic() - started < 1
            assert set(threading.enumerate()) <= before
            for client in clients:
                client.close()

    def test_a_running_server_is_not_started_twice(self) -> None:
        """A second start is an error that says what to do; a second stop is none."""
        with SMTPServer() as server:
            with pytest.raises(RuntimeError, match="stop"):
                server.start()
            server.stop()

    def test_ipv6(self) -> None:
        """An IPv6 host is listened on and stands in brackets in the URL."""
        try:
            server = SMTPServer(host="::1")
            server.start()
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        with socket.create_connection(("::1", server.port)) as client:
            assert client.recv(4) == b"220 "
        assert server.url == f"smtp://[::1]:{server.port}"
        server.stop()

    def test_sixteen_connections_at_once(self) -> None:
        """Many clients are served side by side and no mail is lost or torn."""

        def work(number: int) -> None:
            with greeted(server) as client:
                for turn in range(20):
                    send_mail(client, f"{number}.{turn}\r\n".encode())

        with SMTPServer() as server, ThreadPoolExecutor(16) as pool:
            list(pool.map(work, range(16)))
            contents = {mail.content for mail in server.wait(320)}
            assert len(contents) == 320
            assert server.connections == 16
