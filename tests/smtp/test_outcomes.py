"""Whatever a relay says, every recipient gets exactly one outcome, and it is the truth."""

from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.envelope import Receipt, SealedMail
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.transports.smtp import SmtpTransport
from flask_mailwright.world import World
from tests.effort import examples
from tests.smtp.script import a_mail
from tests.smtp.whims import Whims

OFFERS = ["", "PIPELINING", "CHUNKING", "PIPELINING CHUNKING"]
mails = st.lists(st.integers(1, 5), min_size=1, max_size=6)
"""How many recipients each has."""


def numbered(counts: list[int]) -> list[SealedMail]:
    """Mails whose first line is their number, as is the first part of their recipients."""
    return [
        a_mail(*(f"{number}.{each}@x.org" for each in range(count)), content=b"%d\r\n" % number)
        for number, count in enumerate(counts)
    ]


def deliver(relay: Whims, counts: list[int], most: int | None = None) -> list[Receipt]:
    """One receipt per mail, in order, with one reply per recipient and an error if one missed."""
    transport = SmtpTransport(Relay("mx", max_mails=most), World(connect=relay.connect))
    sealed = numbered(counts)
    receipts = list(transport.deliver_many(sealed))
    assert len(receipts) == len(sealed)
    for mail, receipt in zip(sealed, receipts, strict=True):
        asked = [recipient.address for recipient in mail.envelope.recipients]
        assert [reply.address for reply in receipt.replies] == asked
        missed = any(reply.action != "relayed" for reply in receipt.replies)
        assert (receipt.error is not None) == missed
    return receipts


@examples(400)
@given(
    seed=st.integers(0, 2**32),
    counts=mails,
    offer=st.sampled_from(OFFERS),
    trouble=st.sampled_from([0.02, 0.1, 0.3]),
    most=st.sampled_from([None, None, 1, 2]),
)
def test_one_truthful_outcome_each(
    seed: int, counts: list[int], offer: str, trouble: float, most: int | None
) -> None:
    """Relayed: kept, once. In doubt: handed over whole, once. Failed: not kept. Never twice."""
    relay = Whims(seed, offer, trouble=trouble)
    for receipt in deliver(relay, counts, most):
        for reply in receipt.replies:
            kept, handed = relay.kept[reply.address], relay.handed[reply.address]
            if reply.action == "relayed":
                assert kept == 1
            elif reply.action == "in_doubt":
                assert handed == 1
            else:
                assert kept == 0


@examples(200)
@given(seed=st.integers(0, 2**32), counts=mails, offer=st.sampled_from(OFFERS))
def test_no_failure_without_a_reason(seed: int, counts: list[int], offer: str) -> None:
    """A relay that does nothing wrong gets every mail, however it cuts its replies."""
    relay = Whims(seed, offer, trouble=0)
    assert [receipt.error for receipt in deliver(relay, counts)] == [None] * len(counts)
    assert set(relay.kept.values()) == {1}
