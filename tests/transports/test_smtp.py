"""The transport to a real server over real sockets: many mails, few connections, no lie."""

import errno
import pickle
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.smtp.pool import CROWDED
from flask_mailwright.smtp.rate import Rate
from flask_mailwright.smtp.relay import Relay, Tls
from flask_mailwright.testing import SMTPServer, Stage
from flask_mailwright.timing import Timing
from flask_mailwright.transports import deliver_many
from flask_mailwright.transports.smtp import SmtpTransport
from flask_mailwright.world import World
from tests.certificates import Certificates
from tests.smtp.script import CONTENT, a_mail
from tests.transports.fault_table import OFFERS, can_be, extensions

QUICK = Timing(connect=0.4, reply=0.4, content=0.4, final_dot=0.4)


def transport(
    server: SMTPServer, *, max_mails: int | None = None, connections: int = 4
) -> SmtpTransport:
    """A transport to `server` with short deadlines."""
    return SmtpTransport(
        Relay(
            server.host,
            server.port,
            max_mails=max_mails,
            connections=connections,
            timing=QUICK,
        )
    )


def kinds(receipts: Iterator[Receipt] | list[Receipt]) -> list[str]:
    """The kind of each receipt's error, "" where all went well."""
    return [receipt.error.kind if receipt.error else "" for receipt in receipts]


def wait_until_gone(server: SMTPServer) -> None:
    """Return when no connection is open."""
    deadline = time.monotonic() + 5
    while server.open_connections and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.open_connections == 0


def test_one_mail() -> None:
    """A mail arrives as it was, and the connection is ended with QUIT."""
    with SMTPServer() as server:
        receipt = transport(server).deliver(a_mail())
        assert receipt.message_id == "<1@example.com>"
        assert receipt.error is None
        assert [str(reply) for reply in receipt.replies] == [
            "ann@example.com: relayed 250 2.0.0 ok: queued as 1"
        ]
        assert server.wait(1)[0].content == CONTENT
        assert server.commands[-1] == "QUIT"


def test_many_mails_on_one_connection() -> None:
    """A thousand mails take one connection, one QUIT and no RSET."""
    with SMTPServer() as server:
        mails = (a_mail() for _ in range(1000))
        assert not any(kinds(deliver_many(transport(server), mails)))
        assert (server.count, server.connections) == (1000, 1)
        assert server.commands.count("QUIT") == 1
        assert "RSET" not in server.commands


def test_one_mail_is_taken_ahead() -> None:
    """Its envelope rides behind the content at hand; nothing is connected before the first."""
    with SMTPServer() as server:
        taken: list[int] = []

        def mails() -> Iterator[SealedMail]:
            for number in range(3):
                taken.append(number)
                yield a_mail()

        receipts = transport(server).deliver_many(mails())
        assert (taken, server.connections) == ([], 0)
        next(receipts)
        assert (taken, server.count) == ([0, 1], 1)
        next(receipts)
        assert (taken, server.count) == ([0, 1, 2], 2)
        assert server.commands[2:4] == ["RCPT TO:<ann@example.com>", "BDAT 23 LAST"]


def test_command_by_command_no_mail_is_taken_ahead() -> None:
    """Without PIPELINING the next mail is taken when the last is answered."""
    with SMTPServer(pipelining=False) as server:
        taken: list[int] = []

        def mails() -> Iterator[SealedMail]:
            for number in range(3):
                taken.append(number)
                yield a_mail()

        next(transport(server).deliver_many(mails()))
        assert (taken, server.count) == ([0], 1)


@pytest.mark.parametrize("offer", OFFERS)
def test_closed_early(offer: str) -> None:
    """An iterator that is dropped says QUIT, unless that would be content; no other mail leaves."""
    with SMTPServer(extensions=extensions(offer)) as server:
        receipts = transport(server).deliver_many(a_mail() for _ in range(3))
        next(receipts)
        del receipts
        wait_until_gone(server)
        assert server.commands[-1] == ("DATA" if offer == "PIPELINING" else "QUIT")
        assert server.count == 1


