"""Fetches access tokens from an OAuth 2 token endpoint (RFC 6749 §4.4 and §6)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ..errors import Kind, MailError
from ..process import in_forked_child
from ..secret import Secret

SECONDS = 10.0
"""For the endpoint's answer."""
_MOST = 100_000
"""Octets of an answer that are read."""


class Account(NamedTuple):
    """At the provider; `refresh_token` for a person's mailbox, None for the client's own."""

    token_url: str
    client_id: str
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    scope: str = ""


class Answer(dict[str, Any]):
    """The endpoint's; whatever it is called there, it may be a token."""

    def __repr__(self) -> str:
        return "Answer(***)"


class Grant:
    """Called for a token and the seconds for which it is good; MailError says why there is none.

    A refresh token that the endpoint replaces is replaced, as long as this process lives.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._unlock()
        in_forked_child(self._unlock)

    def __call__(self) -> tuple[str, float]:
        """Ask the endpoint; several relays may share an account, whose refresh token changes."""
        with self._lock:
            return self._granted()

    def _unlock(self) -> None:
        self._lock = threading.Lock()

    def _granted(self) -> tuple[str, float]:
        answer = _in_time(self._answer)
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str):
            kind: Kind = "configuration" if answer else "temporary"
            raise MailError("the token endpoint's answer has no access_token", kind=kind)
        if isinstance(refresh := answer.get("refresh_token"), str):
            self._account = self._account._replace(refresh_token=Secret(refresh))
        return token, float(seconds) if isinstance(seconds, int | float) else 3600.0

    def _form(self) -> dict[str, str]:
        account = self._account
        form = {"grant_type": "client_credentials", "client_id": account.client_id}
        if account.refresh_token:
            form["grant_type"] = "refresh_token"
            form["refresh_token"] = account.refresh_token.reveal()
        if account.client_secret:
            form["client_secret"] = account.client_secret.reveal()
        return form | ({"scope": account.scope} if account.scope else {})

    def _answer(self) -> Answer:
        # Loaded with the first one: it brings a fifth of the standard library.
        import urllib.error
        import urllib.request
        from http.client import HTTPException

        request = urllib.request.Request(
            self._account.token_url, urlencode(self._form()).encode("ascii")
        )
        request.add_header("Accept", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return _read(answer.read(_MOST))
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code, _read(error.read(_MOST))) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", type(error).__name__)
            raise MailError(
                f"the token endpoint cannot be reached ({reason})", kind="temporary"
            ) from None


def _refusal(status: int, answer: Answer) -> MailError:
    """4xx is ours to mend, unless it means "later"; the code is of a fixed set (RFC 6749 §5.2)."""
    later = status >= 500 or status in (408, 425, 429)
    later = later or answer.get("error") == "temporarily_unavailable"
    told = str(answer.get("error", ""))
    shown = f", {told}" if re.fullmatch("[a-z_]{1,60}", told) else ""
    return MailError(
        f"the token endpoint refused it (HTTP {status}{shown})",
        kind="temporary" if later else "configuration",
    )


def _in_time(ask: Callable[[], Answer]) -> Answer:
    """An endpoint that trickles is waited for no longer than one that is silent."""
    found: SimpleQueue[Answer | Exception] = SimpleQueue()

    def work() -> None:
        try:
            found.put(ask())
        except Exception as error:  # noqa: BLE001 - it is raised by who waits
            found.put(error)

    threading.Thread(target=work, name="mailwright-token", daemon=True).start()
    try:
        answer = found.get(timeout=SECONDS * 2)
    except Empty:
        raise MailError("the token endpoint does not answer in time", kind="temporary") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _read(octets: bytes) -> Answer:
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError):
        return Answer()
    return Answer(found) if isinstance(found, dict) else Answer()
