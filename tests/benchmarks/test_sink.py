import base64
import smtplib
from collections.abc import Iterator

import pytest

from benchmarks.beside import Beside
from benchmarks.intake import Intake, Tally
from flask_mailwright import Mail
from tests.apps import hello, make_app
from tests.certificates import Certificates

DATA = (
    b"EHLO me\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<customer100@example.org>\r\nDATA\r\n"
    b"Subject: dots\r\n\r\n..\r\n...end\r\n.\r\nNOOP\r\n"
)
BDAT = (
    b"MAIL FROM:<a@example.com>\r\nRCPT TO:<customer7@example.org>\r\nBDAT 4\r\n.\r\n."
    b"BDAT 2 LAST\r\n\r\nMAIL FROM:<a@example.com>\r\nQUIT\r\n"
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_chunks_may_be_cut_anywhere(size: int) -> None:
    """Each mail is counted once, with its octets, however the talk was cut."""
    tally = Tally()
    intake = Intake(tally, ())
    talk = DATA + BDAT
    replies = b"".join(intake.feed(talk[at : at + size]) for at in range(0, len(talk), size))
    codes = [line[:3] for line in replies.splitlines()]
    assert codes == b"250 250 250 354 250 250 250 250 250 250 250 221".split()
    assert tally.numbers == [100, 7]
    assert tally.octets == len(b"Subject: dots\r\n\r\n..\r\n...end\r\n") + 6
    assert tally.kept == {100: b"Subject: dots\r\n\r\n.\r\n..end\r\n"}
    assert intake.ended


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Beside]:
    """A sink that offers all it can."""
    arguments = ("PIPELINING", "CHUNKING", "STARTTLS", "AUTH PLAIN")
    chain = str(certificates.good.chain_file)
    with Beside("benchmarks.sink", *arguments, "--chain", chain) as beside:
        yield beside


def test_sink_tells_what_came_since_it_was_asked(sink: Beside) -> None:
    """Each question is answered with what came after the one before."""
    with smtplib.SMTP("127.0.0.1", sink.port) as client:
        client.sendmail("a@example.com", ["customer100@example.org"], b"Subject: .\r\n\r\n.\r\n")
    told = sink.ask("told")
    assert told["numbers"] == [100]
    assert base64.b64decode(told["kept"]["100"]) == b"Subject: .\r\n\r\n.\r\n"
    assert sink.ask("told")["numbers"] == []


def test_sink_takes_a_login_over_tls(sink: Beside, certificates: Certificates) -> None:
    """Our own client gets through STARTTLS, AUTH and BDAT."""
    app = make_app(
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT=sink.port,
        MAIL_USE_TLS=True,
        MAIL_TLS_CA_FILE=str(certificates.ca_file),
        MAIL_USERNAME="me",
        MAIL_PASSWORD="secret",
    )
    assert Mail(app).send(hello("customer1@example.org")).relayed
    assert sink.ask("told")["numbers"] == [1]
