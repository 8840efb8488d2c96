"""`Mail` as Flask-Mail's users know it, and what it puts at `app.extensions["mail"]`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from flask import Flask

from ..appcontext import pushed_app
from ..appstate import AppState
from ..envelope import Receipt
from ..extension import Mail as _OurMail
from ..message import Message as _Message
from ..world import World
from .attributes import NAMES, Attributes
from .connection import Connection
from .message import Message
from .state import FlaskMailState, current_state


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
        with self.connect() as connection:
            return connection.send(message)

    def send_message(self, *args: Any, **kwargs: Any) -> Receipt:
        """`send` a Message made of these arguments."""
        return self.send(Message(*args, **kwargs))

    def record_messages(self) -> AbstractContextManager[list[_Message]]:
        """A list of copies of what this app sends in this context, while the block lasts."""
        return self._state().recorders.record()


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


class Mail(_MailMixin, _OurMail):
    """All that `flask_mailwright.Mail` has, with Flask-Mail's leniencies.

    >>> from flask import Flask
    >>> app = Flask(__name__)
    >>> app.config.update(MAIL_SUPPRESS_SEND=True, MAIL_DEFAULT_SENDER="flasky@example.com")
    >>> mail = Mail(app)
    >>> app.extensions["mail"].default_sender
    'flasky@example.com'
    """

    def __init__(
        self, app: Flask | None = None, *, db: Any = None, world: World | None = None
    ) -> None:
        self.app = app
        super().__init__(app, db=db, world=world)

    def init_app(self, app: Flask) -> _Mail:  # type: ignore[override] # as Flask-Mail's does
        """Read the app's keys, again if it has been done before; what they come to is returned."""
        self._forget(app)
        super().init_app(app)
        mail = self.init_mail(app.config, app.debug, app.testing)
        if isinstance(app.extensions.get("mail"), Attributes | _OurMail):
            app.extensions["mail"] = mail
        return mail

    def init_mail(
        self, config: Mapping[str, Any], debug: bool | int = False, testing: bool = False
    ) -> _Mail:
        """The settings of a configuration, not checked."""
        return _Mail.of(config, debug, testing)

    @property
    def state(self) -> Attributes | None:
        """`extensions["mail"]` of the app that is meant; None as long as there is none."""
        return self._state().attributes if pushed_app() or len(self._apps) == 1 else None

    def __getattr__(self, name: str) -> Any:
        if name in NAMES:
            return getattr(self.state, name, None)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        """What is set here counts, as if it were set at `extensions["mail"]`."""
        if name in NAMES:
            setattr(self._state().attributes, name, value)
        else:
            super().__setattr__(name, value)

    def _forget(self, app: Flask) -> None:
        """An app that is initialised again has its keys read again."""
        former = app.extensions.get("mailwright")
        if isinstance(former, AppState):
            former.close()
            del app.extensions["mailwright"]

    def _read(self, app: Flask) -> FlaskMailState:
        return FlaskMailState.read(app, self._world, self._db)

    if TYPE_CHECKING:

        def _state(self) -> FlaskMailState: ...
