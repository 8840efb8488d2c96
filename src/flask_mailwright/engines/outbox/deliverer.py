"""The threads of one process that empty an outbox: a crew for each route, and the keeper's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from .. import Delivery
from .crew import Crew, go_on
from .keeper import LOOK, Keeper
from .store import Store
from .waiting import routes

LAST = 0.5
"""Seconds for what became of a mail that was broken off, before it is broken off again."""
BREAKS = 10


class Deliverer:
    """Begins with `begin` and ends with `stop`; `wake` tells for which routes there is new mail."""

    def __init__(self, store: Store, delivery: Delivery, *, sole: bool) -> None:
        self._store = store
        self._delivery = delivery
        self._keeper = Keeper(store, delivery, self.look, sole=sole)
        self._stopping, self._stopped = threading.Event(), threading.Event()
        self._crews: dict[str, Crew] = {}

    def begin(self) -> None:
        """Start the threads; RuntimeError when this process can have none."""
        self._kept = threading.Thread(target=self._keep, name="mailwright-outbox", daemon=True)
        self._kept.start()
        try:
            self._crew("").begin()
        except RuntimeError:
            self._stopped.set()
            raise

    def wake(self, routes: Iterable[str]) -> None:
        """Each looks at once."""
        for route in routes:
            self._crew(route).wake()

    def look(self) -> None:
        """Wherever anything waits."""
        self.wake(routes(self._store))

    def stop(self, grace: float) -> bool:
        """Claim no more; whether the mails in hand were ended within so many seconds.

        They stay ours until then: the keeper is the last to go. What was claimed and not begun goes
        back at once, and so does the office.
        """
        self._stopping.set()
        threads = [thread for crew in tuple(self._crews.values()) if (thread := crew.call())]
        until = self._delivery.world.monotonic() + grace
        go_on(self._store.claims.give_back, self._stopped)
        go_on(self._keeper.retire, self._stopped)
        for thread in threads:
            thread.join(max(until - self._delivery.world.monotonic(), 0))
        self._stopped.set()
        self._kept.join()
        go_on(self._keeper.leave, self._stopped)
        return not any(thread.is_alive() for thread in threads)

    def break_off(self, hang_up: Callable[[], None]) -> bool:
        """Behind `stop`: `hang_up` again and again, for what has reached nobody may begin anew."""
        for _ in range(BREAKS):
            hang_up()
            if self.stop(LAST):
                return True
        return False

    def _crew(self, route: str) -> Crew:
        """When two threads need it at once the first made is the one that both get."""
        crew = self._crews.get(route)
        if crew is None:
            made = Crew(route, self._store.claims, self._delivery, self._keeper, self._stopping)
            crew = self._crews.setdefault(route, made)
        return crew

    def _keep(self) -> None:
        while not self._stopped.is_set():
            go_on(self._keeper.round, self._stopped)
            self._stopped.wait(LOOK)
