"""Flasky and its own mail server in one process: `python3 dev.py demo`, or headless with --once.

The mail server answers each command 200 ms late, as one far away does, so that it shows
who waits for it and who does not.
"""

from __future__ import annotations

import argparse
import logging
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.flasky.flasky import create_app, people
from examples.flasky.flasky.mails import mail as flasky_mail
from flask_mailwright.compose.mime import Parsed, read
from flask_mailwright.testing import ReceivedMail, SMTPServer

LATENCY = 0.2
PATIENCE = 20.0
"""Seconds to wait for one mail before saying that it did not arrive."""
ADMIN = "flasky@example.com"
GONE = "former.reader@example.com"
READERS = {
    "Ada Lovelace": "ada@example.com",
    "Grace Hopper": "grace@example.com",
    "Former Reader": GONE,
    "Zoë Ångström": "zoë@bücher.example",
    "李小龙": "bruce@example.com",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--once", action="store_true", help="drive it headless, then end")
    parser.add_argument("--port", type=int, default=0, help="of the web server; 0 is a free one")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    if options.once:
        drive(options.port)
    else:
        show(options.port)


def show(port: int) -> None:
    """Serve until Ctrl-C, and print each mail that comes in."""
    password = secrets.token_urlsafe(6)
    with running(port, password, print_mail) as flasky:
        print(f"Flasky          {flasky.url}")
        print(f"  the admin is  {ADMIN}, password {password}")
        print(f"Mail server     {flasky.relay.url}, {LATENCY * 1000:.0f} ms away")
        print("Each mail that comes in is printed here. Ctrl-C ends it.\n", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("\nGoodbye.")


@dataclass(frozen=True)
class Flasky:
    """The running demo: where the application is, and its mail server."""

    url: str
    relay: SMTPServer


@contextmanager
def running(
    port: int, password: str, on_mail: Callable[[ReceivedMail], object]
) -> Iterator[Flasky]:
    """The application on a loopback port, with its mail server and some people in it."""
    with TemporaryDirectory() as folder, SMTPServer(latency=LATENCY, on_mail=on_mail) as relay:
        relay.fault("rcpt", "550 5.1.1 no such mailbox here", times=None, address=GONE)
        app = create_app(
            {
                "SECRET_KEY": secrets.token_hex(),
                "MAIL_URL": relay.url,
                "FLASKY_ADMIN": ADMIN,
                "FLASKY_DATABASE": Path(folder, "flasky.sqlite"),
            }
        )
        settle(app, password)
        with serving(app, port) as web:
            app.config["FLASKY_URL"] = f"http://127.0.0.1:{web.server_port}/"
            yield Flasky(app.config["FLASKY_URL"], relay)
        with app.app_context():
            flasky_mail.close()


def settle(app: Flask, password: str) -> None:
    """An admin, and readers for the newsletter; one of them has left the mail server."""
    with app.app_context():
        for name, email in {"Flasky Admin": ADMIN, **READERS}.items():
            person = people.add(name, email, password, reader=name in READERS)
            assert person is not None
            people.confirm(person)


@contextmanager
def serving(app: Flask, port: int) -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="web")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def print_mail(mail: ReceivedMail) -> None:
    content = read(mail.content)
    print("─" * 72)
    for name in ("From", "To", "Subject"):
        print(f"{name + ':':9}{content.get(name)}")
    print(f"\n{(content.text or '').strip()}\n", flush=True)


# headless


@dataclass(frozen=True)
class Arrival:
    """A mail that came in, and when."""

    recipient: str
    content: Parsed
    at: float


class Postbox:
    """Takes mails from the mail server's threads; `take` waits for the one to somebody."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._arrivals: list[Arrival] = []

    def put(self, mail: ReceivedMail) -> None:
        arrival = Arrival(mail.recipients[0], read(mail.content), time.monotonic())
        with self._changed:
            self._arrivals.append(arrival)
            self._changed.notify_all()

    def take(self, recipient: str, subject: str) -> Arrival:
        with self._changed:
            if self._changed.wait_for(lambda: self._find(recipient, subject), PATIENCE):
                return self._find(recipient, subject)[0]
        sys.exit(f"The mail {subject!r} to {recipient} did not arrive within {PATIENCE:.0f} s.")

    def _find(self, recipient: str, subject: str) -> list[Arrival]:
        return [
            arrival
            for arrival in self._arrivals
            if arrival.recipient == recipient and subject in arrival.content.get("Subject")
        ]


class Browser:
    """Loads pages and posts forms over real HTTP, with cookies and the token of the form."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._open = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar())).open
        self.posted = self.took = 0.0

    def get(self, path: str) -> str:
        return self._load(path if path.startswith("http") else self._url + path)

    def post(self, path: str, **fields: str) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(path))
        assert found, f"{path} has no form"
        return self._load(self._url + path, urlencode({"csrf": found[1], **fields}).encode())

    def _load(self, url: str, form: bytes | None = None) -> str:
        """`took` is the time of this request and of the page it redirects to."""
        self.posted = time.monotonic()
        with self._open(url, form, timeout=PATIENCE) as reply:
            page: str = reply.read().decode()
        self.took = time.monotonic() - self.posted
        return page


def drive(port: int) -> None:
    """Say hello, register, confirm, lose the password; each mail must come in over SMTP."""
    postbox = Postbox()
    with running(port, secrets.token_urlsafe(), postbox.put) as flasky:
        browser = Browser(flasky.url)
        report = Report(browser, postbox)
        report.step("/", ADMIN, "New user", name="Ann")
        confirm = report.step(
            *("/register", "ann@example.com", "confirm your address"),
            name="Ann",
            email="ann@example.com",
            password="correct horse",
        )
        follow(browser, confirm, "your address is confirmed")
        report.step("/forgotten", "ann@example.com", "new password", email="ann@example.com")
        report.print()


def follow(browser: Browser, arrival: Arrival, expected: str) -> None:
    """Open the link that the mail's text holds; the page must say what is expected."""
    found = re.search(r"http://\S+", arrival.content.text or "")
    if found is None or expected not in browser.get(found[0]):
        sys.exit(f"The link in the mail to {arrival.recipient} did not lead to: {expected!r}.")


class Report:
    """Posts a form, waits for its mail, and remembers how long either took."""

    def __init__(self, browser: Browser, postbox: Postbox) -> None:
        self._browser = browser
        self._postbox = postbox
        self._rows = [("request", "took", "mail", "for", "came in after")]

    def step(self, path: str, recipient: str, subject: str, **fields: str) -> Arrival:
        self._browser.post(path, **fields)
        took, posted = self._browser.took, self._browser.posted
        arrival = self._postbox.take(recipient, subject)
        if posted + took > arrival.at:
            sys.exit(f"POST {path} took {_ms(took)}: it waited for the mail server.")
        shown = arrival.content.get("Subject")
        self._rows.append((f"POST {path}", _ms(took), shown, recipient, _ms(arrival.at - posted)))
        return arrival

    def print(self) -> None:
        widths = [max(map(len, column)) for column in zip(*self._rows, strict=True)]
        for row in self._rows:
            cells = zip(row, widths, strict=True)
            print("  ".join(cell.ljust(width) for cell, width in cells).rstrip())
        print(f"\nThe mail server answers each command {_ms(LATENCY)} late.")
        print("Every request was answered before its mail had come in.")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


if __name__ == "__main__":
    main()
