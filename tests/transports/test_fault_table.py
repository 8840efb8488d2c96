"""Every misbehaviour at every stage ends as documented, in time, and as the server saw it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.reply import Reply
from flask_mailwright.secret import Secret
from flask_mailwright.smtp.relay import Relay, Tls
from flask_mailwright.testing import SMTPServer, Stage
from flask_mailwright.timing import Timing
from flask_mailwright.transports.smtp import SmtpTransport
from tests.certificates import Certificates
from tests.smtp.script import CONTENT, a_mail
from tests.transports.fault_table import (
    IN_DOUBT,
    OFFERS,
    WAYS,
    Cell,
    cells,
    cells_behind,
    cells_of_offers,
    extensions,
    markdown,
)

TIME_OUT = 0.4  # seconds, where it is what ends the talk
PATIENCE = 10.0  # seconds, where nobody may wait for it
SLACK = 2.0  # seconds that a busy machine may take on top
ANN, BOB, CID = "ann@example.com", "bob@example.com", "cid@example.com"
LARGE = b"0123456789abcdef" * 2**20  # 16 MB, more than the kernel takes when nobody reads
REPLIES = {
    "4yz": "450 4.2.0 not now",
    "5yz": "550 5.1.0 never",
    "421": "421 4.3.2 closing down",
}
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


class Bench:
    """A relay that misbehaves once, and one mail for Ann and Bob."""

    def __init__(
        self, stage: Stage, certificates: Certificates, mode: Tls, offer: str = OFFERS[-1]
    ) -> None:
        self.time_out = PATIENCE
        self._stage = stage
        self._mode = mode
        self._ca_file = str(certificates.ca_file)
        self.server = SMTPServer(
            tls=certificates.good.context if mode != "none" else None,
            implicit_tls=mode == "implicit",
            users={"ann": "secret"},
            pipelining="PIPELINING" in offer,
            chunking="CHUNKING" in offer,
        )
        self.seconds = 0.0

    def deliver(self, way: str, *, accept: bool = False) -> Receipt:
        """Place the fault, deliver, and take the time."""
        self.time_out = time_out(self._stage, way)
        with self._transport().connect() as carrier:
            self._prepare(carrier.deliver)
            self.server.fault(
                self._stage,
                REPLIES.get(way, way),
                address=BOB if self._stage == "rcpt" else None,
                accept=accept,
                pace=0.02,
            )
            content = LARGE if self._stage == "body" else CONTENT
            started = time.monotonic()
            receipt = carrier.deliver(a_mail(ANN, BOB, content=content))
            if self._stage != "quit":
                self.seconds = time.monotonic() - started
        self.seconds = self.seconds or time.monotonic() - started
        return receipt

    def _prepare(self, deliver: Callable[[SealedMail], Receipt]) -> None:
        if self._stage == "helo":
            self.server.refuse("ehlo", 502)
        if self._stage == "rset":
            self.server.refuse("rcpt", 550)
            deliver(a_mail("cid@example.com"))

    def _transport(self) -> SmtpTransport:
        relay = Relay(
            "localhost",
            self.server.port,
            self._mode,
            username="ann" if self._stage == "auth" else "",
            password=Secret("secret"),
            ca_file=self._ca_file,
            timing=Timing().all(self.time_out),
        )
        return SmtpTransport(relay)


def time_out(stage: str, way: str) -> float:
    """Short where time must run out; else nothing waits, however long it might."""
    waits = way in ("stall", "trickle") or (stage, way) == ("body", "endless")
    return TIME_OUT if waits and (stage, way) != ("tls", "trickle") else PATIENCE


def told(reply: Reply) -> str:
    """What one recipient is told, in the table's words."""
    return "transient" if reply.transient else reply.action


def judge(bench: Bench, receipt: Receipt, cell: Cell, stage: str, *, stored: bool) -> None:
    """The whole promise of a cell. `stored`: the server kept the mail before it broke off."""
    error = receipt.error
    assert (error.kind if error else "") == cell.kind
    assert error is None or error.stage == (cell.stage or stage)
    assert [told(reply) for reply in receipt.replies] == [cell.ann, cell.bob]
    waited = 1.5 * bench.time_out if bench.time_out == TIME_OUT else 0.0
    assert bench.seconds <= waited + SLACK
    has_it = {address for mail in bench.server.mails for address in mail.recipients}
    assert {reply.address for reply in receipt.relayed} <= has_it
    assert not {reply.address for reply in receipt.failed} & has_it
    assert ({reply.address for reply in receipt.in_doubt} <= has_it) or not stored
    assert error is None or "localhost" in str(error) or "recipients not reached" in str(error)


