"""A relay of whims without a network: it refuses, splits, breaks off, and keeps honest books."""

import re
import socket
from collections import Counter
from random import Random
from typing import cast

DOT = b"\r\n.\r\n"


class Whims:
    """All connections to one relay.

    `kept`: how often a recipient's mail was stored, which a 250 was said for. `handed`: how often
    its content came whole. `trouble` is the share of what is not as it should be.
    """

    def __init__(self, seed: int, offer: str, *, trouble: float) -> None:
        self.random = Random(seed)
        self.offer = offer.split()
        self.trouble = trouble
        self.most = self.random.choice([1, 2, 3, 100])
        self.kept: Counter[str] = Counter()
        self.handed: Counter[str] = Counter()

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """For World.connect."""
        return cast(socket.socket, Whimsical(self))

    def whim(self, *ways: str) -> str:
        """One of these ways now and then, else "fine"."""
        return self.random.choice(ways) if self.random.random() < self.trouble else "fine"


class Whimsical:
    """One connection, as a socket: what is sent is obeyed at once, what is said is read in bits."""

    def __init__(self, relay: Whims) -> None:
        self._relay = relay
        self._said = bytearray(b"220 hi\r\n")
        self._heard = bytearray()
        self._state = "open"  # or stalled, closed, reset
        self._mode = "command"  # or dot, bdat
        self._octets = 0
        self._open = False
        self._accepted: list[str] = []
        self._seconds: float | None = None

    def setsockopt(self, *_: object) -> None: ...

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", 1

    def settimeout(self, seconds: float) -> None:
        self._seconds = seconds

    def close(self) -> None:
        self._state = "reset"

    def send(self, data: bytes) -> int:
        """Take some of it."""
        if self._state == "reset":
            raise ConnectionResetError
        taken = self._relay.random.choice([len(data), len(data), 1 + len(data) // 2])
        if self._state == "open":
            self._heard += data[:taken]
            self._obey()
        if self._relay.whim(*["fine"] * 9, "reset") == "reset":
            self._state = "reset"
        return min(taken, len(data))

    def recv(self, most: int) -> bytes:
        """Some of what was said."""
        if self._said:
            octets = self._relay.random.choice([1, 2, 5, 30, most])
            piece = bytes(self._said[:octets])
            del self._said[:octets]
            return piece
        if self._state == "closed":
            return b""
        if self._state == "reset":
            raise ConnectionResetError
        if self._seconds == 0:
            raise BlockingIOError
        assert self._state == "stalled", "both sides wait for the other"
        raise TimeoutError

    # obeying

    def _obey(self) -> None:
        while self._state == "open" and self._take():
            pass

    def _take(self) -> bool:
        """Obey one command or content, if it has come whole."""
        if self._mode != "command":
            assert not (self._said and self._heard), "content left before its envelope was answered"
            return self._take_content()
        line, end, _ = bytes(self._heard).partition(b"\r\n")
        if not end:
            return False
        assert "PIPELINING" in self._relay.offer or not self._said, "not offered"
        del self._heard[: len(line) + 2]
        verb, _, rest = line.decode().partition(" ")
        getattr(self, f"_obey_{verb.partition(':')[0].lower()}")(rest)
        return True

    def _take_content(self) -> bool:
        if self._mode == "bdat":
            content, end = bytes(self._heard[: self._octets]), len(self._heard) >= self._octets
            length = self._octets
        else:
            found = (b"\r\n" + bytes(self._heard)).find(DOT)
            content, end, length = bytes(self._heard[:found]), found >= 0, found + 3
        if end:
            del self._heard[:length]
            self._mode = "command"
            self._judge(content)
        return end

    def _say(self, proper: int, *ways: str) -> int:
        """The proper code or a whim's; 0 when the talk is over."""
        way = self._relay.whim(*ways, "421", "close", "stall", "garbage", "reset", "299", "354")
        if way in ("close", "stall", "reset"):
            self._state = {"close": "closed", "stall": "stalled", "reset": "reset"}[way]
            if way == "reset":
                self._said.clear()
            return 0
        if way == "garbage":
            self._said += b"what?\r\n"
            self._state = "stalled"
            return 0
        code = proper if way == "fine" else int(way)
        self._said += b"%d-so\r\n%d it is\r\n" % (code, code)
        if code == 421:
            self._state = "closed"
        return code

    def _obey_ehlo(self, name: str) -> None:
        self._said += "".join(f"250-{line}\r\n" for line in self._relay.offer).encode()
        self._said += b"250 mx\r\n"

    def _obey_quit(self, rest: str) -> None:
        self._said += b"221 bye\r\n"

    def _obey_rset(self, rest: str) -> None:
        if self._say(250, "451", "502") // 100 == 2:
            self._open, self._accepted = False, []

    def _obey_mail(self, rest: str) -> None:
        if self._open:
            self._said += b"503 nested MAIL\r\n"
        else:
            self._accepted = []
            self._open = self._say(250, "450", "550") // 100 == 2

    def _obey_rcpt(self, rest: str) -> None:
        address = rest[len("TO:<") : -1]
        if not self._open:
            self._said += b"503 MAIL first\r\n"
        elif len(self._accepted) >= self._relay.most:
            self._said += b"452 too many\r\n"
        elif self._say(250, "450", "452", "550", "552") // 100 == 2:
            self._accepted.append(address)

    def _obey_data(self, rest: str) -> None:
        if self._open and self._accepted:
            code = self._say(354, "451", "554")
        else:
            code = self._relay.random.choice([354, 503, 554])
            self._said += b"%d so it is\r\n" % code
        self._mode = "dot" if code == 354 else "command"

    def _obey_bdat(self, rest: str) -> None:
        found = re.fullmatch(r"(\d+) LAST", rest)
        assert found
        assert not self._said, "content left before its envelope was answered"
        self._mode, self._octets = "bdat", int(found[1])

    def _judge(self, content: bytes) -> None:
        """Store it or not, say so or not."""
        number = content.partition(b"\r\n")[0].decode()
        people, self._accepted, self._open = self._accepted, [], False
        assert all(address.startswith(f"{number}.") for address in people), "another one's content"
        self._relay.handed.update(people)
        code = self._say(250, "451", "554", "552")
        if code // 100 == 2 or (not code and self._relay.random.random() < 0.5):
            self._relay.kept.update(people)
        if code // 100 in (4, 5):
            self._open = self._relay.random.random() < 0.3
