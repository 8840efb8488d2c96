"""Whatever a relay says, every recipient gets exactly one outcome, and it is the truth."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright.envelope import Receipt
from flask_mailwright.smtp.capabilities import Capabilities
from flask_mailwright.smtp.failure import Broken, Failure
from flask_mailwright.smtp.ledger import Ledger
from flask_mailwright.smtp.replies import RelayReply
from flask_mailwright.smtp.step import Handshake, Step
from flask_mailwright.smtp.transaction import hand_over
from tests.smtp.script import a_mail

ANSWERS = [b"250", b"250", b"250", b"354", b"421", b"450", b"452", b"550", b"552", b"299", b"break"]


class Fickle:
    """A relay of whims that keeps books of its own."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self._accepted: list[str] = []
        self.delivered: Counter[str] = Counter()
        self.handed: Counter[str] = Counter()

    def answer(self, step: Step) -> RelayReply | Broken:
        said = step.data if isinstance(step.data, bytes) else b"".join(step.data)
        due = {b"DATA\r\n": b"354"}.get(said, b"250")
        way = self._data.draw(st.sampled_from([due, due, due, *ANSWERS]))
        answer = self._break(step, len(said)) if way == b"break" else RelayReply(int(way), ("",))
        self._book(step, said, answer)
        return answer

    def _break(self, step: Step, octets: int) -> Broken:
        handed = self._data.draw(st.sampled_from([0, octets - 1, octets]))
        unsent = step.stage == "final_dot" and handed < octets
        broken = Broken("broke", "body" if unsent else step.stage)
        broken.handed = handed
        return broken

    def _book(self, step: Step, said: bytes, answer: RelayReply | Broken) -> None:
        positive = isinstance(answer, RelayReply) and answer.category == 2
        if step.stage in ("mail", "rset"):
            self._accepted = []
        elif step.stage == "rcpt" and positive:
            self._accepted.append(said.decode()[9:-3])
        elif step.stage == "final_dot":
            whole = isinstance(answer, RelayReply) or answer.handed == len(said)
            self.handed.update(self._accepted if whole else [])
            self.delivered.update(self._accepted if positive else [])


def deliver(relay: Fickle, recipients: list[str]) -> dict[str, list[str]]:
    """The addresses by what became of them."""
    mail = a_mail(*recipients)
    ledger = Ledger(mail)
    dialogue = hand_over(mail, Capabilities(), ledger, dirty=False)
    try:
        turn = next(dialogue)
        while True:
            assert not isinstance(turn, Handshake)
            answer = relay.answer(turn)
            turn = (
                dialogue.throw(answer) if isinstance(answer, Broken) else dialogue.send((answer,))
            )
    except StopIteration:
        return judged(ledger.receipt(), recipients)
    except Failure as failure:
        return judged(ledger.broken_off(failure, "smtp://relay:25"), recipients)


def judged(receipt: Receipt, recipients: list[str]) -> dict[str, list[str]]:
    """The addresses by what became of them, each once; an error if one was missed."""
    assert [reply.address for reply in receipt.replies] == recipients
    missed = any(reply.action != "relayed" for reply in receipt.replies)
    assert (receipt.error is not None) == missed
    return {
        action: [reply.address for reply in receipt.replies if reply.action == action]
        for action in ("relayed", "failed", "in_doubt")
    }


@given(data=st.data(), count=st.integers(1, 6))
def test_one_truthful_outcome_each(data: st.DataObject, count: int) -> None:
    """Relayed: the relay said 250 to it, once. In doubt: it has it and said nothing. Else: not."""
    recipients = [f"r{number}@example.com" for number in range(count)]
    relay = Fickle(data)
    outcome = deliver(relay, recipients)
    assert sorted(outcome["relayed"]) == sorted(relay.delivered.elements())
    for address in outcome["in_doubt"]:
        assert relay.handed[address] == 1
        assert not relay.delivered[address]
    for address in outcome["failed"]:
        assert not relay.delivered[address]
