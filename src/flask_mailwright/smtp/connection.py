"""One connection to one relay: runs dialogues, and holds every step to an absolute deadline."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

from ..errors import MailError
from ..world import World
from .auth import credentials
from .breaks import BREAKS, EndOfTalk, OutOfTurn, dial_failure, talk_failure
from .failure import Broken, Failure
from .hello import hello_name
from .relay import Relay
from .replies import ProtocolError, RelayReply, ReplyReader, scrubbed
from .step import Dialogue, Handshake, Step, T, Wait
from .stream import Security, Stream
from .tls import handshake_failure
from .trace import trace_event, trace_reply, trace_step
from .waiting import Waiting, run

_QUIT = 1.0
"""Seconds to wait for the answer to QUIT, which changes nothing."""

_IDLE = 0.1
"""Seconds of silence behind which we look whether the relay is still there."""


class Connection:
    """An open connection; when a talk breaks it is closed before anybody hears of it.

    `context` is asked for the TLS settings when they are needed. `final_dot`: seconds for which the
    reply to a content is waited for; whoever uses the connection says how patient he is.
    """

    def __init__(self, relay: Relay, world: World, context: Callable[[], ssl.SSLContext]) -> None:
        self._relay = relay
        self._monotonic = world.monotonic
        self._context = context
        self._tokens = relay.tokens.seen if relay.tokens else ()
        self._hidden = credentials(relay)
        self._reader = ReplyReader()
        self._stream = _dial(relay, world)
        self._heard_at = 0.0
        self.final_dot = relay.timing.final_dot
        self.usable = True

    @property
    def hello(self) -> str:
        """The name to greet with."""
        return hello_name(socket.gethostname(), self._stream.local)

    @property
    def security(self) -> Security:
        """The TLS that is spoken."""
        return self._stream.security

    @property
    def blocking(self) -> bool:
        """Whether it waits itself; else it asks for that."""
        return self._stream.blocking

    @blocking.setter
    def blocking(self, blocking: bool) -> None:
        self._stream.blocking = blocking

    def run(self, dialogue: Dialogue[T]) -> T:
        """`carry`, in this thread."""
        return run(self.carry(dialogue))

    def carry(self, dialogue: Dialogue[T]) -> Waiting[T]:
        """Carry a dialogue to its end; when the talk breaks, it hears of it and may explain."""
        try:
            turn = next(dialogue)
            while True:
                try:
                    replies = yield from self._take(turn)
                except Broken as broken:
                    turn = dialogue.throw(broken)
                else:
                    turn = dialogue.send(replies)
        except StopIteration as end:
            result: T = end.value
            return result
        except (Failure, MailError) as error:
            if isinstance(error, Broken):
                self.close()
            raise
        except BaseException:
            self.close()  # nobody knows where the talk stands
            raise

    @property
    def silent(self) -> bool:
        """Whether the relay is there and has said nothing that it was not asked; does not wait."""
        try:
            self._look()
        except BREAKS:
            return False
        return self.usable

    def close(self) -> None:
        """Close the socket, whatever is under way."""
        self.usable = False
        self._stream.close()

    def cut(self) -> None:
        """From another thread: whoever speaks here is told that the talk is broken."""
        self._stream.cut()

    def _take(self, turn: Step | Handshake) -> Waiting[tuple[RelayReply, ...]]:
        try:
            if isinstance(turn, Step):
                return (yield from self._exchange(turn))
            return self._secure()
        except BaseException as error:
            self.close()
            if self._relay.trace:
                trace_event(self._relay.name, f"closed: {error}")
            raise

    def _secure(self) -> tuple[RelayReply, ...]:
        """What came in plain text behind the 220 is thrown away (RFC 3207 §4.2)."""
        self._reader = ReplyReader()
        relay = self._relay
        try:
            version = self._stream.secure(self._context(), relay.host, relay.timing.reply)
        except OSError as error:
            raise handshake_failure(error, relay) from error
        if relay.trace:
            trace_event(relay.name, f"speaks {version} from here on")
        return ()

    def _exchange(self, step: Step) -> Waiting[tuple[RelayReply, ...]]:
        replies: list[RelayReply] = []
        seconds = self._seconds(step.wait)
        self._stream.handed = 0
        try:
            if step.data:
                yield from self._send(step, seconds)
        except BREAKS as error:
            raise self._unsent(error, step, seconds) from error
        try:
            yield from self._read(step, seconds, replies)
        except BREAKS as error:
            raise self._broken(error, step.at(len(replies)), seconds, replies) from error
        if replies and replies[-1].code == 421:
            self.close()
        return tuple(replies)

    def _send(self, step: Step, seconds: float) -> Waiting[None]:
        if self._relay.trace:
            trace_step(self._relay.name, step)
        self._listen()
        if isinstance(step.data, bytes):
            yield from self._stream.send(step.data, seconds)
            return
        for chunk in step.data:
            yield from self._stream.send(chunk, self._relay.timing.content)

    def _listen(self) -> None:
        """Whoever said more than asked, or left meanwhile, is told nothing more."""
        if self._monotonic() - self._heard_at > _IDLE:
            self._look()
        if self._reader:
            raise OutOfTurn

    def _look(self) -> None:
        self._reader.feed(self._stream.peek())
        if self._reader:
            raise OutOfTurn

    def _read(self, step: Step, seconds: float, replies: list[RelayReply]) -> Waiting[None]:
        """All replies of a step; after a 421 no other comes (RFC 5321 §3.8)."""
        while len(replies) < step.replies:
            reply = self._reader.take() or (yield from self._await(seconds))
            replies.append(self._heard(reply, step.stage))
            if reply.code == 421 and len(replies) < step.replies:
                raise EndOfTalk

    def _await(self, seconds: float) -> Waiting[RelayReply]:
        """The next reply; no trickle moves its deadline."""
        deadline, left = self._monotonic() + seconds, seconds
        while left > 0:
            self._reader.feed((yield from self._stream.receive(left)))
            self._heard_at = self._monotonic()
            if reply := self._reader.take():
                return reply
            left = deadline - self._heard_at
        raise TimeoutError

    def _seconds(self, wait: Wait) -> float:
        reply = self._relay.timing.reply
        if wait == "quit":
            return min(reply, _QUIT)
        return self.final_dot if wait == "final_dot" else reply

    def _heard(self, reply: RelayReply, stage: str) -> RelayReply:
        """What may be shown; an offer is read as it is, even if the password is `PLAIN`."""
        safe = reply.scrubbed(self._scrub) if self._secrets else reply
        if self._relay.trace:
            challenge = self._relay.tokens and stage == "auth" and reply.category == 3
            trace_reply(self._relay.name, RelayReply(reply.code, ("***",)) if challenge else safe)
        return reply if stage == "ehlo" and reply.category == 2 else safe

    def _unsent(self, error: Exception, step: Step, seconds: float) -> Broken:
        """Sending failed; what the relay said before it stopped listening tells why."""
        reply = self._overheard(step.stage)
        if step.stage != "final_dot":
            broken = self._broken(error, step.stage, seconds, [])
        else:
            broken = self._broken(error, "body", self._relay.timing.content, [])
        judged = (2, 4, 5) if step.stage == "final_dot" else (4, 5)
        broken.reply = reply if reply and reply.category in judged else None
        broken.unsaid = not broken.handed
        return broken

    def _overheard(self, stage: str) -> RelayReply | None:
        try:
            while (reply := self._reader.take()) is None:
                if not (more := self._stream.peek()):
                    return None
                self._reader.feed(more)
        except BREAKS:
            return None
        return self._heard(reply, stage)

    def _broken(
        self, error: Exception, stage: str, seconds: float, replies: list[RelayReply]
    ) -> Broken:
        if isinstance(error, ProtocolError):
            error.line = self._scrub(error.line)
        broken = talk_failure(error, stage, seconds)
        broken.timed_out = isinstance(error, TimeoutError)
        broken.handed = self._stream.handed
        broken.replies = tuple(replies)
        return broken

    def _scrub(self, text: str) -> str:
        """A relay that repeats our credentials does not get them into logs and errors."""
        return scrubbed(text, self._secrets)

    @property
    def _secrets(self) -> tuple[str, ...]:
        """Passwords stay what they are; tokens change."""
        tokens = self._relay.tokens
        if tokens is not None and tokens.seen is not self._tokens:
            self._tokens, self._hidden = tokens.seen, credentials(self._relay)
        return self._hidden


def _dial(relay: Relay, world: World) -> Stream:
    try:
        return Stream(world.connect(relay.host, relay.port, relay.timing.connect))
    except (OSError, UnicodeError) as error:
        raise dial_failure(error, relay) from error
