"""A name server on a loopback port: real packets, and only what the test has put there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from flask_mailwright.txt import Nameserver
from flask_mailwright.world import World

SILENT, BROKEN = "silent.", "broken."
"""What a name begins with to which nobody answers, or the server fails."""


class DnsServer:
    """Answers with TXT `records` by name; a record is one text, or its strings."""

    def __init__(self, records: Mapping[str, Sequence[str | Sequence[str]]]) -> None:
        self._records = records
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.asked: list[str] = []

    @property
    def world(self) -> World:
        """One that asks it."""
        port = self._socket.getsockname()[1]
        return World(txt=Nameserver(["127.0.0.1"], port=port, seconds=1.0).txt)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._knock()
        self._thread.join(5)
        self._socket.close()

    def _knock(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(b"", self._socket.getsockname())

    def _serve(self) -> None:
        while True:
            packet, asker = self._socket.recvfrom(4096)
            if not packet:
                return
            if (answer := self._answer(dns.message.from_wire(packet))) is not None:
                self._socket.sendto(answer.to_wire(), asker)

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True)
        self.asked.append(name)
        if name.startswith(SILENT):
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        if name.startswith(BROKEN):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self._records:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif texts := [_quoted(record) for record in self._records[name]]:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *texts))
        return answer


def _quoted(record: str | Sequence[str]) -> str:
    strings = [record] if isinstance(record, str) else record
    cut = [text[at : at + 255] for text in strings for at in range(0, len(text) or 1, 255)]
    return " ".join(f'"{text}"' for text in cut)
