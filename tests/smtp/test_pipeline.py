"""Groups of commands, byte by byte: each reply to its own command, content after its envelope."""

from functools import partial

import pytest

from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.smtp.capabilities import Capabilities
from flask_mailwright.smtp.failure import Broken, Failure
from flask_mailwright.smtp.ledger import Ledger
from flask_mailwright.smtp.pipeline import GROUP, Pipeline
from flask_mailwright.smtp.replies import RelayReply
from tests.smtp.script import CONTENT, Script, a_mail

PIPELINING = Capabilities({"PIPELINING": ""})
BOTH = Capabilities({"PIPELINING": "", "CHUNKING": ""})
CHUNKING = Capabilities({"CHUNKING": ""})
MAIL, DATA, OK = b"MAIL FROM:<me@example.com>\r\n", b"DATA\r\n", b"250 ok\r\n"
WIRE = b"Subject: hi\r\n\r\n..hello\r\n.\r\n"
BDAT = b"BDAT %d LAST\r\n" % len(CONTENT) + CONTENT
TAKEN, GO, NO = b"250 taken\r\n", b"354 go\r\n", b"550 no\r\n"


def rcpt(*names: str) -> bytes:
    """The commands for these recipients."""
    return b"".join(f"RCPT TO:<{name}@x.org>\r\n".encode() for name in names)


def to(*names: str) -> SealedMail:
    """A mail for these."""
    return a_mail(*(f"{name}@x.org" for name in names))


class Stream:
    """Mails handed over one after another to a script, as long as the talk holds."""

    def __init__(self, offer: Capabilities, *mails: SealedMail) -> None:
        self._pipeline = Pipeline(offer)
        self._ledgers = [Ledger(mail) for mail in mails]

    def play(self, *answers: bytes | Broken) -> tuple[list[Receipt], list[bytes]]:
        """The receipts of those that were tried, and what was said."""
        script, receipts = Script(*answers), []
        waiting = iter([*self._ledgers[1:], None])
        for ledger in self._ledgers:
            behind = next(waiting)
            try:
                script.play(
                    self._pipeline.hand_over(ledger, partial(next, iter([behind]))), last=False
                )
            except Failure as failure:
                receipts.append(ledger.broken_off(failure, "smtp://relay:25"))
                if isinstance(failure, Broken):
                    break
            else:
                receipts.append(ledger.receipt())
        script.finish()
        return receipts, script.said


def told(receipts: list[Receipt]) -> list[list[str]]:
    """What became of each recipient of each mail."""
    return [
        ["transient" if reply.transient else reply.action for reply in receipt.replies]
        for receipt in receipts
    ]


def test_an_envelope_is_one_group() -> None:
    """MAIL, all RCPT and DATA leave together; the content when all were answered."""
    _, said = Stream(PIPELINING, to("ann", "bob")).play(OK + OK + OK + GO, TAKEN)
    assert said == [MAIL + rcpt("ann", "bob") + DATA, WIRE]


def test_the_next_envelope_rides_behind_the_content() -> None:
    """One round trip per mail; the content's reply is read first, and alone."""
    stream = Stream(PIPELINING, to("ann"), to("bob"))
    receipts, said = stream.play(OK + OK + GO, TAKEN, OK + OK + GO, TAKEN)
    assert said == [MAIL + rcpt("ann") + DATA, WIRE + MAIL + rcpt("bob") + DATA, b"", WIRE]
    assert told(receipts) == [["relayed"], ["relayed"]]


def test_chunks_need_no_data() -> None:
    """BDAT rides under the same rule: behind the replies to its own MAIL and RCPT."""
    stream = Stream(BOTH, to("ann"), to("bob"))
    receipts, said = stream.play(OK + OK, TAKEN, OK + OK, TAKEN)
    assert said == [MAIL + rcpt("ann"), BDAT + MAIL + rcpt("bob"), b"", BDAT]
    assert told(receipts) == [["relayed"], ["relayed"]]


def test_chunks_without_groups() -> None:
    """CHUNKING alone: command by command, and BDAT in place of DATA."""
    stream = Stream(CHUNKING, to("ann"), to("bob"))
    _, said = stream.play(*(OK, OK, TAKEN) * 2)
    assert said == [MAIL, rcpt("ann"), BDAT, MAIL, rcpt("bob"), BDAT]


def test_all_refused_and_354_all_the_same() -> None:
    """A lone dot ends it, the next envelope rides behind that, and its reply means nothing."""
    stream = Stream(PIPELINING, to("ann"), to("bob"))
    receipts, said = stream.play(OK + NO + GO, TAKEN, OK + OK + GO, TAKEN)
    assert said[1] == b".\r\n" + MAIL + rcpt("bob") + DATA
    assert told(receipts) == [["failed"], ["relayed"]]


