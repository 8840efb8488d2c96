"""The suppression list: addresses that get no mail, because they asked so or are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol


class Suppression(NamedTuple):
    """Why an address gets no mail of a list, or none at all where `list` is None.

    `since`: seconds since 1970.
    """

    address: str
    reason: str
    list: str | None
    since: float

    @property
    def told(self) -> str:
        """What a Reply says of it: the reason is between the app and the recipient.

        >>> Suppression("ann@example.com", "she is ill", "news", 0.0).told
        "on the suppression list of 'news'"
        """
        of = "" if self.list is None else f" of {self.list!r}"
        return f"on the suppression list{of}"


class Suppressions(Protocol):
    """A store of them; any thread may use it, and MailError tells that it cannot be asked.

    Addresses come with their domain in ASCII and all in lower case, as `spelling.key` makes them;
    a list is a name in lower case too, None is all mail. A store may also have `waits`, false as
    long as `find` takes no time, else it is asked in a thread; `nobody`, true as long as it knows
    that there is none, and need not be asked; and `close()`. One of your own is named in
    MAIL_SUPPRESSIONS.
    """

    def add(self, address: str, reason: str, list: str | None = None) -> bool:  # noqa: A002
        """Whether it is new; what is there stays as it is."""

    def remove(self, address: str, list: str | None = None) -> bool:  # noqa: A002
        """Whether it was there, for that list or for all mail."""

    def find(
        self,
        addresses: Sequence[str],
        list: str | None,  # noqa: A002
    ) -> Mapping[str, Suppression]:
        """Those of the addresses that get no mail of that list, or none at all."""

    def __iter__(self) -> Iterator[Suppression]:
        """All of them, by address."""
