"""A process that sells: random transactions, each of an order with its mail, until it is killed.

`python -m tests.crash.orders URL RELAY FOLDER SEED` writes one line for each transaction behind it.
"""

import random
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.shop import Shop, open_shop


def sell(here: Shop) -> None:
    """An order and its mail, in either order, of one name."""
    name = uuid.uuid4().hex
    steps: list[Callable[[str], object]] = [here.add, here.send]
    first, second = random.sample(steps, 2)
    here.db.session.add(here.order(name=name + " work"))  # so that either joins
    first(name)
    if random.random() < 0.3:
        here.db.session.flush()
    second(name)


def commits(here: Shop) -> None:
    """All of it is sold."""
    sell(here)
    here.db.session.commit()


def rolls_back(here: Shop) -> None:
    """Nothing is."""
    sell(here)
    here.db.session.rollback()


def abandons(here: Shop) -> None:
    """Nothing is either, and nobody says so."""
    sell(here)


def saves_a_point(here: Shop) -> None:
    """A part of it may be sold."""
    sell(here)
    for _ in range(random.randint(1, 3)):
        savepoint = here.db.session.begin_nested()
        sell(here)
        if random.random() < 0.5:
            savepoint.rollback()
        elif random.random() < 0.7:
            savepoint.commit()
    random.choice([here.db.session.commit, here.db.session.commit, here.db.session.rollback])()


def commits_first(here: Shop) -> None:
    """The mail goes behind the commit, on a connection of its own."""
    name = uuid.uuid4().hex
    here.add(name)
    with suppress(BrokenPipeError):
        print("sending", name, flush=True)
    here.db.session.commit()
    here.send(name)


WAYS: list[Callable[[Shop], None]] = [commits, rolls_back, abandons, saves_a_point, commits_first]


def main(url: str, relay: str, folder: str, seed: str) -> None:
    """Sell until somebody ends it."""
    random.seed(seed)
    here = open_shop(url, Path(folder), MAIL_URL=relay)
    while True:
        with here.app.app_context():
            random.choice(WAYS)(here)
        print("sold", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
