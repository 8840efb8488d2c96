"""One mail on the wire, byte by byte, and the truth about each recipient."""

import pytest

from flask_mailwright.envelope import Envelope, Receipt, Recipient, SealedMail
from flask_mailwright.errors import MessageError
from flask_mailwright.smtp.capabilities import Capabilities
from flask_mailwright.smtp.failure import Broken, Failure
from flask_mailwright.smtp.ledger import Ledger
from flask_mailwright.smtp.pipeline import Pipeline
from flask_mailwright.smtp.replies import RelayReply
from tests.smtp.script import CONTENT, Script, a_mail, nobody

MAIL = b"MAIL FROM:<me@example.com>\r\n"
WIRE = b"Subject: hi\r\n\r\n..hello\r\n.\r\n"
ALL = Capabilities({"SIZE": "1000", "8BITMIME": "", "SMTPUTF8": ""})


def rcpt(address: str) -> bytes:
    """The command for this recipient."""
    return f"RCPT TO:<{address}>\r\n".encode()


def deliver(
    mail: SealedMail,
    *answers: bytes | Broken,
    offer: Capabilities = Capabilities(),  # noqa: B008 frozen
    dirty: bool = False,
) -> tuple[Receipt, list[bytes], bool | None]:
    """The receipt, what was said, and whether a transaction was left open (None: it broke)."""
    script, ledger, pipeline = Script(*answers), Ledger(mail), Pipeline(offer, dirty=dirty)
    try:
        script.play(pipeline.hand_over(ledger, nobody))
    except Failure as failure:
        return ledger.broken_off(failure, "smtp://relay:25"), script.said, None
    return ledger.receipt(), script.said, pipeline.dirty


def actions(receipt: Receipt) -> list[str]:
    """What became of each recipient."""
    return [reply.action for reply in receipt.replies]


def test_relayed_with_the_final_reply() -> None:
    """A 250 to the final dot, and nothing else, is success; its words are kept."""
    mail = a_mail("ann@example.com", "bob@example.com")
    answers = (b"250 ok\r\n", b"250 ok\r\n", b"251 will forward\r\n", b"354 go\r\n")
    receipt, said, left = deliver(mail, *answers, b"250 2.0.0 queued as 7\r\n")
    assert said == [MAIL, rcpt("ann@example.com"), rcpt("bob@example.com"), b"DATA\r\n", WIRE]
    assert [(r.action, r.code, r.enhanced, r.text) for r in receipt.replies] == [
        ("relayed", 250, "2.0.0", "queued as 7")
    ] * 2
    assert receipt.error is None
    assert left is False


def test_one_refused_among_good_ones() -> None:
    """A refused recipient is told, and keeps nobody else from the mail."""
    mail = a_mail("ann@example.com", "bob@example.com", "cid@example.com")
    answers = (b"550 5.1.1 who?\r\n", b"250\r\n", b"450 4.2.0 later\r\n", b"354\r\n", b"250\r\n")
    receipt, _, left = deliver(mail, b"250\r\n", *answers)
    assert actions(receipt) == ["failed", "relayed", "failed"]
    assert [reply.transient for reply in receipt.replies] == [False, False, True]
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("temporary", "rcpt")
    assert left is False


def test_all_refused_means_no_data() -> None:
    """Nothing is sent to nobody, and the open transaction is told."""
    receipt, said, left = deliver(a_mail(), b"250\r\n", b"550 5.1.1 who?\r\n")
    assert said[-1] == rcpt("ann@example.com")
    assert actions(receipt) == ["failed"]
    assert left is True


def test_reset_of_what_was_left_open() -> None:
    """RSET comes before the next mail."""
    answers = (b"250 reset\r\n", b"250\r\n", b"250\r\n", b"354\r\n", b"250\r\n")
    assert deliver(a_mail(), *answers, dirty=True)[1][:2] == [b"RSET\r\n", MAIL]


