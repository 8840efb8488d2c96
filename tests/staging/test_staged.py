"""What travels in a mail's place, and whose answer is whose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.envelope import Receipt, Reply, SealedMail
from flask_mailwright.errors import ConfigError, DeliveryError, MailError
from flask_mailwright.message import Message
from flask_mailwright.staging import Staging
from flask_mailwright.staging.allowlist import Allowlist
from flask_mailwright.staging.banner import banner
from flask_mailwright.staging.staged import Staged
from tests.compose.strategies import ORIGIN

QA, OPS = "qa@example.org", "ops@example.org"
STAGING = Staging(Allowlist.of(["ann@example.com"]), (QA, OPS))
ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"
DÖRTE = "dörte@example.com"


def sealed(*to: str, bcc: tuple[str, ...] = ()) -> SealedMail:
    """A mail for these."""
    return Message("Hi", list(to), "Hello", bcc=list(bcc)).seal(ORIGIN)


def people(mail: SealedMail) -> list[str]:
    """Whom the relay is told."""
    return [recipient.address for recipient in mail.envelope.recipients]


def answered(staged: Staged, **replies: Reply) -> Receipt:
    """Relayed for all but those of whom something else is said, by the name before the @."""
    receipts = []
    for part in staged.parts:
        relayed = {each: Reply(each, "relayed", 250, text="ok") for each in people(part)}
        said = tuple(replies.get(each.partition("@")[0], relayed[each]) for each in people(part))
        missed = any(reply.action != "relayed" for reply in said)
        error = DeliveryError.from_replies(said, "rcpt") if missed else None
        receipts.append(Receipt(part.message_id, said, error))
    return staged.receipt(receipts)


def test_the_allowed_keep_their_mail() -> None:
    """Octet by octet, without a word about those who get none."""
    mail = sealed(ANN)
    (part,) = Staged.of(mail, STAGING).parts
    assert part == mail
    (part,) = Staged.of(sealed(ANN, EVE), STAGING._replace(redirect=())).parts
    assert people(part) == [ANN]


def test_all_others_share_one_copy() -> None:
    """To, Cc and Bcc alike; the allowed do not read there who was in Bcc."""
    mail = sealed(ANN, BOB, bcc=(EVE,))
    kept, copied = Staged.of(mail, STAGING).parts
    assert (people(kept), people(copied)) == ([ANN], [QA, OPS])
    assert kept.content == mail.content
    assert copied.content == banner([BOB, EVE]) + mail.content
    assert copied.message_id == kept.message_id == mail.message_id


def test_a_mail_for_nobody() -> None:
    """There is nothing to deliver, and everybody has an answer."""
    staged = Staged.of(sealed(BOB, EVE), STAGING._replace(redirect=()))
    receipt = staged.receipt(())
    assert (staged.parts, receipt.error) == ((), None)
    assert [str(reply) for reply in receipt.suppressed] == [
        f"{each}: suppressed not among MAIL_ALLOWED_RECIPIENTS" for each in (BOB, EVE)
    ]


@given(
    st.lists(st.sampled_from([ANN, BOB, EVE, QA, DÖRTE]), min_size=1, unique=True),
    st.sampled_from([(), (QA,), (QA, OPS), ("grün@example.org",)]),
    st.sampled_from([[], ["example.com"], ["bob@example.com"], ["*.com"]]),
)
def test_no_part_is_for_anybody_else(
    to: list[str], redirect: tuple[str, ...], allowed: list[str]
) -> None:
    """And each recipient of the mail has one reply, in order."""
    staging = Staging(Allowlist.of(allowed), redirect)
    staged = Staged.of(sealed(*to), staging)
    for part in staged.parts:
        assert all(each in redirect or staging.allowed.allows(each) for each in people(part))
        needed = not "".join(people(part)).isascii() or not part.content.isascii()
        assert part.envelope.smtputf8 is needed
    assert [reply.address for reply in answered(staged).replies] == to


def test_an_address_that_is_gone_asks_nothing_of_the_relay() -> None:
    """SMTPUTF8 was for a Bcc who is redirected; the copy names him encoded, in 7 bits."""
    mail = sealed(ANN, bcc=(DÖRTE,))
    assert mail.envelope.smtputf8
    for part in Staged.of(mail, STAGING).parts:
        assert not part.envelope.smtputf8
        assert part.content.isascii()


def test_options_of_recipients_are_kept() -> None:
    """A copy bears those that the message has for all."""
    message = Message("Hi", [BOB], "Hello", rcpt_options=["NOTIFY=NEVER"])
    (copied,) = Staged.of(message.seal(ORIGIN), STAGING).parts
    assert [each.options for each in copied.envelope.recipients] == [("NOTIFY=NEVER",)] * 2


LATER = Reply(QA, "failed", 450, text="later", transient=True)
NEVER = Reply(OPS, "failed", 550, text="never")
DOUBT = Reply(OPS, "in_doubt", text="no answer came")


@pytest.mark.parametrize(
    ("qa", "ops", "worst"),
    [
        (None, NEVER, NEVER),
        (LATER, None, LATER),
        (LATER, NEVER, LATER),  # so that who is put off is tried again
        (LATER, DOUBT, DOUBT),
        (None, DOUBT, DOUBT),
    ],
)
def test_the_worst_reply_counts(qa: Reply | None, ops: Reply | None, worst: Reply) -> None:
    """For each recipient whose mail was redirected, and says so; not for the allowed."""
    said = {name: reply for name, reply in (("qa", qa), ("ops", ops)) if reply}
    receipt = answered(Staged.of(sealed(BOB, ANN, EVE), STAGING), **said)
    text = f"redirected to {worst.address}: {worst.text}"
    bob, ann, eve = receipt.replies
    assert bob == worst._replace(address=BOB, text=text)
    assert eve == bob._replace(address=EVE)
    assert ann.action == "relayed"
    assert receipt.error is not None
    assert receipt.error.replies == receipt.replies
    assert receipt.error.retry_in is None


def failed(part: SealedMail, error: MailError) -> Receipt:
    """Nobody of this part was reached."""
    transient = error.kind == "temporary"
    replies = tuple(Reply(each, "failed", transient=transient) for each in people(part))
    return Receipt(part.message_id, replies, error)


def test_the_error_that_comes_first_is_told() -> None:
    """As one error answers its kind: what is wrong with the configuration, before the relay."""
    staged = Staged.of(sealed(ANN, BOB), STAGING)
    kept, copied = staged.parts
    away = MailError("the relay is away", kind="temporary", stage="connect")
    error = staged.receipt([failed(kept, away), failed(copied, ConfigError(["x"]))]).error
    assert isinstance(error, ConfigError)


def test_a_relay_that_was_not_asked_is_left_alone() -> None:
    """But only if neither part went: the other would go twice."""
    staged = Staged.of(sealed(ANN, BOB), STAGING)
    kept, copied = staged.parts
    rests = MailError("the relay is left alone", kind="temporary", stage="connect")
    rests.retry_in = 5.0
    unasked = staged.receipt([failed(kept, rests), failed(copied, rests)])
    assert unasked.error is not None
    assert unasked.error.retry_in == 5.0
    relayed = Receipt(kept.message_id, (Reply(ANN, "relayed", 250),))
    half = staged.receipt([relayed, failed(copied, rests)])
    assert half.error is not None
    assert half.error.retry_in is None
    assert rests.retry_in == 5.0