def test_an_iterable_that_raises() -> None:
    """Its error is the caller's when the mails before are answered; the connection is kept."""

    def mails() -> Iterator[SealedMail]:
        yield a_mail()
        raise LookupError

    with SMTPServer() as server:
        one = transport(server)
        receipts = one.deliver_many(mails())
        assert next(receipts).error is None
        with pytest.raises(LookupError):
            next(receipts)
        assert one.deliver(a_mail()).error is None
        assert server.connections == 1


def test_no_mails() -> None:
    """Nothing to deliver connects nowhere."""
    assert list(SmtpTransport(Relay("mail.invalid")).deliver_many([])) == []


def test_a_refused_mail_among_good_ones() -> None:
    """RSET ends what a refusal left open, and the others go on over the same connection."""
    with SMTPServer() as server:
        server.refuse("rcpt", 550, address="bob@example.com")
        mails = [a_mail(), a_mail("bob@example.com"), a_mail()]
        assert kinds(transport(server).deliver_many(mails)) == ["", "permanent", ""]
        assert (server.count, server.connections) == (2, 1)
        assert server.commands.count("RSET") == 1


def test_an_invalid_mail_among_good_ones() -> None:
    """It is told, not raised, and costs nobody anything."""
    with SMTPServer() as server:
        mails = [a_mail(), a_mail("bob\n@example.com"), a_mail()]
        receipts = list(transport(server).deliver_many(mails))
        assert kinds(receipts) == ["", "invalid", ""]
        assert [reply.action for reply in receipts[1].replies] == ["failed"]
        assert receipts[1].error is not None
        assert receipts[1].error.replies == receipts[1].replies
        assert (server.count, server.connections) == (2, 1)


def test_too_many_recipients_for_one_transaction() -> None:
    """All get the mail, in as many transactions as it takes, over one connection."""
    addresses = [f"r{number}@example.com" for number in range(25)]
    with SMTPServer(max_recipients=10) as server:
        receipt = transport(server).deliver(a_mail(*addresses))
        assert receipt.error is None
        assert [reply.address for reply in receipt.relayed] == addresses
        assert [len(mail.recipients) for mail in server.mails] == [10, 10, 5]
        assert server.connections == 1


def test_max_mails() -> None:
    """A connection carries no more mails than it may."""
    with SMTPServer() as server:
        many = transport(server, max_mails=2).deliver_many(a_mail() for _ in range(5))
        assert not any(kinds(many))
        assert [mail.connection for mail in server.mails] == [1, 1, 2, 2, 3]
        assert server.commands.count("QUIT") == 3


MAIL_STAGES: list[Stage] = ["mail", "rcpt", "data", "final_dot"]
SECOND = {"mail": 1, "rset": 0, "data": 1}
"""How often each stage was met before the second mail, when the first is refused in a group."""
BREAKS = ["drop", "reset", "garbage", "endless", "421 4.3.0 closing"]


@pytest.mark.parametrize("way", BREAKS)
@pytest.mark.parametrize(
    ("stage", "offer"),
    [(s, o) for o in OFFERS for s in ("mail", "rcpt", "data") if can_be(s, o)],
)
def test_a_kept_connection_that_broke(stage: Stage, way: str, offer: str) -> None:
    """Before its content left, the mail goes once more over a fresh connection."""
    with SMTPServer(extensions=extensions(offer)) as server:
        server.fault(stage, way, after=1)
        assert kinds(transport(server).deliver_many([a_mail(), a_mail()])) == ["", ""]
        assert [mail.connection for mail in server.mails] == [1, 2]


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("way", [*BREAKS, "502 5.5.1 what?", "451 4.3.0 no"])
def test_a_kept_connection_that_does_not_reset(way: str, offer: str) -> None:
    """If RSET fails, the mail goes over a fresh connection."""
    with SMTPServer(extensions=extensions(offer)) as server:
        server.refuse("rcpt", 550)
        server.fault("rset", way)
        assert kinds(transport(server).deliver_many([a_mail(), a_mail()])) == ["permanent", ""]
        assert [mail.connection for mail in server.mails] == [2]