@pytest.mark.parametrize("answer", [b"502 no\r\n", b"450 no\r\n", b"354 no\r\n", b"421 bye\r\n"])
def test_a_relay_that_cannot_reset(answer: bytes) -> None:
    """The talk ends before the mail is begun."""
    receipt, _, left = deliver(a_mail(), answer, dirty=True)
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage, left) == ("temporary", "rset", None)


@pytest.mark.parametrize(("code", "transient"), [(451, True), (550, False), (477, True)])
def test_mail_refused(code: int, transient: bool) -> None:
    """All recipients get that reply, by its first digit; no transaction is open."""
    receipt, said, left = deliver(a_mail("a@x.org", "b@x.org"), b"%d no\r\n" % code)
    assert [(r.action, r.code, r.transient) for r in receipt.replies] == [
        ("failed", code, transient)
    ] * 2
    assert receipt.error is not None
    assert receipt.error.stage == "mail"
    assert (said, left) == ([MAIL], False)


def test_login_missing() -> None:
    """530 at MAIL is our configuration."""
    receipt, _, _ = deliver(a_mail(), b"530 5.7.0 authenticate\r\n")
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("configuration", "mail")
    assert "MAIL_USERNAME" in str(receipt.error)
    assert receipt.replies[0].code == 530


def test_data_refused() -> None:
    """Those accepted get that reply, those refused keep theirs."""
    mail = a_mail("ann@example.com", "bob@example.com")
    answers = (b"250\r\n", b"250\r\n", b"550 who?\r\n", b"451 disk full\r\n")
    receipt, said, left = deliver(mail, *answers)
    assert [reply.code for reply in receipt.replies] == [451, 550]
    assert said[-1] == b"DATA\r\n"
    assert left is True


@pytest.mark.parametrize(
    ("answer", "transient"),
    [(b"554 5.7.1 spam\r\n", False), (b"451 4.3.0 later\r\n", True), (b"421 closing\r\n", True)],
)
def test_refused_at_the_final_dot(answer: bytes, transient: bool) -> None:
    """An answer is an answer: no doubt, not even with 421."""
    receipt, _, left = deliver(a_mail(), b"250\r\n", b"250\r\n", b"354\r\n", answer)
    assert (receipt.replies[0].action, receipt.replies[0].transient) == ("failed", transient)
    assert receipt.error is not None
    assert receipt.error.stage == "final_dot"
    assert left is (None if answer.startswith(b"421") else False)


@pytest.mark.parametrize("full", [b"452 too many\r\n", b"552 too many\r\n", b"552 5.5.3 many\r\n"])
def test_too_many_recipients(full: bytes) -> None:
    """Those who do not fit go in another transaction of the same talk."""
    mail = a_mail("a@x.org", "b@x.org", "c@x.org")
    first = (b"250\r\n", b"250\r\n", full, b"354\r\n", b"250 first\r\n")
    second = (b"250\r\n", b"250\r\n", b"250\r\n", b"354\r\n", b"250 second\r\n")
    receipt, said, left = deliver(mail, *first, *second)
    assert said[:5] == [MAIL, rcpt("a@x.org"), rcpt("b@x.org"), b"DATA\r\n", WIRE]
    assert said[5:] == [MAIL, rcpt("b@x.org"), rcpt("c@x.org"), b"DATA\r\n", WIRE]
    assert [reply.text for reply in receipt.replies] == ["first", "second", "second"]
    assert receipt.error is None
    assert left is False


def test_a_full_relay_for_the_first_recipient() -> None:
    """452 with nobody accepted is a transient refusal, and the others are tried."""
    answers = (
        b"250\r\n",
        b"452 4.2.2 full\r\n",
        b"552 full\r\n",
        b"250\r\n",
        b"354\r\n",
        b"250\r\n",
    )
    receipt, _, _ = deliver(a_mail("a@x.org", "b@x.org", "c@x.org"), *answers)
    assert actions(receipt) == ["failed", "failed", "relayed"]
    assert [reply.transient for reply in receipt.replies] == [True, True, False]


