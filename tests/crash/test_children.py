"""A short run of `python3 dev.py crash --children`; the long one is that command."""

import pytest

from tests.crash.children import Children
from tests.crash.processes import scratch


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "posted"])
@pytest.mark.parametrize("broker", ["redis", "rabbitmq"])
@pytest.mark.timeout(180)
def test_nothing_is_lost_and_every_copy_is_explained(broker: str, shared: bool) -> None:
    """A child of a Celery worker may die at any moment."""
    with scratch("postgresql" if shared else "sqlite") as processes:
        toll = Children(processes, broker, shared=shared).run(kills=6, mails=150)
    assert toll.is_good, toll
