"""When mails came to a relay, and how many came in any period of a length."""

import time
from bisect import bisect_left

from flask_mailwright.testing import ReceivedMail


class Arrivals:
    """Notes the moment at which a server has each mail; any thread may tell it."""

    def __init__(self) -> None:
        self._moments: list[float] = []

    def note(self, _mail: ReceivedMail) -> None:
        """As a server's `on_mail`."""
        self._moments.append(time.monotonic())

    def __len__(self) -> int:
        return len(self._moments)

    @property
    def began(self) -> float:
        """When the first came."""
        return min(self._moments)

    def most(self, seconds: float) -> int:
        """In the fullest of all periods so long; it begins with some mail, and its end is open."""
        moments = sorted(self._moments)
        return max(bisect_left(moments, moment + seconds) - at for at, moment in enumerate(moments))

    def within(self, seconds: float) -> int:
        """Behind the first mail."""
        return bisect_left(sorted(self._moments), self.began + seconds)
