"""A mail that a test has sent, as its reader has it."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from ..compose.mime import Parsed, ParsedPart, read
from ..envelope import SealedMail
from ..lint import Finding, Level, lint, reaches
from .anchors import anchors

_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
MOST = 12
"""Lines of what there was, in a failure."""
_WIDE = 320
"""Characters of each."""
_LONG = 60
_FEW = 5


class SentMail:
    """It was rendered, checked, sealed, encoded, decoded and read back.

    `mail` is what travelled: its envelope, route, tags and metadata.
    """

    def __init__(self, mail: SealedMail) -> None:
        self.mail = mail

    def __repr__(self) -> str:
        return f"<SentMail {self.told}>"

    @property
    def told(self) -> str:
        """Its subject and for whom it is, in few words."""
        shown, more = self.recipients[:_FEW], len(self.recipients) - _FEW
        people = f"{', '.join(shown)}{f' and {more} more' if more > 0 else ''}"
        return f"{shortened(self.subject)} to {people}"

    @cached_property
    def parsed(self) -> Parsed:
        """Its fields and parts, decoded."""
        return read(self.mail.content)

    @property
    def subject(self) -> str:
        """Decoded."""
        return self.parsed.get("Subject")

    @property
    def text(self) -> str:
        """The text part; "" when there is none."""
        return (self.parsed.text or "").rstrip("\n")

    @property
    def html(self) -> str:
        """The HTML part; "" when there is none."""
        return (self.parsed.html or "").rstrip("\n")

    @property
    def recipients(self) -> list[str]:
        """Everybody who gets it: To, Cc and Bcc."""
        return [recipient.address for recipient in self.mail.envelope.recipients]

    @property
    def to(self) -> list[str]:
        """The addresses in To."""
        return self._addresses("To")

    @property
    def cc(self) -> list[str]:
        """The addresses in Cc."""
        return self._addresses("Cc")

    @property
    def bcc(self) -> list[str]:
        """Those whom no reader sees."""
        seen = {*self.to, *self.cc}
        return [address for address in self.recipients if address not in seen]

    @property
    def sender(self) -> str:
        """The address in From."""
        return next(iter(self._addresses("From")), "")

    @property
    def reply_to(self) -> list[str]:
        """The addresses in Reply-To."""
        return self._addresses("Reply-To")

    @property
    def route(self) -> str:
        """The relay it was for, by name."""
        return self.mail.route

    @property
    def tags(self) -> list[str]:
        """Of the message."""
        return list(self.mail.tags)

    @property
    def app(self) -> str:
        """The name of the app that sent it."""
        return self.mail.app

    def header(self, name: str) -> str:
        """A header field, decoded; "" when there is none."""
        return self.parsed.get(name)

    @property
    def links(self) -> dict[str, str]:
        """Where the HTML's links lead, by their text; of mail without HTML, by the URL itself."""
        return dict(self._links)

    def link(self, text: str) -> str:
        """Where the link with this text leads; a part of the text will do, if it is of one only."""
        exact = [url for words, url in self._links if words == text]
        like = [url for words, url in self._links if text.lower() in words.lower()]
        if len(set(exact or like)) != 1:
            raise AssertionError(
                self._told(f"one link {shortened(text)}", len(exact or like), self._links)
            )
        return (exact or like)[0]

    def follow(self, client: Any, text: str, **more: Any) -> Any:
        """The test client's answer to the link with this text, where it leads to, by GET.

        Cookies are a host's own: with `base_url="http://localhost"` it is opened where most test
        clients are logged in.
        """
        url = self.link(text)
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"}:
            raise AssertionError(f"{text!r} leads to {url!r}, which is no page of an app")
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        return client.get(path, **{"base_url": f"{parts.scheme}://{parts.netloc}", **more})

    @cached_property
    def _links(self) -> list[tuple[str, str]]:
        if not self.html:
            return [(url, url) for url in _URL.findall(self.text)]
        return list(anchors(self.html))

    @property
    def attachments(self) -> list[ParsedPart]:
        """The files, what the HTML shows among them: `.filename`, `.content_type`, `.data`."""
        return list(self.parsed.attachments)

    def attachment(self, filename: str) -> ParsedPart:
        """The one file of this name."""
        found = [part for part in self.attachments if part.filename == filename]
        if len(found) != 1:
            files = [(part.filename, part.content_type) for part in self.attachments]
            raise AssertionError(
                self._told(f"one attachment {shortened(filename)}", len(found), files)
            )
        return found[0]

    def lint(self, fail_on: Level = "warn") -> list[Finding]:
        """What `flask mail lint` finds; AssertionError when that is `fail_on` or worse."""
        findings = lint(self.mail)
        bad = [finding for finding in findings if reaches(finding, fail_on)]
        if bad:
            raise AssertionError(cut([f"{self!r} has faults:", *map(_line, bad)]))
        return findings

    def _addresses(self, name: str) -> list[str]:
        field = self._message[name]
        return [address.addr_spec for address in field.addresses] if field else []

    @cached_property
    def _message(self) -> EmailMessage:
        head = self.mail.content.partition(b"\r\n\r\n")[0]
        text = head.decode("utf-8", "replace")  # RFC 6532, which the bytes' parser does not know
        message = email.message_from_string(text, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def _told(self, wanted: str, count: int, there: Any) -> str:
        lines = [f"  {' -> '.join(map(str, each))}" for each in there]
        return cut([f"expected {wanted} in {self!r}, found {count}; there are:", *lines])


def cut(lines: list[str], most: int = MOST) -> str:
    """At most so many lines, none of them long."""
    clean = [_CONTROL.sub(" ", line) for line in lines[:most]]
    shown = [line if len(line) < _WIDE else f"{line[: _WIDE - 3]}..." for line in clean]
    return "\n".join(
        [*shown, *([f"  (and {len(lines) - most} more)"] if len(lines) > most else [])]
    )


def shortened(text: str) -> str:
    """Quoted, and cut where the rest says no more."""
    return repr(text if len(text) <= _LONG else f"{text[: _LONG - 3]}...")


def _line(finding: Finding) -> str:
    return f"  {finding.level}: {finding.message} ({finding.rule}) at {finding.where}"
