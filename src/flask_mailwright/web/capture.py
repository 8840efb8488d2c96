"""What the development mailbox takes of an app's mail: a copy of each, and what became of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from flask import Flask, has_request_context, request

from ..config.keys import switch
from ..envelope import Receipt, SealedMail
from .store import Store

logger = logging.getLogger("flask_mailwright")


class Capture:
    """Takes copies while it is on; the mail itself is never the worse for it.

    Each process of the app has one, and all write to the same file in the instance folder.
    """

    def __init__(self, app: Flask, now: Callable[[], float]) -> None:
        self._app = app
        self._now = now

    @property
    def is_on(self) -> bool:
        """MAIL_MAILBOX as it stands now; where it is not set, `app.debug`."""
        chosen = self.chosen
        return bool(self._app.debug) if chosen is None else chosen

    @property
    def chosen(self) -> bool | None:
        """What MAIL_MAILBOX says; None when it is not set."""
        return switch(self._app.config, "MAIL_MAILBOX")

    @cached_property
    def path(self) -> Path:
        """The file, in the app's instance folder."""
        return Path(self._app.instance_path) / "mailbox.sqlite"

    @cached_property
    def store(self) -> Store:
        """What is kept; it opens its file when it is first asked."""
        return Store(self.path, self._app.name)

    def sent(self, mail: SealedMail) -> None:
        """In the caller, when a mail is sent: keep it, with the endpoint of the request."""
        with _careful():
            if self.is_on:
                self.store.keep(mail, self._now(), _endpoint())

    def sent_again(self, mail: SealedMail) -> None:
        """The same, of a copy that the mailbox itself sends; what is wrong is raised."""
        self.store.keep_again(mail, self._now(), _endpoint())

    def answered(self, mail: SealedMail, receipt: Receipt) -> None:
        """In the process that delivers: keep what became of it."""
        with _careful():
            if self.is_on:
                self.store.answer(mail, receipt, self._now())

    def caught(self, mail: SealedMail) -> None:
        """A mail that `flask mail catch` took, in a process that need not be in debug itself."""
        with _careful():
            if self.chosen is not False:
                self.store.catch(mail, self._now())


@contextmanager
def _careful() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a copy's trouble is not the mail's
        logger.warning("the development mailbox has no copy of a mail: %s", error)


def _endpoint() -> str:
    return (request.endpoint or "") if has_request_context() else ""