def mode_of(stage: str) -> Tls:
    """STARTTLS where the stage is about it."""
    return "starttls" if stage in ("starttls", "tls") else "none"


@pytest.mark.parametrize(("stage", "way", "cell", "offer"), cells_of_offers())
def test_cell(stage: Stage, way: str, cell: Cell, offer: str, certificates: Certificates) -> None:
    """Kind, stage, every recipient's answer, the time it took, and what the server stored."""
    bench = Bench(stage, certificates, mode_of(stage), offer)
    with bench.server:
        receipt = bench.deliver(way)
        judge(bench, receipt, cell, stage, stored=False)
        counted = {address for mail in bench.server.mails for address in mail.recipients}
        assert counted == {reply.address for reply in receipt.relayed}


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("way", WAYS[3:])
def test_doubt_is_open_either_way(way: str, offer: str, certificates: Certificates) -> None:
    """The same answer when the server did keep the mail: in doubt is all that can be known."""
    bench = Bench("final_dot", certificates, "none", offer)
    with bench.server:
        judge(bench, bench.deliver(way, accept=True), IN_DOUBT, "final_dot", stored=True)
        assert bench.server.count == 1


@pytest.mark.parametrize("way", WAYS)
def test_handshake_from_the_first_byte(way: str, certificates: Certificates) -> None:
    """With implicit TLS the handshake fails as it does behind STARTTLS."""
    (cell,) = [cell for stage, each, cell in cells() if (stage, each) == ("tls", way)]
    bench = Bench("tls", certificates, "implicit")
    with bench.server:
        judge(bench, bench.deliver(way), cell, "tls", stored=False)


@pytest.mark.parametrize(
    ("stage", "cell", "offer"),
    [
        (stage, cell, offer)
        for stage, way, cell, offer in cells_of_offers()
        if way == "endless" and stage not in ("connect", "body")
    ],
)
def test_a_line_without_end(
    stage: Stage, cell: Cell, offer: str, certificates: Certificates
) -> None:
    """A single endless line ends as an endless reply does."""
    bench = Bench(stage, certificates, mode_of(stage), offer)
    with bench.server:
        judge(bench, bench.deliver("endless-line"), cell, stage, stored=False)


def in_a_row(server: SMTPServer, seconds: float) -> list[list[str]]:
    """What becomes of a mail for Cid and one for Ann and Bob; nobody has more or less than told."""
    timing = Timing().all(seconds)
    transport = SmtpTransport(Relay("localhost", server.port, timing=timing))
    mails = [a_mail(CID), a_mail(ANN, BOB)]
    receipts = list(transport.deliver_many(mails))
    has_it = [address for mail in server.mails for address in mail.recipients]
    for reply in (reply for receipt in receipts for reply in receipt.replies):
        assert has_it.count(reply.address) == (reply.action == "relayed")
    return [[told(reply) for reply in receipt.replies] for receipt in receipts]


@pytest.mark.parametrize(("stage", "way", "cell", "offer"), cells_behind())
def test_cell_of_a_mail_that_rode(stage: Stage, way: str, cell: Cell, offer: str) -> None:
    """The mail before it stands; its own outcome is that of a kept connection."""
    with SMTPServer(extensions=extensions(offer)) as server:
        address = BOB if stage == "rcpt" else None
        after = 0 if stage == "rcpt" else 1
        reply = REPLIES.get(way, way)
        server.fault(stage, reply, address=address, after=after, pace=0.02)
        assert in_a_row(server, time_out(stage, way)) == [["relayed"], [cell.ann, cell.bob]]


@pytest.mark.parametrize(
    ("way", "cell", "offer"),
    [(w, cell, offer) for stage, w, cell, offer in cells_behind() if stage == "final_dot"],
)
def test_cell_of_a_mail_with_another_behind(way: str, cell: Cell, offer: str) -> None:
    """Its own outcome; the one behind it goes over a fresh connection if it must."""
    with SMTPServer(extensions=extensions(offer)) as server:
        server.fault("final_dot", REPLIES.get(way, way), pace=0.02)
        assert in_a_row(server, time_out("final_dot", way)) == [[cell.ann], ["relayed", "relayed"]]


def test_the_page_shows_this_table() -> None:
    """docs/faults.md and these tests say the same."""
    assert markdown() in PAGE.read_text(encoding="utf-8")
