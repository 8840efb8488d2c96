"""Processes are killed while they submit and deliver: none of their mails is lost."""

from pathlib import Path

import pytest

from tests.crash.proof import Proof


@pytest.mark.timeout(180)
def test_nothing_is_lost_and_every_copy_is_explained(tmp_path: Path) -> None:
    """The long run is `python3 dev.py crash`."""
    verdict = Proof(tmp_path, kills=25, mails=600, seed=1).run()
    assert (verdict.lost, verdict.too_many) == ([], []), verdict
    assert (verdict.submitted, verdict.kills, verdict.usurped) == (600, 25, 0)
