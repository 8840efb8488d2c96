"""What a user writes: a message that may be changed until it is sealed."""

from __future__ import annotations

import copy
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from .address import AddressLike
from .attachment import Attachment, Data, Readable
from .envelope import SealedMail
from .errors import MessageError
from .sealing import Origin, seal, unsealed


class Message:
    """One mail, addressed to all its recipients together.

    `recipients`, `cc`, `bcc`: lists of addresses, each a string, `(name, address)`, an `Address`
    or an object with `.email`. `body` is the plain text, `html` the HTML; without a `body` the text
    is made from that (not with ""). `alts`: further ways to show it, by subtype
    (`{"calendar": ics}`). `extra_headers` replace what would be written.
    `date`: seconds since 1970 or an aware datetime. It needs no application context.

    >>> message = Message("Hi", ["ann@example.com"], "Hello", sender="bob@example.com")
    >>> print(str(message).splitlines()[1])
    To: ann@example.com
    """

    def __init__(  # noqa: PLR0917 - the constructor is Flask-Mail's
        self,
        subject: str = "",
        recipients: Sequence[AddressLike] | None = None,
        body: str | None = None,
        html: str | None = None,
        alts: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        sender: AddressLike | None = None,
        cc: Sequence[AddressLike] | None = None,
        bcc: Sequence[AddressLike] | None = None,
        attachments: list[Attachment] | None = None,
        reply_to: AddressLike | Sequence[AddressLike] | None = None,
        date: float | datetime | None = None,
        charset: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        mail_options: list[str] | None = None,
        rcpt_options: list[str] | None = None,
    ) -> None:
        if isinstance(subject, Message):
            raise MessageError(["the subject is a Message: use mail.send(message)"])
        self.subject = subject
        self.recipients = _own(recipients)
        self.body = body
        self.alts: dict[str, str] = dict(alts or {})
        if html is not None:
            self.alts["html"] = html
        self.sender = sender
        self.cc = _own(cc)
        self.bcc = _own(bcc)
        self.attachments = attachments if attachments is not None else []
        self.reply_to = reply_to
        self.date = date
        self.charset = charset
        self.extra_headers = extra_headers
        self.mail_options = mail_options if mail_options is not None else []
        self.rcpt_options = rcpt_options if rcpt_options is not None else []
        self.msgId: str | None = None
        """The Message-ID, if it must be this one; else each sending gets a fresh one."""
        self.envelope_from: AddressLike | None = None
        """Where bounces go; "" for nowhere, None for the sender."""
        self.route: str = ""
        """The relay to use, by its name in MAIL_ROUTES; "" for MAIL_URL or MAIL_SERVER."""
        self.tags: tuple[str, ...] | list[str] = ()
        self.metadata: dict[str, Any] = {}
        self.locale: str | None = None
        """The language it is written in, such as "de" or "de_AT"; `compose` knows it."""
        self.list: str | None = None
        """The mailing list it belongs to, whose readers may leave it."""

    @property
    def html(self) -> str | None:
        """The HTML part; the same as `alts["html"]`."""
        return self.alts.get("html")

    @html.setter
    def html(self, value: str | None) -> None:
        if value is None:
            self.alts.pop("html", None)
        else:
            self.alts["html"] = value

    @property
    def send_to(self) -> set[AddressLike]:
        """Every recipient, visible or not."""
        return {*(self.recipients or ()), *(self.cc or ()), *(self.bcc or ())}

    def add_recipient(self, recipient: AddressLike) -> None:
        """Add one more to `recipients`."""
        self.recipients.append(recipient)

    def attach(
        self,
        filename: str | None = None,
        content_type: str | None = None,
        data: Data | Readable | None = None,
        disposition: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        """Add a file: `data` is bytes, text or an open file; or `path`, read when it is sealed.

        >>> message = Message()
        >>> message.attach("a.txt", "text/plain", "Hello")
        >>> message.attachments
        [<Attachment a.txt (text/plain)>]
        """
        self.attachments.append(
            Attachment(filename, content_type, data, disposition, headers, path=path)
        )

    def inline(
        self,
        source: str | os.PathLike[str] | bytes,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> str:
        """Put an image (its path or its bytes) into the mail; returns the URL for `<img src>`.

        >>> Message().inline(b"GIF89a", "dot.gif").startswith("cid:")
        True
        """
        cid = f"{secrets.token_hex(8)}@inline"
        data, path = (source, None) if isinstance(source, bytes) else (None, source)
        self.attach(filename, content_type, data, "inline", {"Content-ID": f"<{cid}>"}, path=path)
        return f"cid:{cid}"

    def copy(self) -> Self:
        """Another message with the same content; changing one leaves the other."""
        twin = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | dict):
                setattr(twin, name, value.copy())
        twin.attachments = [copy.copy(file) for file in self.attachments or ()]
        return twin

    def as_bytes(self) -> bytes:
        """The mail as it would leave now; a sender or recipients not yet set are left out."""
        return unsealed(self, Origin())

    def as_string(self) -> str:
        """`as_bytes` as text."""
        return self.as_bytes().decode()

    __bytes__ = as_bytes
    __str__ = as_string

    def __repr__(self) -> str:
        return f"<Message {self.subject!r}>"

    def seal(self, origin: Origin) -> SealedMail:
        """Check everything and fix the mail for good, or raise MessageError with all faults."""
        return seal(self, origin)


def _own(addresses: Sequence[AddressLike] | None) -> list[AddressLike]:
    """A list that others do not change; what is none is kept, to be refused at sealing."""
    if addresses is None:
        return []
    listed = isinstance(addresses, list | tuple | set | frozenset)
    return list(addresses) if listed else addresses  # type: ignore[return-value]
