"""Every database in turn, for the tests of what is said to it."""

import uuid
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.engines.outbox.tables import make_tables
from flask_mailwright.timing import Timing
from tests.engines.outbox.databases import NAMES, Opener, database
from tests.engines.outbox.stores import Open


@pytest.fixture(scope="module", params=NAMES)
def opener(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opener]:
    """Opens one of them, as each process would."""
    with database(request.param, tmp_path_factory.mktemp("outbox")) as found:
        yield found


@pytest.fixture
def open_store(opener: Opener) -> Iterator[Callable[..., Store]]:
    """Opens the store of an app, its own if none is named, for any owner."""
    own, made = uuid.uuid4().hex, []

    def make(app: str = "", owner: str = "") -> Store:
        owner = owner or uuid.uuid4().hex
        made.append(Store(opener(), app or own, owner, Timing(crashes=2)))
        make_tables(made[-1])
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Open:
    """Opens the store of one app for the owner named."""
    return partial(open_store, "")


@pytest.fixture
def ours(open_store: Callable[..., Store]) -> Store:
    """A store with no mail in it."""
    return open_store()