@pytest.mark.parametrize("offer", [PIPELINING, BOTH])
def test_all_refused_and_no_content_due(offer: Capabilities) -> None:
    """The next group begins with RSET."""
    data, refused, go = (b"", b"", b"") if offer is BOTH else (DATA, b"554 nobody\r\n", GO)
    stream = Stream(offer, to("ann"), to("bob"))
    receipts, said = stream.play(OK + NO + refused, OK + OK + OK + go, TAKEN)
    assert said[1] == b"RSET\r\n" + MAIL + rcpt("bob") + data
    assert told(receipts) == [["failed"], ["relayed"]]


def test_mail_refused_in_a_group() -> None:
    """MAIL's reply is the answer; those behind it count for nothing."""
    receipts, _ = Stream(PIPELINING, to("ann")).play(b"451 later\r\n" + b"503 what\r\n" * 2)
    assert [str(reply) for reply in receipts[0].replies] == ["ann@x.org: failed 451 later"]


def test_a_permission_behind_a_refused_mail() -> None:
    """354 although MAIL was refused: a lone dot, and nothing else, ends it."""
    receipts, said = Stream(PIPELINING, to("ann")).play(NO + OK + GO, TAKEN)
    assert said[1] == b".\r\n"
    assert told(receipts) == [["failed"]]


def test_a_login_missing_in_a_group() -> None:
    """530 is our configuration, whatever is said behind it."""
    receipts, said = Stream(PIPELINING, to("ann")).play(b"530 log in\r\n" + NO + GO, TAKEN)
    assert said[1] == b".\r\n"
    assert receipts[0].error is not None
    assert receipts[0].error.kind == "configuration"


def test_content_taken_and_the_next_refused() -> None:
    """Each mail has its own replies."""
    stream = Stream(PIPELINING, to("ann"), to("bob", "cid"))
    receipts, _ = stream.play(OK + OK + GO, TAKEN, OK + NO + b"450 later\r\n" + NO)
    assert told(receipts) == [["relayed"], ["failed", "transient"]]


@pytest.mark.parametrize("offer", [PIPELINING, BOTH])
def test_content_refused_and_the_next_taken(offer: Capabilities) -> None:
    """And the other way round."""
    go = b"" if offer is BOTH else GO
    stream = Stream(offer, to("ann"), to("bob"))
    receipts, _ = stream.play(OK + OK + go, NO, OK + OK + go, TAKEN)
    assert told(receipts) == [["failed"], ["relayed"]]


@pytest.mark.parametrize("offer", [PIPELINING, BOTH])
def test_a_refused_content_that_left_the_transaction_open(offer: Capabilities) -> None:
    """503 to the MAIL behind it is no trouble of that mail: it is asked again behind RSET."""
    go, late, data = (b"", b"", b"") if offer is BOTH else (GO, b"503 no\r\n", DATA)
    stream = Stream(offer, to("ann"), to("bob"))
    nested = b"503 nested\r\n" * 2 + late
    receipts, said = stream.play(OK + OK + go, NO, nested, OK + OK + OK + go, TAKEN)
    assert said[3] == b"RSET\r\n" + MAIL + rcpt("bob") + data
    assert told(receipts) == [["failed"], ["relayed"]]


def test_out_of_turn_and_permitted_all_the_same() -> None:
    """A lone dot comes before that RSET, if the relay waits for a content."""
    stream = Stream(PIPELINING, to("ann"), to("bob"))
    nested = b"503 nested\r\n" + OK + GO
    receipts, said = stream.play(OK + OK + GO, NO, nested, NO, OK + OK + OK + GO, TAKEN)
    assert said[3:5] == [b".\r\n", b"RSET\r\n" + MAIL + rcpt("bob") + DATA]
    assert told(receipts) == [["failed"], ["relayed"]]


def test_out_of_turn_behind_a_reset() -> None:
    """Then it is the relay's answer."""
    late = b"503 no\r\n"
    receipts, said = Stream(PIPELINING, to("ann")).play(late * 3, OK + late * 3)
    assert said[1] == b"RSET\r\n" + MAIL + rcpt("ann") + DATA
    assert told(receipts) == [["failed"]]


def test_a_refused_chunk_is_reset() -> None:
    """Not every relay ends a transaction whose chunk it refused."""
    receipts, said = Stream(CHUNKING, to("ann"), to("bob")).play(OK, OK, NO, *(OK,) * 3, TAKEN)
    assert said[3] == b"RSET\r\n"
    assert told(receipts) == [["failed"], ["relayed"]]


def test_those_who_did_not_fit_ride_behind() -> None:
    """452 in a group: the rest goes in the next transaction, then comes the next mail."""
    stream = Stream(BOTH, to("ann", "bob", "cid"), to("dan"))
    full = b"452 many\r\n"
    receipts, said = stream.play(OK + OK + full * 2, TAKEN, OK + OK + OK, TAKEN, OK + OK, TAKEN)
    assert said[1] == BDAT + MAIL + rcpt("bob", "cid")
    assert said[3] == BDAT + MAIL + rcpt("dan")
    assert told(receipts) == [["relayed"] * 3, ["relayed"]]


