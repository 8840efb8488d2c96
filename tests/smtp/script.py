"""A relay that is a list of byte strings: what it answers to each step of a dialogue."""

from flask_mailwright.envelope import Envelope, Recipient, SealedMail
from flask_mailwright.smtp.failure import Broken
from flask_mailwright.smtp.replies import RelayReply, ReplyReader
from flask_mailwright.smtp.step import Dialogue, Handshake, Step, T

TLS = b"<TLS>"
CONTENT = b"Subject: hi\r\n\r\n.hello\r\n"


class Script:
    """Plays one dialogue; an answer is bytes, or the break that comes in its place.

    `said` holds what we said, with `TLS` where the handshake was.
    """

    def __init__(self, *answers: bytes | Broken) -> None:
        self._answers = list(answers)
        self.said: list[bytes] = []
        self.steps: list[Step] = []

    def play(self, dialogue: Dialogue[T], *, last: bool = True) -> T:
        """Run to the end; an answer too few, or behind the last too many, is the test's error."""
        try:
            turn = next(dialogue)
            while True:
                replies = self._answer(turn)
                if isinstance(replies, Broken):
                    turn = dialogue.throw(replies)
                else:
                    turn = dialogue.send(replies)
        except StopIteration as end:
            if last:
                self.finish()
            result: T = end.value
            return result

    def finish(self) -> None:
        """No answer may be left."""
        assert not self._answers, f"never asked for {self._answers}"

    def _answer(self, turn: Step | Handshake) -> tuple[RelayReply, ...] | Broken:
        if isinstance(turn, Handshake):
            self.said.append(TLS)
            return ()
        self.steps.append(turn)
        self.said.append(turn.data if isinstance(turn.data, bytes) else b"".join(turn.data))
        answer = self._answers.pop(0)
        return answer if isinstance(answer, Broken) else replies(answer, turn.replies)


def replies(data: bytes, count: int) -> tuple[RelayReply, ...]:
    """The replies in `data`, of which there must be `count`."""
    reader = ReplyReader()
    reader.feed(data)
    found = tuple(reply for _ in range(count) if (reply := reader.take()))
    assert len(found) == count
    assert not reader
    return found


def a_mail(
    *recipients: str,
    content: bytes = CONTENT,
    reverse_path: str = "me@example.com",
    smtputf8: bool = False,
    mail_options: tuple[str, ...] = (),
) -> SealedMail:
    """A sealed mail, for ann@example.com unless somebody is named."""
    addresses = tuple(Recipient(each) for each in recipients or ("ann@example.com",))
    envelope = Envelope(reverse_path, addresses, smtputf8, mail_options)
    return SealedMail("1", "<1@example.com>", "hi", envelope, content)


def nobody() -> None:
    """No mail comes behind."""
