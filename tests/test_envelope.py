import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.address import Address
from flask_mailwright.envelope import Envelope, Receipt, Recipient, SealedMail
from flask_mailwright.errors import DeliveryError
from flask_mailwright.message import Message
from flask_mailwright.reply import Action, Reply
from tests.compose.strategies import ORIGIN, addresses, lines

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    addresses(),
    st.lists(addresses(), min_size=1, max_size=3),
    lines(),
    st.dictionaries(st.text(), JSON, max_size=3),
    st.lists(lines(), max_size=3),
)
def test_sealed_mail_survives_json(
    sender: Address,
    recipients: list[Address],
    subject: str,
    metadata: dict[str, object],
    tags: list[str],
) -> None:
    """Everything but the content, which stands beside it."""
    message = Message(subject, [*recipients], sender=sender, rcpt_options=["NOTIFY=FAILURE"])
    message.mail_options, message.route = ["RET=HDRS"], "bulk"
    message.metadata, message.tags = metadata, tags
    mail = message.seal(ORIGIN)
    again = SealedMail.from_json(mail.to_json(), mail.content)
    assert again == mail
    assert again.canonical
    assert mail.metadata == metadata
    assert mail.to_json().isascii()


def test_a_record_that_does_not_say_so_is_not_canonical() -> None:
    """Whoever wrote it, its line ends are looked at before it leaves."""
    mail = SealedMail("1", "<1@x>", "Hi", Envelope("", (Recipient("a@x"),)), b"", canonical=True)
    record = json.loads(mail.to_json())
    del record["canonical"]
    assert not SealedMail.from_json(json.dumps(record), b"").canonical


def test_its_list_survives_json() -> None:
    """A mail of none has the record of old, which says nothing of lists."""
    mail = SealedMail("1", "<1@x>", "Hi", Envelope("", (Recipient("a@x"),)), b"")
    assert "list" not in json.loads(mail.to_json())
    assert SealedMail.from_json(mail.to_json(), b"").list == ""
    news = mail._replace(list="news")
    assert SealedMail.from_json(news.to_json(), b"") == news


def test_who_gets_it_instead_survives_json() -> None:
    """Somebody, nobody, or nobody else; where nothing is noted the record is that of old."""
    recipients = (Recipient("a@x", ("NOTIFY=NEVER",), ("q@x", "r@x")), Recipient("b@x", (), ()))
    mail = SealedMail("1", "<1@x>", "Hi", Envelope("", (*recipients, Recipient("c@x"))), b"")
    record = json.loads(mail.to_json())
    assert record["envelope"]["recipients"][2] == {"address": "c@x", "options": []}
    assert SealedMail.from_json(mail.to_json(), b"") == mail


def test_who_is_suppressed_survives_json() -> None:
    """With what is told of it; where all are it is an envelope for nobody."""
    left, other = Recipient("a@x", suppressed="on the list of 'news'"), Recipient("b@x")
    mail = SealedMail("1", "<1@x>", "Hi", Envelope("", (left, other)), b"")
    assert SealedMail.from_json(mail.to_json(), b"") == mail
    assert not mail.envelope.is_suppressed
    assert Envelope("", (left, left)).is_suppressed


def test_a_mail_for_some_of_its_recipients() -> None:
    """It needs SMTPUTF8 no longer than one of them, or its content, does."""
    recipients = (Recipient("größe@x"), Recipient("b@x"))
    mail = SealedMail("1", "<1@x>", "Hi", Envelope("a@x", recipients, smtputf8=True), b"Hi")
    assert mail.narrowed(recipients[:1]).envelope.smtputf8
    assert mail.narrowed(recipients[1:]).envelope == Envelope("a@x", recipients[1:])
    written = mail._replace(content="From: Größe".encode())
    assert written.narrowed(recipients[1:]).envelope.smtputf8


def test_newer_record_is_refused() -> None:
    """A record that a later version wrote is not guessed at."""
    mail = SealedMail("1", "<1@x>", "Hi", Envelope("", (Recipient("b@x"),)), b"")
    record = json.loads(mail.to_json()) | {"version": 2}
    with pytest.raises(ValueError, match="version 2 is not 1: upgrade"):
        SealedMail.from_json(json.dumps(record), b"")


def test_content_stays_out_of_repr() -> None:
    """A log line with a mail shows no body."""
    mail = SealedMail("1", "<1@x>", "Hi", Envelope("", ()), b"the body")
    assert "the body" not in repr(mail)


def test_receipt_has_a_view_for_each_action() -> None:
    """Each recipient stands in exactly one, in the order of the envelope."""
    actions: list[Action] = ["relayed", "delayed", "failed", "in_doubt", "suppressed"]
    replies = tuple(Reply(f"{n}@x", action) for n in range(2) for action in actions)
    receipt = Receipt("<1@x>", replies)
    for action in actions:
        view = getattr(receipt, action)
        assert view == tuple(reply for reply in replies if reply.action == action)
        assert [reply.address for reply in view] == ["0@x", "1@x"]


def test_a_receipt_that_is_suppressed() -> None:
    """All were left out on purpose; one with no recipient at all says nothing."""
    left_out, reached = Reply("a@x", "suppressed"), Reply("b@x", "relayed", 250)
    assert Receipt("<1@x>", (left_out, left_out)).is_suppressed
    assert not Receipt("<1@x>", (left_out, reached)).is_suppressed
    assert not Receipt("<1@x>", ()).is_suppressed


def test_receipt_raises_its_error() -> None:
    """Nothing is raised when every recipient was reached."""
    failed = (Reply("ann@x", "failed", 550),)
    error = DeliveryError.from_replies(failed, "rcpt")
    with pytest.raises(DeliveryError) as caught:
        Receipt("<1@x>", failed, error).raise_for_failure()
    assert caught.value is error
    Receipt("<1@x>", (Reply("ann@x", "relayed", 250),)).raise_for_failure()
