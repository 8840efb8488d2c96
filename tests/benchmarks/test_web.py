import argparse
from pathlib import Path

import pytest

from benchmarks.knocking import knock
from benchmarks.web import arrivals, free_port, goals, gunicorn, make_table, measure, table

FEW = argparse.Namespace(requests=40, clients=4, workers=2, threads=1, left=20)


def test_a_view_sends_and_another_inserts(tmp_path: Path) -> None:
    """Both under gunicorn; the mails come once when the server is there."""
    make_table(tmp_path)
    relay = free_port()
    with gunicorn(tmp_path, relay, FEW) as port:
        assert len(knock(port, [f"/row/{number}" for number in range(12)], 4)) == 12
        assert len(knock(port, ["/mail/7"], 1)) == 1
        assert list(arrivals(relay, range(7, 8), "now")) == []
        with pytest.raises(RuntimeError, match="404 for /nowhere"):
            knock(port, ["/nowhere"], 1)


def test_goals_compare_the_two_views() -> None:
    """Three times p50 and five times p99."""
    views = {"row": {"p50": 1.0, "p99": 2.0}, "mail": {"p50": 3.1, "p99": 9.0}}
    assert [goal.met for goal in goals(views)] == [False, True]


@pytest.mark.fuzz
def test_what_was_left_at_a_restart_arrives(tmp_path: Path) -> None:
    """The whole benchmark with few mails; a relay that was down is left alone for a while."""
    found = measure(tmp_path, FEW)
    assert found["wrong"] == []
    assert "Every mail came once." in list(table(found))