def test_a_full_mailbox_is_no_full_relay() -> None:
    """552 5.2.2 speaks of one mailbox, for good."""
    answers = (b"250\r\n", b"250\r\n", b"552 5.2.2 mailbox full\r\n", b"354\r\n", b"250\r\n")
    receipt, _, _ = deliver(a_mail("a@x.org", "b@x.org"), *answers)
    assert actions(receipt) == ["relayed", "failed"]
    assert not receipt.replies[1].transient


def test_data_refused_and_others_waiting() -> None:
    """The next transaction begins with RSET."""
    first = (b"250\r\n", b"250\r\n", b"452 many\r\n", b"450 no\r\n")
    second = (b"250\r\n", b"250\r\n", b"250\r\n", b"354\r\n", b"250\r\n")
    receipt, said, _ = deliver(a_mail("a@x.org", "b@x.org"), *first, *second)
    assert said[4] == b"RSET\r\n"
    assert actions(receipt) == ["failed", "relayed"]


@pytest.mark.parametrize(
    ("answers", "stage"),
    [
        ([b"354 what\r\n"], "mail"),
        ([b"421 bye\r\n"], "mail"),
        ([b"250\r\n", b"354 what\r\n"], "rcpt"),
        ([b"250\r\n", b"421 bye\r\n"], "rcpt"),
        ([b"250\r\n", b"250\r\n", b"250 what\r\n"], "data"),
        ([b"250\r\n", b"250\r\n", b"421 bye\r\n"], "data"),
    ],
)
def test_broken_before_the_content(answers: list[bytes], stage: str) -> None:
    """Replies that do not exist, and 421, end the talk: nobody got the mail, so it may be tried."""
    receipt, _, left = deliver(a_mail(), *answers)
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("temporary", stage)
    assert (receipt.replies[0].action, receipt.replies[0].transient) == ("failed", True)
    assert left is None


def broken(handed: int, stage: str = "final_dot", reply: RelayReply | None = None) -> Broken:
    """A talk that breaks after so many octets."""
    found = Broken("closed the connection at the final dot", stage, reply=reply)
    found.handed = handed
    return found


ENVELOPE = (b"250\r\n", b"550 5.1.1 who?\r\n", b"250\r\n", b"354\r\n")


def test_handed_over_and_no_answer() -> None:
    """Whoever was accepted is in doubt; whoever was refused is not."""
    receipt, _, _ = deliver(a_mail("a@x.org", "b@x.org"), *ENVELOPE, broken(len(WIRE)))
    assert actions(receipt) == ["failed", "in_doubt"]
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("in_doubt", "final_dot")
    assert receipt.error.replies == receipt.replies


def test_a_strange_answer_to_the_final_dot() -> None:
    """3yz there answers nothing: in doubt."""
    receipt, _, _ = deliver(a_mail("a@x.org", "b@x.org"), *ENVELOPE, b"354 go on\r\n")
    assert actions(receipt) == ["failed", "in_doubt"]


def test_not_handed_over_whole() -> None:
    """One octet short of the lone dot nobody can have got it."""
    receipt, _, _ = deliver(a_mail("a@x.org", "b@x.org"), *ENVELOPE, broken(len(WIRE) - 1, "body"))
    assert actions(receipt) == ["failed", "failed"]
    assert [reply.transient for reply in receipt.replies] == [False, True]
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("temporary", "body")


@pytest.mark.parametrize(("code", "transient"), [(552, False), (421, True)])
def test_refused_amid_the_content(code: int, transient: bool) -> None:
    """What the relay said before it broke off is the answer."""
    said = RelayReply(code, ("no more",))
    receipt, _, left = deliver(
        a_mail(), b"250\r\n", b"250\r\n", b"354\r\n", broken(3, "body", said)
    )
    (reply,) = receipt.replies
    assert (reply.action, reply.code, reply.transient) == ("failed", code, transient)
    assert receipt.error is not None
    assert receipt.error.kind == ("temporary" if transient else "permanent")
    assert left is None


