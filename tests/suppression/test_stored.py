"""The suppression list in SQLite, PostgreSQL and MariaDB."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flask_mailwright.engines.outbox.database import NoTable
from flask_mailwright.engines.outbox.suppressions import REMEMBERED, StoredSuppressions
from flask_mailwright.errors import MailError
from tests.apps import ANN, BOB
from tests.engines.outbox.databases import NAMES, opened, outbox_url
from tests.suppression.stores import stored

Open = Callable[..., StoredSuppressions]


@pytest.fixture(scope="module", params=NAMES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One of them, which has no tables yet."""
    with outbox_url(request.param, tmp_path_factory.mktemp("outbox")) as found:
        yield found


@pytest.fixture
def at(url: str, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens the store of an app, the test's own if none is named."""
    made: list[StoredSuppressions] = []

    def make(app: str = request.node.name[:100], **more: Callable[[], float]) -> StoredSuppressions:
        made.append(stored(url, app, **more))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_added_found_and_removed(at: Open) -> None:
    """A second time of each is harmless."""
    store = at()
    assert store.find([ANN], None) == {}
    assert store.add(ANN, "asked")
    assert not store.add(ANN, "again")
    found = store.find([ANN, BOB], None)
    assert [(each.address, each.reason, each.list) for each in found.values()] == [
        (ANN, "asked", None)
    ]
    assert found[ANN].since == pytest.approx(time.time(), abs=30)
    assert store.remove(ANN)
    assert not store.remove(ANN)
    assert store.find([ANN], None) == {}


def test_a_list_is_its_own_and_all_mail_is_all(at: Open) -> None:
    """Who left one list gets the other; who is suppressed at all gets none."""
    store = at()
    store.add(ANN, "clicked", "news")
    store.add(BOB, "complained")
    store.add(BOB, "clicked", "news")
    assert set(store.find([ANN, BOB], "news")) == {ANN, BOB}
    assert set(store.find([ANN, BOB], "offers")) == set(store.find([ANN, BOB], None)) == {BOB}
    assert store.find([BOB], "news")[BOB].list is None
    assert not store.remove(ANN)
    assert store.remove(ANN, "news")
    assert set(store.find([ANN, BOB], "news")) == {BOB}


def test_lists_are_told_apart_by_each_letter(at: Open) -> None:
    """Their names are not addresses."""
    store = at()
    store.add(ANN, "clicked", "News")
    assert store.find([ANN], "news") == {}
    assert set(store.find([ANN], "News")) == {ANN}


def test_two_apps_in_one_database(at: Open) -> None:
    """Neither knows of the other."""
    one, other = at("one"), at("other")
    one.add(ANN, "asked")
    assert other.find([ANN], None) == {}
    assert not other.remove(ANN)
    assert other.add(ANN, "asked there")
    assert [each.reason for each in one] == ["asked"]


def test_many_addresses_at_once(at: Open) -> None:
    """More than one statement names, and more than one page has."""
    store = at()
    addresses = [f"reader{n:04}@example.com" for n in range(70)]
    for address in addresses:
        store.add(address, "asked")
        store.add(address, "asked", "news")
    assert set(store.find([*addresses, ANN], "news")) == set(addresses)
    assert [(each.address, each.list) for each in store] == [
        (address, name) for address in addresses for name in (None, "news")
    ]


def test_eight_add_the_first_at_once(tmp_path: Path, url: str) -> None:
    """Tables are made once, and one of them was the first."""
    if url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / 'fresh'}"
    stores = [stored(url, "eight") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        new = [*pool.map(lambda store: store.add(ANN, "asked"), stores)]
    assert sorted(new) == [False] * 7 + [True]
    for store in stores:
        store.close()


def test_whoever_only_asks_makes_no_table(url: str, tmp_path: Path) -> None:
    """Nor does who removes; in a file, not even the file."""
    with outbox_url(_name(url), tmp_path) as fresh:
        store = stored(fresh)
        assert store.find([ANN], "news") == {}
        assert not store.remove(ANN)
        assert list(store) == []
        store.close()
        assert [*tmp_path.iterdir()] == []
        database = opened(fresh)
        with pytest.raises(NoTable), database.reading() as run:
            run("SELECT 1 FROM mailwright_suppression")
        database.close()


def _name(url: str) -> str:
    return url.partition(":")[0].partition("+")[0]


def test_that_there_is_nobody_is_remembered_for_a_second(at: Open) -> None:
    """Of another process's entry it hears then, of its own at once."""
    clock = [0.0]
    store, other = at(monotonic=lambda: clock[0]), at()
    assert store.find([ANN], None) == {}
    assert not store.waits
    other.add(ANN, "asked")
    clock[0] = REMEMBERED * 0.99
    assert store.find([ANN], None) == {}
    clock[0] = REMEMBERED
    assert set(store.find([ANN], None)) == {ANN}
    store.remove(ANN)
    assert store.find([ANN], None) == {}
    store.add(ANN, "asked")
    assert set(store.find([ANN], None)) == {ANN}


def test_only_a_server_is_waited_for(at: Open, url: str) -> None:
    """And not while it is known that nobody is suppressed."""
    store = at()
    store.add(ANN, "asked")
    store.find([ANN], None)
    assert store.waits is not url.startswith("sqlite")


def test_a_forked_child_asks_anew(at: Open) -> None:
    """With connections of its own; what it adds its parent finds."""
    store = at()
    store.add(ANN, "asked")
    context = multiprocessing.get_context("fork")
    child = context.Process(target=lambda: store.find([ANN], None) and store.add(BOB, "child"))
    child.start()
    child.join(20)
    assert child.exitcode == 0
    assert set(store.find([ANN, BOB], None)) == {ANN, BOB}


def test_a_database_that_is_away_says_so() -> None:
    """To whoever asks."""
    store = stored("postgresql+psycopg://postgres@127.0.0.1:1/shop")
    with pytest.raises(MailError) as caught:
        store.find([ANN], None)
    assert (caught.value.kind, caught.value.stage) == ("temporary", "store")
