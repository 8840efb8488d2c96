"""Where the mails go: a sink or a private Postfix, here or far away, and what came there."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.beside import Beside
from benchmarks.contestants import Load, Where
from benchmarks.drafts import lies
from benchmarks.intake import KEEP_EVERY
from benchmarks.scenarios import Scenario
from tests.certificates import make_certificates
from tests.judges.postfix import Postfix

DELIVERED_TO = re.compile(rb"^X-Original-To: customer(\d+)@", re.MULTILINE)
DELIVERY = 60
"""Seconds that Postfix has for its own work."""


@dataclass(frozen=True)
class Arrived:
    numbers: list[int]
    kept: dict[int, bytes]
    cpu: float = 0.0
    """Seconds, of the sink."""


@dataclass(frozen=True)
class Relay:
    where: Where
    arrived: Callable[[int], Arrived]
    """What came since it was last asked; so many mails are expected."""


@contextmanager
def relay_for(scenario: Scenario, round_trip: float) -> Iterator[Relay]:
    with ExitStack() as stack:
        certificates = make_certificates(Path(stack.enter_context(TemporaryDirectory())))
        chain = certificates.good.chain_file
        if scenario.offer is None:
            postfix = stack.enter_context(Postfix(chain))
            port, arrived = postfix.port, partial(in_maildir, postfix)
        else:
            arguments = (*scenario.offer, "--chain", str(chain))
            sink = stack.enter_context(Beside("benchmarks.sink", *arguments))
            port, arrived = sink.port, partial(in_sink, sink)
        if scenario.far:
            line = Beside("benchmarks.far_away", str(port), str(round_trip))
            port = stack.enter_context(line).port
        ca_file = str(certificates.ca_file) if scenario.secure else ""
        yield Relay(Where(port, ca_file), arrived)


def in_sink(sink: Beside, mails: int) -> Arrived:
    told = sink.ask("what came?")
    kept = {int(number): base64.b64decode(mail) for number, mail in told["kept"].items()}
    return Arrived(told["numbers"], kept, told["cpu"])


def in_maildir(postfix: Postfix, mails: int) -> Arrived:
    contents = postfix.wait(mails, DELIVERY)
    by_number = [(number_of(content), content) for content in contents]
    kept = {number: content for number, content in by_number if number % KEEP_EVERY == 0}
    return Arrived([number for number, _ in by_number], kept)


def number_of(content: bytes) -> int:
    found = DELIVERED_TO.search(content)
    return int(found[1]) if found else -1


def wrongs(load: Load, arrived: Arrived) -> Iterator[str]:
    """Who came not or not once, and what is not read as it was composed in the mails kept."""
    came, wanted = Counter(arrived.numbers), Counter(load.numbers)
    if came != wanted:
        missing, surplus = (wanted - came).total(), (came - wanted).total()
        yield f"{missing} of {len(load.numbers)} mails missing, {surplus} too many"
    for number, content in arrived.kept.items():
        yield from lies(load.draft(number), content)
