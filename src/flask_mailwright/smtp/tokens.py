"""Access tokens for a relay: kept until they run out, renewed once when the relay refuses one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..errors import MailError
from ..secret import Secret
from .failure import Failure

Fetch = Callable[[], object]
"""Gives a token, or a token and the seconds for which it is good."""

EARLY = 300.0
"""Seconds before its end at which a token is renewed, or a tenth of its life if that is less."""


class Tokens:
    """Shared by all connections with a relay; `fetch_for` gives what fetches a user's.

    >>> tokens = Tokens(lambda user: lambda: (f"{user}-1", 3600), now=lambda: 0.0)
    >>> tokens.of("ann").current().reveal()
    'ann-1'
    """

    def __init__(
        self, fetch_for: Callable[[str], Fetch], now: Callable[[], float], user: str = ""
    ) -> None:
        self._fetch_for = fetch_for
        self._fetch = fetch_for(user)
        self._now = now
        self._lock = threading.Lock()
        self._token: Secret | None = None
        self._until = 0.0
        self.seen: tuple[Secret, ...] = ()
        """Those that may be repeated by a relay."""

    def of(self, user: str) -> Tokens:
        """Those of one user, apart from all others'."""
        return Tokens(self._fetch_for, self._now, user)

    def current(self) -> Secret:
        """The token to log in with; `Failure` at stage `auth` when there is none to be had."""
        with self._lock:
            if self._token is None or self._now() >= self._until:
                return self._renew()
            return self._token

    def renewed(self, refused: Secret) -> Secret:
        """Another one than this, which somebody else may have fetched meanwhile."""
        with self._lock:
            if self._token is not None and self._token != refused:
                return self._token
            return self._renew()

    def _renew(self) -> Secret:
        self._token = None
        try:
            token, seconds = _read(self._fetch())
        except MailError as error:
            raise Failure(f"needs a token, and {error}", "auth", error.kind, " ") from error
        except Exception as error:
            reason = f"needs a token, and its callable raised {type(error).__name__}"
            raise Failure(reason, "auth", "temporary", _ADVICE) from error
        self._token = Secret(token)
        self._until = self._now() + seconds - min(EARLY, seconds / 10)
        self.seen = (*self.seen[-2:], self._token)
        return self._token


def _read(found: object) -> tuple[str, float]:
    token, seconds = found if isinstance(found, tuple) and len(found) == 2 else (found, _LONG)
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise MailError("what its callable returns is no token", kind="configuration")
    return token, float(seconds)


_LONG = 365 * 86_400.0
"""As long as the relay takes it."""
_ADVICE = "Mend what MAIL_OAUTH2_TOKEN names; the log has the details."
