"""`Mail` as Flask-Mail's users know it, and what it puts at `app.extensions["mail"]`."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from flask import Flask

from ..appcontext import itself
from ..envelope import Receipt
from ..extension import Mail as _OurMail
from ..message import Message as _Message
from ..world import World
from .attributes import NAMES, Attributes
from .connection import Connection
from .message import Message
from .state import RECORDERS, FlaskMailState, current_state, state_of


class _MailMixin:
    """What `Mail` and `app.extensions["mail"]` have in common."""

    if TYPE_CHECKING:

        def _state(self) -> FlaskMailState: ...

    def connect(self) -> Connection:
        """A context manager that sends several messages over one connection."""
        state = self._state()
        mail = self if isinstance(self, Attributes) else state.attributes
        return Connection(mail, state)

    def send(self, message: _Message) -> Receipt:
        """Send now, in this thread; the errors are Flask-Mail's too."""
        send = getattr(message, "send", None)
        with self.connect() as connection:
            receipt: Receipt = send(connection) if send else connection.send(message)
            return receipt

    def send_message(self, *args: Any, **kwargs: Any) -> Receipt:
        """`send` a Message made of these arguments."""
        return self.send(Message(*args, **kwargs))

    def record_messages(self) -> AbstractContextManager[list[_Message]]:
        """A list of copies of what is sent in this context, by any app, while the block lasts."""
        return RECORDERS.record()


class _Mail(_MailMixin, Attributes):
    """Flask-Mail's eleven settings, and the means to send with them."""

    def _state(self) -> FlaskMailState:
        state = current_state()
        if state is None:
            raise RuntimeError(
                "The current application was not configured with Flask-Mail: work inside"
                " `with app.app_context():`, and call mail.init_app(app) before"
            )
        return state


class _Setting:
    """Flask-Mail's, where our Mail has a call of that name: it is looked for as the others are."""

    def __get__(self, mail: object, owner: type) -> Any:
        if mail is None:
            return self
        raise AttributeError


class Mail(_MailMixin, _OurMail):
    """All that `flask_mailwright.Mail` has, with Flask-Mail's leniencies.

    >>> from flask import Flask
    >>> app = Flask(__name__)
    >>> app.config.update(MAIL_SUPPRESS_SEND=True, MAIL_DEFAULT_SENDER="flasky@example.com")
    >>> mail = Mail(app)
    >>> app.extensions["mail"].default_sender
    'flasky@example.com'
    """

    suppress: Any = _Setting()
    """A setting of Flask-Mail's; whom to suppress is told by `mail.suppressions.add`."""

    def __init__(
        self, app: Flask | None = None, *, db: Any = None, world: World | None = None
    ) -> None:
        self._last: Callable[[], Flask | None] = _nothing
        self.app = app
        super().__init__(app, db=db, world=world)

    def init_app(self, app: Flask) -> _Mail:  # type: ignore[override] # as Flask-Mail's does
        """Read the app's keys, again if it has been done before; what they come to is returned.

        With ConfigError all is as it was before.
        """
        app = itself(app)
        former = state_of(app)
        self._adopt(app)
        state = app.extensions["mailwright"]
        app.extensions["mail"] = state.own
        self._last = weakref.ref(app)
        if former is not None:
            former.retire()
        return cast(_Mail, state.own)

    def init_mail(
        self, config: Mapping[str, Any], debug: bool | int = False, testing: bool = False
    ) -> _Mail:
        """The settings of a configuration, not checked."""
        return _Mail.of(config, debug, testing)

    @property
    def state(self) -> Attributes | None:
        """`extensions["mail"]` of the current app, else of the one that was initialised last."""
        state = current_state() or state_of(self._last())
        return state.attributes if state else None

    def __getattr__(self, name: str) -> Any:
        if name in NAMES:
            return getattr(self.state, name, None)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        """What is set here counts, as if it were set at `extensions["mail"]`."""
        state = self.state if name in NAMES and "_last" in vars(self) else None
        if state is not None:
            setattr(state, name, value)
        else:
            super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        """A setting is as it was configured again, as at the end of a patch."""
        state = None if name in vars(self) else current_state() or state_of(self._last())
        if name in NAMES and state is not None:
            setattr(state.attributes, name, getattr(state.configured, name))
            state.attributes.touched.discard(name)
        else:
            super().__delattr__(name)

    def _read(self, app: Flask) -> FlaskMailState:
        own = self.init_mail(app.config, app.debug, app.testing)
        return FlaskMailState.read(app, self._world, self._db, own, **self._told())

    def _state(self) -> FlaskMailState:
        """Of the current app, whichever Mail it was initialised by."""
        return current_state() or cast(FlaskMailState, _OurMail._state(self))


def _nothing() -> None:
    """No app yet."""
