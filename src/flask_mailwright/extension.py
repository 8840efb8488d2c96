"""`Mail`: all that a Flask developer calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from flask import Blueprint, Flask

from . import unsubscribe, web
from .address import AddressLike
from .appcontext import itself, pushed_app
from .composing import composed
from .engines import Order, Ticket
from .engines.order import OnDoubt, Priority, When
from .envelope import Receipt
from .errors import MailError
from .held_connection import Connection
from .later import submit, submit_all
from .many import Asked, deliver_all
from .message import Message
from .previews import Maker, Previews
from .unsubscribe.hearers import H, Hearers
from .world import World

logger = logging.getLogger("flask_mailwright")

if TYPE_CHECKING:
    from .appstate import AppState
    from .suppression.spelling import Spelled


def _no_key(message: Message) -> str | None:
    """Each is a mail of its own."""


class Mail:
    """E-mail for a Flask application.

    A call means `current_app` if this object was initialised for it, else the only application
    it was initialised for; so it works in any thread.

    >>> from flask import Flask
    >>> app = Flask(__name__)
    >>> app.config.update(MAIL_URL="memory:", MAIL_DEFAULT_SENDER="flasky@example.com")
    >>> mail = Mail(app)
    >>> mail.send(Message("Hi", ["ann@example.com"], "Hello")).relayed[0].address
    'ann@example.com'
    """

    def __init__(
        self, app: Flask | None = None, *, db: Any = None, world: World | None = None
    ) -> None:
        """`db`: Flask-SQLAlchemy's object, or another with `.session`, `.engine`, `.metadata`.

        Then the outbox is in its database, and a mail joins the session's transaction when that has
        uncommitted work: a commit sends it, a rollback does not.
        """
        self._world = world or World()
        self._db = db
        if db is not None:
            # Loaded with the first one: it brings SQLAlchemy.
            from .appdatabase import prepare

            prepare(db)
        self._apps: WeakSet[Flask] = WeakSet()
        self._own = app  # which nothing else may hold: `Mail(create_app())`
        self._previews = Previews()
        self._hearers = Hearers()
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Read the app's `MAIL_*` keys; ConfigError tells everything that is wrong with them."""
        app = itself(app)
        if "mailwright" in app.extensions:
            raise RuntimeError(f"{app!r} has a Mail already; initialise one for each app")
        self._adopt(app)

    def _adopt(self, app: Flask) -> None:
        from .cli import MailGroup

        app.extensions["mailwright"] = self._read(app)  # in the end, for it may fail
        app.extensions.setdefault("mail", self)
        app.cli.commands.setdefault("mail", MailGroup())
        if app.extensions["mailwright"].capture.chosen is not False:
            _serve(app, web.blueprint)  # whether it is on is asked at each request
        _serve(app, unsubscribe.blueprint)
        self._apps.add(app)

    def _read(self, app: Flask) -> AppState:
        # Loaded with the first app, not with us: it brings every transport and engine.
        from .appstate import AppState

        return AppState.of(app, self._world, self._db, **self._told())

    def _told(self) -> dict[str, Any]:
        """What its decorators have heard of, and will."""
        return {"previews": self._previews, "hearers": self._hearers}

    def compose(self, to: Any, subject: str | None, template: str, /, **context: Any) -> Message:
        """A Message from the templates `template.txt` and `.html`, or `.md`, whichever exist.

        `to`: an address, `(name, address)`, an object with `.email`, or a list, whose members see
        each other. `subject=None` takes the template's `{% block subject %}`;
        MAIL_SUBJECT_PREFIX goes in front. With `.locale` ("de_AT"), `template.de_AT.html` and
        `template.de.html` come first; Flask-Babel, and the filter `localtime`, know it and
        `.timezone` too. CSS goes where it is used, and without a `.txt` the text is made from the
        HTML. MessageError when no template exists or one shows a name that is not defined.
        """
        return composed(self._state(), to, subject, template, context)

    def send_email(self, to: Any, subject: str | None, template: str, /, **context: Any) -> Ticket:
        """`compose` and `send_later`: the one call for a view.

        The relay is not waited for. Raises MessageError when the mail cannot leave as it is.
        """
        return self.send_later(self.compose(to, subject, template, **context))

    def send(self, message: Message) -> Receipt:
        """Send now, in this thread; MailError when no recipient was relayed.

        Who was reached and who not is in the Receipt; `raise_for_failure()` makes a part an error.
        """
        with self.connect() as connection:
            return connection.send(message)

    def send_message(self, *args: Any, **kwargs: Any) -> Receipt:
        """`send` a Message made of these arguments."""
        return self.send(Message(*args, **kwargs))

    def send_later(
        self,
        message: Message,
        *,
        at: When = None,
        expires: When = None,
        key: str | None = None,
        priority: Priority = "normal",
        on_doubt: OnDoubt = "retry",
    ) -> Ticket:
        """Check and seal now, deliver through the engine; MailError when it cannot take the mail.

        `at`: not before, `expires`: not behind, an aware datetime or a timedelta from now. `key`: a
        second mail of this app with the same one is the first, whatever it contains. These three
        need MAIL_ENGINE=outbox. `priority`: high, normal or bulk. `on_doubt`: what an engine that
        retries does with a mail that was handed over and never answered, `retry` or `hold`.
        """
        state = self._state()
        order = Order.planned(
            state.world.now(), at, expires, key=key, priority=priority, on_doubt=on_doubt
        )
        return submit(state, message, order)

    def send_many(self, messages: Iterable[Message]) -> Iterator[Receipt]:
        """Send now, one receipt for each message, in order, as the iterator is read.

        Neighbours of one route go together, and the next route's when those are answered. Nothing
        is raised for one message: see `receipt.error`.
        """
        return Asked("send_many", deliver_all(self._state(), messages))

    def send_many_later(
        self,
        messages: Iterable[Message],
        *,
        at: When = None,
        expires: When = None,
        key: Callable[[Message], str | None] = _no_key,
        priority: Priority = "bulk",
        on_doubt: OnDoubt = "retry",
    ) -> Iterator[Ticket]:
        """`send_later` for each message, as the iterator is read; `key` is asked for each.

        Nothing is raised for one message: one that fails its checks, or that the engine does not
        take, has a ticket with status `failed`, and its receipt has the error. The outbox stores up
        to 500 at once, before the first of their tickets is seen; while the queue of another engine
        is full and moves, reading waits for room.
        """
        state = self._state()
        order = Order.planned(state.world.now(), at, expires, priority=priority, on_doubt=on_doubt)
        tickets = submit_all(state, messages, lambda message: replace(order, key=key(message)))
        return Asked("send_many_later", tickets)

    def connect(self) -> Connection:
        """A context manager that sends several messages over one connection of each route."""
        return Connection(self._state())

    def record_messages(self) -> AbstractContextManager[list[Message]]:
        """A list of copies of what this app sends in this context, while the block lasts.

        Threads of the app that record nothing themselves are recorded too.
        """
        return self._state().recorders.record()

    def preview(self, name: str, *, locales: Iterable[str] = ()) -> Callable[[Maker], Maker]:
        """A decorator for a function that returns a Message, to be looked at in the mailbox.

        It is called without arguments, in the app's context. `locales`: the languages to look at
        it in, such as `["en", "de"]`. `flask mail lint` checks it in each of them.
        """
        return self._previews.register(name, locales)

    def on_unsubscribe(self, hearer: H) -> H:
        """A decorator: the function is called with app, address and list when someone has left one.

        Once, in the request that did it; who clicks again has left already. What it raises is
        logged.
        """
        return self._hearers.add(hearer)

    def unsubscribe_url(self, address: AddressLike, list: str) -> str:  # noqa: A002
        """The link at which this address leaves that list, good for a year.

        Mail with `message.list` has it in its header. MessageError when no such link can be made:
        it needs SECRET_KEY and, without a request, MAIL_BASE_URL.
        """
        return self._state().exits.url(address, list)

    def ticket(self, id: str) -> Ticket:  # noqa: A002
        """Find a mail again; MailError when the engine does not know it (any more)."""
        find: Callable[[str], Ticket | None] = getattr(self._state().engine, "ticket", _nothing)
        found = find(id)
        if found is None:
            raise MailError(f"no mail {id!r} is known to the engine", kind="invalid")
        return found

    def suppress(self, address: AddressLike, reason: str, list: str | None = None) -> bool:  # noqa: A002
        """No mail of that list goes to the address any more, or none at all where it is None.

        False when that was so before. What waits in the outbox does not go to it either. In a
        transaction of the app that has work to commit it holds once that is committed. MailError
        when it cannot be stored.
        """
        return self._state().suppressions.add(address, reason, list)

    def unsuppress(self, address: AddressLike, list: str | None = None) -> bool:  # noqa: A002
        """Take that back, for the list or for all mail; False when there was nothing to take."""
        return self._state().suppressions.remove(address, list)

    @property
    def suppressions(self) -> Spelled:
        """All whom the app suppresses: to be looked through, or asked with `find`."""
        return self._state().suppressions

    def flush(self, timeout: float | None = None) -> bool:
        """Deliver all that is due, in this process; False when `timeout` seconds were too few."""
        flush = getattr(self._state().engine, "flush", None)
        return flush is None or bool(flush(timeout))

    def close(self) -> None:
        """Deliver what waits, end the threads and the connections; a later mail begins anew."""
        self._state().close()

    def _state(self) -> AppState:
        app = pushed_app()
        if app is None or app not in self._apps:
            app = self._only_app()
        state: AppState = app.extensions["mailwright"]
        return state

    def _only_app(self) -> Flask:
        apps = list(self._apps)
        if len(apps) != 1:
            raise RuntimeError(
                "This Mail does not know which app is meant: call init_app(app) first, or, with"
                " more than one app, work inside `with app.app_context():`"
            )
        return apps[0]


def _serve(app: Flask, blueprint: Blueprint) -> None:
    """Not once requests have come, when Flask takes no more."""
    has_begun = getattr(app, "_got_first_request", False)
    if blueprint.name not in app.blueprints and not has_begun:
        app.register_blueprint(blueprint)


def _nothing(*args: object) -> None:
    return None
