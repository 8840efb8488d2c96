"""What a signature costs, with dkimpy beside us.

Both sign the same mails in turn with the same keys and cover the same fields; a figure is the
median of this thread's CPU time, in milliseconds. One signature of each, and of each round, is
verified by dkimpy, outside the clock; the exit code is 1 when one does not hold. The goals are for
the small mail.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

sys.path.pop(0)  # this folder: its dkim.py is not the package of that name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dkim

from benchmarks.drafts import SENDER, text_and_html, with_file
from benchmarks.messages import our_message
from flask_mailwright.compose.dkim.canonical import relaxed_fields
from flask_mailwright.compose.dkim.keys import KeyType, generate, load
from flask_mailwright.compose.dkim.signature import oversigned
from flask_mailwright.compose.dkim.signer import Identity, Signer
from flask_mailwright.compose.dkim.sources import Fixed
from flask_mailwright.envelope import SealedMail
from flask_mailwright.sealing import Origin

ORIGIN = Origin("app", SENDER)
DOMAIN = SENDER.domain
GOALS: dict[KeyType, float] = {"rsa": 0.4, "ed25519": 0.1}
MAILS = {"text 1.5 KB + html 8 KB": text_and_html, "text 1.5 KB, 1 MB attached": with_file}
SMALL = next(iter(MAILS))
ROUNDS, REPEATS = 31, 5

Sign = Callable[[SealedMail], bytes]


class Pair:
    """A key, in our hands and in dkimpy's."""

    def __init__(self, kind: KeyType) -> None:
        self.kind = kind
        self._pem = generate(kind)
        self._key = load(self._pem)
        self._signer = Signer([Identity(DOMAIN, kind, Fixed(self._key))], time.time)
        self._theirs = self._pem if kind == "rsa" else _seed(self._pem)

    @property
    def contestants(self) -> dict[str, Sign]:
        return {"flask-mailwright": self._by_us, "dkimpy": self._by_dkimpy}

    def holds(self, content: bytes) -> bool:
        record = self._key.record.encode()
        return bool(dkim.DKIM(content).verify(dnsfunc=lambda name, timeout=5: record))

    def _by_us(self, mail: SealedMail) -> bytes:
        return self._signer.sign(mail).content

    def _by_dkimpy(self, mail: SealedMail) -> bytes:
        names = oversigned(relaxed_fields(mail.content.partition(b"\r\n\r\n")[0]))
        field: bytes = dkim.DKIM(mail.content).sign(
            self.kind.encode(),
            DOMAIN.encode(),
            self._theirs,
            signature_algorithm=f"{self.kind}-sha256".encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in names],
        )
        return field + mail.content


def _seed(pem: bytes) -> bytes:
    """The 32 octets in base64 that dkimpy takes: the last ones of the PEM (RFC 8410)."""
    return b64encode(b64decode(pem.split(b"-----")[2])[-32:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"(default: {ROUNDS})")
    chosen = parser.parse_args()
    figures = measure(chosen.rounds)
    print(json.dumps(figures, indent=1) if chosen.json else "\n".join(table(figures)))
    return 1 if figures["broken"] else 0


def measure(rounds: int) -> dict[str, Any]:
    broken: list[str] = []
    pairs = [Pair(kind) for kind in GOALS]
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("cryptography", "dkimpy", "pynacl")},
        "rounds": rounds,
        "milliseconds": {
            size: {pair.kind: cost(pair, draft, rounds, broken) for pair in pairs}
            for size, draft in MAILS.items()
        },
        "broken": broken,
    }


def cost(
    pair: Pair, draft: Callable[[int], Any], rounds: int, broken: list[str]
) -> dict[str, float]:
    """Each contestant's median over all rounds, every round begun by another one."""
    taken: dict[str, list[float]] = {name: [] for name in pair.contestants}
    for turn in range(rounds):
        mail = our_message(draft(turn)).seal(ORIGIN)
        names = list(pair.contestants)
        for name in names[turn % 2 :] + names[: turn % 2]:
            seconds, content = clocked(pair.contestants[name], mail)
            taken[name].append(seconds)
            if not pair.holds(content):
                broken.append(f"{name}, {pair.kind}, round {turn}")
    return {name: round(median(times) * 1000, 3) for name, times in taken.items()}


def clocked(sign: Sign, mail: SealedMail) -> tuple[float, bytes]:
    content = sign(mail)
    began = time.thread_time()
    for _ in range(REPEATS):
        sign(mail)
    return (time.thread_time() - began) / REPEATS, content


def table(figures: dict[str, Any]) -> Iterator[str]:
    packages = ", ".join(f"{name} {number}" for name, number in figures["packages"].items())
    yield f"Python {figures['python']}, {packages}; medians of {figures['rounds']} rounds"
    for size, kinds in figures["milliseconds"].items():
        yield f"\n{size:30} {'ms per mail':>12} {'of ours':>9}"
        for kind, taken in kinds.items():
            ours = taken["flask-mailwright"]
            for name, spent in taken.items():
                yield f"  {kind + ', ' + name:28} {spent:12.3f} {spent / ours:8.1f}x"
    yield ""
    for kind, limit in GOALS.items():
        ours = figures["milliseconds"][SMALL][kind]["flask-mailwright"]
        yield f"{'met' if ours <= limit else 'MISSED':7} {kind}: {ours} ms (goal <= {limit})"
    yield from (f"BROKEN  {each}" for each in figures["broken"])
    if not figures["broken"]:
        yield "Every signature holds."


if __name__ == "__main__":
    sys.exit(main())
