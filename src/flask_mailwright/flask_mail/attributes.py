"""What `app.extensions["mail"]` holds: Flask-Mail's eleven settings, which may be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from ..address import AddressLike


class Attributes:
    """The settings as the configuration has them, nothing read into them.

    Who changes one changes all mail that is sealed or sent from then on. `touched` are the names of
    those that were set since.

    >>> Attributes.of({"MAIL_SERVER": "mail.example.com"}).port
    25
    """

    __slots__ = ("__dict__", "__weakref__", "touched")
    touched: set[str]

    def __init__(  # noqa: PLR0917 - it is Flask-Mail's
        self,
        server: str,
        username: str | None,
        password: str | None,
        port: int | None,
        use_tls: bool,
        use_ssl: bool,
        default_sender: AddressLike | None,
        debug: int,
        max_emails: int | None,
        suppress: bool,
        ascii_attachments: bool,
    ) -> None:
        self.touched = set()
        self.server = server
        self.username = username
        self.password = password
        self.port = port
        self.use_tls = use_tls
        self.use_ssl = use_ssl
        self.default_sender = default_sender
        self.debug = debug
        self.max_emails = max_emails
        self.suppress = suppress
        self.ascii_attachments = ascii_attachments
        self.touched.clear()

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name != "touched":
            self.touched.add(name)

    @classmethod
    def of(cls, config: Mapping[str, Any], debug: Any = False, testing: Any = False) -> Self:
        """From the app's keys."""
        return cls(
            config.get("MAIL_SERVER", "127.0.0.1"),
            config.get("MAIL_USERNAME"),
            config.get("MAIL_PASSWORD"),
            config.get("MAIL_PORT", 25),
            config.get("MAIL_USE_TLS", False),
            config.get("MAIL_USE_SSL", False),
            config.get("MAIL_DEFAULT_SENDER"),
            config.get("MAIL_DEBUG", debug),
            config.get("MAIL_MAX_EMAILS"),
            config.get("MAIL_SUPPRESS_SEND", testing),
            config.get("MAIL_ASCII_ATTACHMENTS", False),
        )

    @classmethod
    def like(cls, other: object) -> Self:
        """Those of any object that has them, as far as it has."""
        values: list[Any] = [getattr(other, name, None) for name in NAMES]
        return cls(*values)

    def relay_keys(self) -> dict[str, Any]:
        """Which relay, as configuration keys."""
        return {
            "MAIL_SERVER": self.server,
            "MAIL_PORT": self.port,
            "MAIL_USERNAME": self.username,
            "MAIL_PASSWORD": self.password,
            "MAIL_USE_TLS": self.use_tls,
            "MAIL_USE_SSL": self.use_ssl,
        }

    def use_keys(self) -> dict[str, Any]:
        """How it is used."""
        return {"MAIL_DEBUG": self.debug, "MAIL_MAX_EMAILS": self.max_emails}


NAMES = tuple(vars(Attributes.of({})))
"""Of all eleven."""
