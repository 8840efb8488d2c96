"""Stores of the suppression list as apps have them, and one that is the user's own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from flask_mailwright.engines import Delivery, OutboxSettings
from flask_mailwright.engines.outbox.suppressions import StoredSuppressions
from flask_mailwright.errors import MailError
from flask_mailwright.suppression import Suppression
from flask_mailwright.timing import Timing
from flask_mailwright.world import World

_MONOTONIC = World().monotonic


def stored(
    url: str, app: str = "shop", monotonic: Callable[[], float] = _MONOTONIC
) -> StoredSuppressions:
    """The one of an app whose outbox is there."""
    world = World(monotonic=monotonic)
    return StoredSuppressions(
        Delivery(
            lambda mails: iter(()),
            lambda mail, receipt: None,
            world,
            app=app,
            timing=Timing(busy=5.0),
            outbox=OutboxSettings(url, folder=str(Path(url.removeprefix("sqlite:///")).parent)),
        )
    )


class OwnStore:
    """In memory; counts how often it is asked, and may be away."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str | None], Suppression] = {}
        self.asked: list[tuple[str, ...]] = []
        self.trouble: Exception | None = None

    def add(self, address: str, reason: str, list: str | None = None) -> bool:  # noqa: A002
        """As the Protocol says."""
        self._answer()
        new = (address, list) not in self.kept
        self.kept.setdefault((address, list), Suppression(address, reason, list, 1.0))
        return new

    def remove(self, address: str, list: str | None = None) -> bool:  # noqa: A002
        """As the Protocol says."""
        self._answer()
        return self.kept.pop((address, list), None) is not None

    def find(
        self,
        addresses: Sequence[str],
        list: str | None,  # noqa: A002
    ) -> Mapping[str, Suppression]:
        """As the Protocol says."""
        self.asked.append(tuple(addresses))
        self._answer()
        return {
            address: found
            for address in addresses
            for name in (list, None)
            if (found := self.kept.get((address, name)))
        }

    def __len__(self) -> int:
        """An empty one is false, and asked all the same."""
        return len(self.kept)

    def __iter__(self) -> Iterator[Suppression]:
        return iter([*self.kept.values()])

    def _answer(self) -> None:
        if self.trouble is not None:
            raise self.trouble


AWAY = MailError("the database is away", kind="temporary", stage="store")
