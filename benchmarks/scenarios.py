"""What is sent where, by whom, and how much faster we mean to be.

Each contestant sends as many mails in a round as take it about two seconds, so that making and
ending connections weighs the same on all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from benchmarks.compose import Goal
from benchmarks.contestants import (
    FLASK_MAIL,
    FLASK_MAIL_SEND,
    FLASK_MAILMAN,
    MANY_1,
    MANY_4,
    MANY_16,
    SEND,
    SMTPLIB,
)
from benchmarks.drafts import Draft, text_and_html, with_file

MEMORY = "memory"
MOST_GROWTH = 16
"""MB."""


@dataclass(frozen=True)
class Scenario:
    size: str
    mails: dict[str, int]
    """In each round, by contestant."""
    draft: Callable[[int], Draft] = text_and_html
    offer: tuple[str, ...] | None = ("PIPELINING", "CHUNKING")
    """What the sink offers; None when the relay is a Postfix."""
    far: bool = False

    @property
    def secure(self) -> bool:
        return self.offer is not None and "STARTTLS" in self.offer

    @property
    def title(self) -> str:
        if self.offer is None:
            return f"{self.size}, to Postfix"
        return f"{self.size}, offered {' '.join(self.offer) or 'nothing'}"

    def shared(self, by: int) -> Scenario:
        """The same with so much fewer mails."""
        mails = {name: max(1, number // by) for name, number in self.mails.items()}
        return replace(self, mails=mails)


SCENARIOS = {
    "near": Scenario(
        "small",
        {
            FLASK_MAIL_SEND: 150,
            FLASK_MAIL: 250,
            FLASK_MAILMAN: 400,
            SMTPLIB: 2000,
            SEND: 1000,
            MANY_1: 4000,
            MANY_4: 4000,
            MANY_16: 4000,
        },
    ),
    "far": Scenario(
        "small",
        {
            FLASK_MAIL_SEND: 10,
            FLASK_MAIL: 20,
            FLASK_MAILMAN: 20,
            SMTPLIB: 20,
            SEND: 36,
            MANY_1: 80,
            MANY_4: 320,
            MANY_16: 1280,
        },
        far=True,
    ),
    "far-pipelining": Scenario(
        "small",
        {FLASK_MAIL: 20, MANY_1: 80, MANY_4: 320, MANY_16: 1280},
        offer=("PIPELINING",),
        far=True,
    ),
    "far-plain": Scenario(
        "small",
        {FLASK_MAIL: 30, MANY_1: 30, MANY_4: 120, MANY_16: 480},
        offer=(),
        far=True,
    ),
    "far-login": Scenario(
        "small",
        {FLASK_MAIL_SEND: 8, SEND: 36},
        offer=("PIPELINING", "CHUNKING", "STARTTLS", "AUTH PLAIN"),
        far=True,
    ),
    "files": Scenario(
        "1 MB attached",
        {FLASK_MAIL: 10, FLASK_MAILMAN: 10, SMTPLIB: 40, MANY_1: 80, MANY_4: 80, MANY_16: 80},
        draft=with_file,
    ),
    "far-files": Scenario(
        "1 MB attached",
        {FLASK_MAIL: 10, FLASK_MAILMAN: 10, SMTPLIB: 16, MANY_1: 60, MANY_4: 160, MANY_16: 160},
        draft=with_file,
        far=True,
    ),
    "postfix": Scenario("small", {FLASK_MAIL: 100, MANY_4: 400}, offer=None),
    "far-postfix": Scenario("small", {FLASK_MAIL: 20, MANY_4: 320}, offer=None, far=True),
}


@dataclass(frozen=True)
class Aim:
    scenario: str
    measure: Literal["wall", "cpu"]
    peer: str
    ours: str
    factor: float


AIMS = (
    Aim("near", "cpu", FLASK_MAIL, MANY_4, 12),
    Aim("far", "wall", FLASK_MAIL, MANY_1, 3.8),
    Aim("far", "wall", FLASK_MAIL, MANY_4, 14),
    Aim("far", "wall", FLASK_MAIL_SEND, SEND, 3.3),
    Aim("far-pipelining", "wall", FLASK_MAIL, MANY_16, 50),
    Aim("far-plain", "wall", FLASK_MAIL, MANY_16, 15),
    Aim("far-login", "wall", FLASK_MAIL_SEND, SEND, 5),
    Aim("files", "wall", FLASK_MAIL, MANY_4, 6),
    Aim("far-files", "wall", FLASK_MAIL, MANY_4, 15),
)


def goals(scenarios: dict[str, Any], memory: dict[str, Any] | None) -> Iterator[Goal]:
    """Those of what was run."""
    for aim in AIMS:
        if aim.scenario in scenarios:
            figures = scenarios[aim.scenario]["contestants"]
            ratio = figures[aim.peer][aim.measure] / figures[aim.ours][aim.measure]
            spent = "time" if aim.measure == "wall" else "client CPU"
            what = f"{aim.scenario}: {spent}, {aim.peer} / {aim.ours}"
            yield Goal(what, f">= {aim.factor}", round(ratio, 1), ratio >= aim.factor)
    if memory:
        what = f"{memory['mails']:,} mails by send_many: memory grown behind 5,000, MB"
        yield Goal(what, f"<= {MOST_GROWTH}", memory["grown"], memory["grown"] <= MOST_GROWTH)