@pytest.mark.parametrize("way", ["stall", "trickle"])
@pytest.mark.parametrize("stage", ["mail", "rset", "data"])
def test_no_second_try_after_a_time_out(stage: Stage, way: str) -> None:
    """A time-out is an answer: it ends the mail in time; the next takes a fresh connection."""
    with SMTPServer(chunking=False) as server:
        server.refuse("rcpt", 550)
        server.fault(stage, way, after=SECOND[stage])
        many = transport(server).deliver_many([a_mail(), a_mail(), a_mail()])
        assert kinds([next(many)]) == ["permanent"]
        started = time.monotonic()
        assert kinds([next(many)]) == ["temporary"]
        assert time.monotonic() - started < 0.6 + 0.3
        assert kinds(many) == [""]
        assert [mail.connection for mail in server.mails] == [2]


def test_a_fresh_connection_is_not_tried_again() -> None:
    """What breaks at its first mail is reported; the next mail tries for itself."""
    with SMTPServer() as server:
        server.fault("mail", "drop", times=2)
        assert kinds(transport(server).deliver_many([a_mail()] * 3)) == ["temporary"] * 2 + [""]
        assert server.connections == 3


def test_the_second_try_is_the_last() -> None:
    """A fresh connection that breaks too is reported."""
    with SMTPServer() as server:
        server.fault("mail", "drop", after=1, times=2)
        assert kinds(transport(server).deliver_many([a_mail()] * 3)) == ["", "temporary", ""]
        assert server.connections == 3


def test_no_second_try_once_content_left() -> None:
    """A kept connection that breaks behind the content leaves doubt, and no second copy."""
    with SMTPServer() as server:
        server.fault("final_dot", "drop", after=1, accept=True)
        assert kinds(transport(server).deliver_many([a_mail()] * 2)) == ["", "in_doubt"]
        assert (server.count, server.connections) == (2, 1)


def test_421_ends_a_talk_that_the_server_keeps_open() -> None:
    """Behind a 421 nothing more is said on that connection (RFC 5321 §3.8)."""
    with SMTPServer() as server:
        server.fault("final_dot", b"421 4.3.2 closing\r\n")
        assert kinds(transport(server).deliver_many([a_mail()] * 2)) == ["temporary", ""]
        assert [mail.connection for mail in server.mails] == [2]


GROUPS = [offer for offer in OFFERS if "PIPELINING" in offer]


def truth(server: SMTPServer, receipts: list[Receipt]) -> list[str]:
    """The kinds, and each recipient is relayed exactly as often as the server has the mail."""
    has_it = Counter(address for mail in server.mails for address in mail.recipients)
    for receipt in receipts:
        for reply in receipt.replies:
            assert has_it[reply.address] == (reply.action == "relayed")
    return kinds(receipts)


def three() -> list[SealedMail]:
    """Mails for one each."""
    return [a_mail(f"r{number}@example.com") for number in range(3)]


@pytest.mark.parametrize(
    ("stage", "after", "offer"),
    [(s, a, o) for o in GROUPS for s in MAIL_STAGES for a in (0, 1) if can_be(s, o)],
)
def test_a_reply_too_many(stage: Stage, after: int, offer: str) -> None:
    """The talk ends before the next step; what was answered stands, the rest goes elsewhere."""
    reply = "354 go\r\n354 go" if stage == "data" else "250 ok\r\n250 ok"
    with SMTPServer(extensions=extensions(offer)) as server:
        server.fault(stage, reply, after=after)
        found = truth(server, list(transport(server).deliver_many(three())))
        fresh = stage != "final_dot" and not after
        assert found == (["temporary", "", ""] if fresh else [""] * 3)
        assert server.connections == 2


