"""Processes are killed, asked to end, or many at once; the long runs are `python3 dev.py crash`."""

import pytest

from tests.crash.processes import scratch
from tests.crash.proof import Proof
from tests.crash.workers import Workers


@pytest.mark.parametrize(("on", "kills"), [("sqlite", 20), ("postgresql", 8), ("mariadb", 8)])
def test_nothing_is_lost_and_every_copy_is_explained(on: str, kills: int) -> None:
    """By a kill in the middle of its talk, or by a reply that the relay withheld."""
    with scratch(on) as processes:
        verdict = Proof(processes, kills, mails=20 * kills, seed=1).run()
    assert verdict.is_good, verdict
    assert (verdict.submitted, verdict.kills) == (20 * kills, kills)


@pytest.mark.parametrize(("on", "mails"), [("sqlite", 1_000), ("postgresql", 500)])
def test_eight_deliver_at_once(on: str, mails: int) -> None:
    """Each mail comes once, though nobody is in office."""
    with scratch(on) as processes:
        tally = Workers(processes).crowd(8, mails)
    assert tally.is_good, tally


def test_a_worker_that_is_asked_to_end_ends_in_order() -> None:
    """SIGTERM under load: each mail comes once."""
    with scratch("sqlite") as processes:
        tally = Workers(processes).terminate(5, load=200)
    assert tally.is_good, tally