def test_a_yes_to_half_a_content_is_none() -> None:
    """A 250 that came too early does not count."""
    early = broken(3, "body", RelayReply(250, ("ok",)))
    receipt, _, _ = deliver(a_mail(), b"250\r\n", b"250\r\n", b"354\r\n", early)
    assert actions(receipt) == ["failed"]


def test_doubt_leaves_the_others_alone() -> None:
    """Those waiting for another transaction were not tried, and may be."""
    answers = (b"250\r\n", b"250\r\n", b"452 many\r\n", b"354\r\n", broken(len(WIRE)))
    receipt, _, _ = deliver(a_mail("a@x.org", "b@x.org"), *answers)
    assert actions(receipt) == ["in_doubt", "failed"]
    assert receipt.replies[1].transient


def test_parameters_of_mail() -> None:
    """SIZE where offered, 8BITMIME and SMTPUTF8 where needed, the user's behind, each once."""
    envelope = Envelope(
        "mé@example.com",
        (Recipient("änn@example.com", ("NOTIFY=NEVER",)),),
        smtputf8=True,
        mail_options=("size=1", "RET=HDRS", "smtputf8"),
    )
    mail = SealedMail("1", "<1@x>", "hi", envelope, "é\r\n".encode())
    answers = (b"250\r\n", b"250\r\n", b"354\r\n", b"250\r\n")
    _, said, _ = deliver(mail, *answers, offer=ALL)
    assert said[0].decode() == (
        "MAIL FROM:<mé@example.com> SIZE=4 BODY=8BITMIME SMTPUTF8 RET=HDRS\r\n"
    )
    assert said[1].decode() == "RCPT TO:<änn@example.com> NOTIFY=NEVER\r\n"


def test_null_reverse_path() -> None:
    """A mail that nobody shall answer has the path <>."""
    answers = (b"250\r\n", b"250\r\n", b"354\r\n", b"250\r\n")
    assert deliver(a_mail(reverse_path=""), *answers)[1][0] == b"MAIL FROM:<>\r\n"


@pytest.mark.parametrize(
    ("mail", "offer", "words"),
    [
        (a_mail(smtputf8=True), {}, "SMTPUTF8"),
        (a_mail("änn@example.com"), {}, "SMTPUTF8"),
        (a_mail(content=b"\xe9\r\n"), {}, "8BITMIME"),
        (a_mail(content=b"x" * 101), {"SIZE": "100"}, "takes 100 octets at most"),
    ],
)
def test_what_this_relay_cannot_take(mail: SealedMail, offer: dict[str, str], words: str) -> None:
    """It is refused for good before MAIL, and the talk goes on."""
    receipt, said, _ = deliver(mail, offer=Capabilities(offer))
    assert receipt.error is not None
    assert (receipt.error.kind, receipt.error.stage) == ("permanent", "mail")
    assert words in str(receipt.error)
    assert said == []


@pytest.mark.parametrize(
    "mail",
    [
        a_mail("a@x.org>\r\nRCPT TO:<eve@x.org"),
        a_mail(reverse_path="a@x.org\n"),
        a_mail(mail_options=("RET=HDRS\r\nDATA",)),
        a_mail(content=b"Subject: hi\n.\nMAIL FROM:<eve@x.org>\r\n"),
        a_mail(content=b"Subject: hi\r.\r\r\n"),
    ],
)
def test_nothing_smuggled(mail: SealedMail) -> None:
    """A line end in a command, or a bare one in the content, is refused before a byte is sent."""
    script = Script()
    with pytest.raises(MessageError):
        script.play(Pipeline(ALL).hand_over(Ledger(mail), nobody))
    assert script.said == []


def test_the_trace_shows_no_content() -> None:
    """A trace names the content's length."""
    script, mail = Script(b"250\r\n", b"250\r\n", b"354\r\n", b"250\r\n"), a_mail()
    script.play(Pipeline(ALL).hand_over(Ledger(mail), nobody))
    shown = script.steps[-1].shown
    assert callable(shown)
    assert shown() == f"<content: {len(CONTENT)} octets>\n"
    assert script.steps[-1].wait == "final_dot"