@pytest.mark.parametrize(
    ("stage", "after", "offer"),
    [(s, a, o) for o in GROUPS for s in MAIL_STAGES[:-1] for a in (0, 1) if can_be(s, o)],
)
def test_a_reply_too_few(stage: Stage, after: int, offer: str) -> None:
    """Waiting for it ends in time; its mail may be tried again, and the others have arrived."""
    with SMTPServer(extensions=extensions(offer)) as server:
        server.fault(stage, b"", after=after)
        found = truth(server, list(transport(server).deliver_many(three())))
        assert found == (["", "temporary", ""] if after else ["temporary", "", ""])


@pytest.mark.parametrize("offer", GROUPS)
def test_refused_while_a_large_content_leaves(offer: str) -> None:
    """A relay that answers early is heard; the envelope behind that content is answered too."""
    large = a_mail("r0@example.com", content=b"0123456789abcd\r\n" * 2**18)
    with SMTPServer(extensions=extensions(offer)) as server:
        server.fault("body", "552 5.3.4 too large for me")
        mails = [large, *three()[1:]]
        assert truth(server, list(transport(server).deliver_many(mails))) == ["permanent", "", ""]
        assert server.connections == 1


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("content", [b"", b"a", b"a\r\n", b".\r\n", b"x" * 65536, b"x" * 65535])
def test_the_same_arrives_whatever_is_offered(content: bytes, offer: str) -> None:
    """Dots and a missing line end make no difference."""
    with SMTPServer(extensions=extensions(offer)) as server:
        mails = [a_mail(content=content), a_mail(content=content)]
        assert not any(kinds(transport(server).deliver_many(mails)))
        closed = content if content.endswith(b"\r\n") or not content else content + b"\r\n"
        assert [mail.content for mail in server.mails] == [closed] * 2


def test_hundreds_of_recipients() -> None:
    """Groups of a bounded size bring a mail to everybody."""
    addresses = [f"r{number}@example.com" for number in range(501)]
    with SMTPServer(max_recipients=200) as server:
        mails = [a_mail(), a_mail(*addresses), a_mail()]
        assert not any(kinds(transport(server).deliver_many(mails)))
        assert [len(mail.recipients) for mail in server.mails] == [1, 200, 200, 101, 1]
        assert server.connections == 1


def test_command_by_command_behind_a_group_that_broke() -> None:
    """The fresh connection speaks without groups: none of its mails is taken ahead."""
    with SMTPServer() as server:
        server.fault("rcpt", "garbage", after=1)
        taken: list[int] = []

        def mails() -> Iterator[SealedMail]:
            for number in range(4):
                taken.append(number)
                yield a_mail()

        receipts = transport(server).deliver_many(mails())
        assert next(receipts).error is None
        assert next(receipts).error is None
        assert (taken, server.connections) == ([0, 1], 2)


@pytest.mark.parametrize("offer", GROUPS)
def test_another_mail_than_the_one_that_rode(offer: str) -> None:
    """It does not get that one's envelope: it goes over a fresh connection."""
    with SMTPServer(extensions=extensions(offer)) as server, transport(server).connect() as carrier:
        many = carrier.deliver_many(three())
        assert next(many).error is None
        other = carrier.deliver(a_mail("other@example.com"))
        assert truth(server, [other]) == [""]
        assert truth(server, list(many)) == ["", ""]
        assert [mail.connection for mail in server.mails] == [1, 2, 2, 2]