def test_no_group_fills_the_buffers() -> None:
    """So few commands are unanswered that neither side waits for the other (RFC 2920 §3.1)."""
    names = [f"r{number}" for number in range(2 * GROUP + 5)]
    groups = [OK * GROUP, OK * GROUP, OK * 6 + GO]
    receipts, said = Stream(PIPELINING, to("ann"), to(*names)).play(
        OK + OK + GO, TAKEN, *groups, TAKEN
    )
    assert said[1] == WIRE + MAIL + rcpt(*names[: GROUP - 1])
    assert [part.count(b"\r\n") for part in said[3:5]] == [GROUP, 7]
    assert told(receipts)[1] == ["relayed"] * len(names)


def test_a_full_relay_is_not_asked_on() -> None:
    """Behind a group with 452 in it comes DATA, not the next group of RCPT."""
    names = [f"r{number}" for number in range(GROUP + 5)]
    first = OK + OK * (GROUP - 2) + b"452 many\r\n"
    script = (first, GO, TAKEN, OK * 8 + GO, TAKEN)
    receipts, said = Stream(PIPELINING, to(*names)).play(*script)
    assert said[1:3] == [DATA, WIRE + MAIL + rcpt(*names[GROUP - 2 :]) + DATA]
    assert told(receipts) == [["relayed"] * len(names)]


def broken(stage: str, *replies: int, handed: int = 0) -> Broken:
    """A talk that breaks behind these replies."""
    found = Broken("broke off", stage)
    found.replies = tuple(RelayReply(code, ("so",)) for code in replies)
    found.handed = handed
    return found


def test_421_amid_a_group() -> None:
    """The replies before it stand; it is the answer to all that is open."""
    receipts, _ = Stream(PIPELINING, to("ann", "bob")).play(broken("rcpt", 250, 550, 421))
    assert [reply.code for reply in receipts[0].replies] == [550, 421]
    assert receipts[0].error is not None
    assert (receipts[0].error.kind, receipts[0].error.stage) == ("temporary", "rcpt")


def test_a_group_that_is_not_answered_whole_in_time() -> None:
    """Perhaps a reply is missing: none of them is believed, and all may be tried again."""
    late = broken("data", 503, 503)
    late.timed_out = True
    receipts, _ = Stream(PIPELINING, to("ann")).play(late)
    assert told(receipts) == [["transient"]]


def test_421_to_a_content_with_more_to_come() -> None:
    """It answers those of the next transaction too."""
    stream = Stream(PIPELINING, to("ann", "bob"))
    receipts, _ = stream.play(OK + OK + b"452 many\r\n" + GO, b"421 bye\r\n")
    assert told(receipts) == [["transient", "transient"]]


@pytest.mark.parametrize("offer", [PIPELINING, BOTH])
def test_doubt_is_one_mail_wide(offer: Capabilities) -> None:
    """The mail whose content was handed over whole; the one behind it was not begun."""
    envelope = OK + OK + (b"" if offer is BOTH else GO)
    content = BDAT if offer is BOTH else WIRE
    end = broken("final_dot", handed=len(content))
    receipts, _ = Stream(offer, to("ann"), to("bob")).play(envelope, end)
    assert told(receipts) == [["in_doubt"]]


@pytest.mark.parametrize("offer", [PIPELINING, BOTH])
def test_one_octet_short(offer: Capabilities) -> None:
    """Nobody can have got it."""
    envelope = OK + OK + (b"" if offer is BOTH else GO)
    content = BDAT if offer is BOTH else WIRE
    end = broken("body", handed=len(content) - 1)
    receipts, _ = Stream(offer, to("ann"), to("bob")).play(envelope, end)
    assert told(receipts) == [["transient"]]


def test_a_yes_that_was_overheard() -> None:
    """The next envelope could not be sent, but the content was whole and its 250 is there."""
    end = broken("body", handed=len(WIRE))
    end.reply = RelayReply(250, ("taken",))
    receipts, _ = Stream(PIPELINING, to("ann"), to("bob")).play(OK + OK + GO, end)
    assert told(receipts) == [["relayed"]]


def test_a_lone_dot_leaves_no_doubt() -> None:
    """Nobody was to get it."""
    end = broken("final_dot", handed=3)
    receipts, _ = Stream(PIPELINING, to("ann")).play(OK + NO + GO, end)
    assert told(receipts) == [["failed"]]
    assert receipts[0].error is not None
    assert receipts[0].error.kind == "permanent"


def test_a_mail_that_cannot_ride() -> None:
    """What this relay cannot take is told in its turn, and costs the mail before it nothing."""
    stream = Stream(PIPELINING, to("ann"), a_mail("änn@x.org"), to("bob"))
    receipts, said = stream.play(OK + OK + GO, TAKEN, OK + OK + GO, TAKEN)
    assert said[1] == WIRE
    assert told(receipts) == [["relayed"], ["failed"], ["relayed"]]