@pytest.mark.parametrize("offer", OFFERS)
def test_many_over_tls(offer: str, certificates: Certificates) -> None:
    """Groups behind large and small contents come through TLS as they are."""
    lines = extensions(offer)
    context = certificates.good.context
    with SMTPServer(extensions=lines, tls=context, implicit_tls=True) as server:
        ca_file = str(certificates.ca_file)
        relay = Relay("localhost", server.port, "implicit", ca_file=ca_file)
        sizes = [1, 10, 70_000, 16, 70_000, 1]
        contents = [b"0123456789abcd\r\n" * (size // 16 + 1) for size in sizes]
        mails = [a_mail(content=content) for content in contents]
        receipts = SmtpTransport(relay).deliver_many(mails)
        assert next(receipts).error is None
        time.sleep(0.2)  # a silence behind which we look whether the relay is still there
        assert not any(kinds(receipts))
        assert [mail.content for mail in server.mails] == contents
        assert server.connections == 1


def test_round_trips() -> None:
    """One for each mail behind the first."""
    with SMTPServer(latency=0.05) as server:
        receipts = transport(server).deliver_many(a_mail() for _ in range(5))
        assert next(receipts).error is None
        started = time.monotonic()
        assert not any(kinds(receipts))
        assert 4 * 0.05 <= time.monotonic() - started < 6 * 0.05


def test_servers_that_close() -> None:
    """Closing after each mail costs a connection each, and no mail."""
    with SMTPServer(close_after_mails=1) as server:
        assert not any(kinds(transport(server).deliver_many([a_mail()] * 5)))
        assert (server.count, server.connections) == (5, 5)


def test_servers_that_close_when_idle() -> None:
    """A talk that was kept too long is replaced."""
    with SMTPServer(idle_timeout=0.05) as server, transport(server).connect() as carrier:
        assert carrier.deliver(a_mail()).error is None
        time.sleep(0.2)
        assert carrier.deliver(a_mail()).error is None
        assert [mail.connection for mail in server.mails] == [1, 2]


@pytest.mark.parametrize("offer", OFFERS)
def test_servers_that_close_behind_an_envelope(offer: str) -> None:
    """A relay that was left waiting for a content and hung up gets none: no doubt, no failure."""
    with SMTPServer(idle_timeout=0.2, extensions=extensions(offer)) as server:
        receipts = transport(server).deliver_many(three())
        assert next(receipts).error is None
        time.sleep(0.5)
        assert truth(server, list(receipts)) == ["", ""]
        assert server.connections == 2


def test_servers_that_leave_behind_an_envelope() -> None:
    """Neither does one that says no word and is gone."""
    with SMTPServer(chunking=False) as server:
        receipts = transport(server).deliver_many(three())
        assert next(receipts).error is None
        server.stop()
        server.start()
        time.sleep(0.2)
        assert truth(server, list(receipts)) == ["", ""]


def test_connect_holds_one_talk() -> None:
    """A block of mails shares a connection, made for the first of them and kept for the next."""
    with SMTPServer() as server:
        one = transport(server)
        with one.connect() as carrier:
            assert server.connections == 0
            assert carrier.deliver(a_mail()).error is None
            assert carrier.deliver(a_mail()).error is None
        assert one.deliver(a_mail()).error is None
        one.close()
        wait_until_gone(server)
        assert (server.count, server.connections) == (3, 1)


def refused(error: OSError) -> Receipt:
    """What is told when the connection fails like this."""

    def connect(host: str, port: int, seconds: float) -> socket.socket:
        raise error

    relay = Relay("mail.example.com", timing=QUICK)
    return SmtpTransport(relay, World(connect=connect)).deliver(a_mail())


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "temporary", "refused the connection"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "temporary", "is unreachable"),
        (TimeoutError("timed out"), "temporary", "within 0.4 s"),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "temporary", "try again"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "configuration", "MAIL_SERVER or MAIL_URL"),
    ],
)
def test_no_connection(error: OSError, kind: str, words: str) -> None:
    """All of it may pass, except a host that does not exist."""
    receipt = refused(error)
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == (kind, "connect")
    assert words in str(receipt.error)
    assert receipt.error.__cause__ is error
    assert error.__traceback__ is None, "it would keep the mail in memory"
    (reply,) = receipt.replies
    assert (reply.action, reply.transient) == ("failed", kind == "temporary")


def test_nobody_listens() -> None:
    """A closed port is refused at once, for each mail on its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    many = SmtpTransport(Relay("127.0.0.1", port)).deliver_many([a_mail(), a_mail()])
    assert kinds(many) == ["temporary", "temporary"]


def test_errors_say_what_to_do_and_survive_pickling() -> None:
    """Each sentence names the relay and has at most three lines."""
    for fault in (OSError("x"), TimeoutError(), socket.gaierror(socket.EAI_NONAME, "x")):
        error = refused(fault).error
        assert error is not None
        assert str(error).startswith("smtp://mail.example.com:25 ")
        assert 2 <= len(str(error).splitlines()) <= 3
        again = pickle.loads(pickle.dumps(error))
        assert (str(again), again.kind, again.stage) == (str(error), error.kind, error.stage)
        assert again.replies == error.replies


def test_no_more_connections_than_allowed() -> None:
    """Who finds none free is told so, temporarily; the one that is given back is used."""
    with SMTPServer() as server:
        one = transport(server, connections=1)
        with one.connect() as carrier:
            carrier.deliver(a_mail())
            receipt = one.deliver(a_mail())
            assert receipt.error is not None
            assert (receipt.error.kind, receipt.error.stage) == ("temporary", "connect")
        assert one.deliver(a_mail()).error is None
        assert server.connections == 1


@pytest.mark.parametrize("offer", OFFERS)
def test_who_carries_many_lets_others_in_between(offer: str) -> None:
    """A mail that is sent now waits for one mail of a newsletter, not for all."""
    with SMTPServer(latency=0.01, extensions=extensions(offer)) as server:
        one = transport(server, connections=1)
        many = one.deliver_many(a_mail() for _ in range(50))
        next(many)
        newsletter = threading.Thread(target=lambda: list(many))
        newsletter.start()
        assert one.deliver(a_mail("now@example.com")).error is None
        newsletter.join()
        order = [mail.recipients[0] for mail in server.mails]
        assert order.index("now@example.com") < 25
        assert (server.count, server.connections) == (51, 1)


def test_a_relay_that_bears_fewer() -> None:
    """A connection that is turned away while others work costs no mail."""
    with SMTPServer(latency=0.01) as server:
        one = transport(server)
        with one.connect() as first, one.connect() as second:
            assert first.deliver(a_mail()).error is None
            assert second.deliver(a_mail()).error is None
        server.fault("banner", "421 4.7.0 too many connections", times=1000)
        threads = [threading.Thread(target=one.deliver, args=(a_mail(),)) for _ in range(20)]
        with one.connect() as first:
            assert first.deliver(a_mail()).error is None
            for thread in threads:
                thread.start()
        for thread in threads:
            thread.join()
        assert server.count == 23
        assert server.connections <= 4
        one.close()
        server.clear_faults()
        assert one.deliver(a_mail()).error is None


def test_a_relay_that_bore_fewer_for_a_moment() -> None:
    """It is asked for more again, also while one connection is held all the time."""
    now = [1000.0]
    with SMTPServer() as server:
        relay = Relay(server.host, server.port, timing=QUICK)
        one = SmtpTransport(relay, World(monotonic=lambda: now[0] + time.monotonic()))
        with one.connect() as held:
            assert held.deliver(a_mail()).error is None
            server.fault("banner", "421 4.7.0 too many connections")
            for _ in range(3):
                error = one.deliver(a_mail()).error
                assert error is not None
                assert "421 4.7.0 too many connections" in str(error)
            now[0] += CROWDED
            assert one.deliver(a_mail()).error is None


def test_a_relay_that_is_down_is_left_alone() -> None:
    """After three connections that failed the next mails are answered at once, and say why."""
    with SMTPServer() as server:
        one = transport(server)
        server.fault("banner", "554 5.3.2 no service here", times=3)
        assert kinds([one.deliver(a_mail()) for _ in range(3)]) == ["permanent"] * 3
        error = one.deliver(a_mail()).error
        assert error is not None
        assert error.retry_in is not None
        assert 4 < error.retry_in <= 5
        assert "was not tried: it failed 3 times in a row" in str(error)
        assert "554 5.3.2 no service here" in str(error)
        assert server.connections == 3


def test_a_rate() -> None:
    """Many mails go no faster, over however many connections."""
    with SMTPServer() as server:
        one = SmtpTransport(Relay(server.host, server.port, rate=Rate(50, 1.0), timing=QUICK))
        began = time.monotonic()
        threads = [
            threading.Thread(target=lambda: list(one.deliver_many(a_mail() for _ in range(10))))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.count == 30
        assert time.monotonic() - began >= (30 - 5 - 1) / 50


def test_a_rate_that_is_used_up() -> None:
    """A single mail waits no longer than for a connection; a stream waits as long as it takes."""
    with SMTPServer() as server:
        one = SmtpTransport(Relay(server.host, server.port, rate=Rate(1, 1.0), timing=QUICK))
        assert one.deliver(a_mail()).error is None
        error = one.deliver(a_mail()).error
        assert error is not None
        assert (error.kind, error.stage) == ("temporary", "rate")
        assert "gets no more than 1/s mails from us, and the next in 1.0 s" in str(error)
        assert error.retry_in is not None
        assert kinds(one.deliver_many([a_mail()])) == [""]


def test_a_dead_talk_holds_no_slot() -> None:
    """A connection that broke counts no longer, even while its carrier lives."""
    with SMTPServer() as server:
        one = transport(server, connections=1)
        server.fault("mail", "drop")
        with one.connect() as carrier:
            assert carrier.deliver(a_mail()).error is not None
            assert one.deliver(a_mail()).error is None


def test_threads_share_a_transport() -> None:
    """Many threads, few connections, every mail once."""
    with SMTPServer() as server:
        shared = transport(server, connections=2)
        threads = [threading.Thread(target=shared.deliver, args=(a_mail(),)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.count == 20
        shared.close()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_ipv6_loopback() -> None:
    """An IPv6 relay is greeted with an IPv6 literal, or our name."""
    with SMTPServer(host="::1") as server:
        assert SmtpTransport(Relay("::1", server.port)).deliver(a_mail()).error is None
        assert server.mails[0].helo.startswith("[IPv6:") or "." in server.mails[0].helo


@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_hanging_up_from_another_thread(certificates: Certificates, tls: Tls) -> None:
    """Who waits for the answer to a content hears at once that it is in doubt."""
    with SMTPServer(tls=certificates.good.context) as server:
        authority = str(certificates.ca_file)
        smtp = SmtpTransport(Relay(server.host, server.port, tls=tls, ca_file=authority))
        server.stall("final_dot", accept=True)
        receipts: list[Receipt] = []
        thread = threading.Thread(target=lambda: receipts.append(smtp.deliver(a_mail())))
        thread.start()
        server.wait(1)
        smtp.hang_up()
        thread.join(5)
        assert kinds(receipts) == ["in_doubt"]
        assert smtp.deliver(a_mail()).error is None


def test_hanging_up_on_who_waits_for_the_rate() -> None:
    """That mail has reached nobody, and may be tried later."""
    with SMTPServer() as server:
        smtp = SmtpTransport(Relay(server.host, server.port, rate=Rate(1, 3600.0)))
        receipts: list[Receipt] = []

        def deliver() -> None:
            for receipt in smtp.deliver_many([a_mail(), a_mail()]):
                receipts.append(receipt)

        thread = threading.Thread(target=deliver)
        thread.start()
        while thread.is_alive():
            if receipts:
                smtp.hang_up()
            thread.join(0.05)
        assert kinds(receipts) == ["", "temporary"]
        assert receipts[1].error is not None
        assert receipts[1].error.retry_in
        assert server.count == 1
