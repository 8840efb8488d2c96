"""Flasky with a mail server of its own: `python3 dev.py demo`, or headless with --once.

The mail server answers each command 200 ms late, as one far away does, so that it shows who waits
for it and who does not. Flasky is a process of its own, so that it can be killed: it is started
again, and no mail is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

from flask import Flask

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.flasky.flasky import create_app, people
from flask_mailwright.compose.mime import Parsed, read
from flask_mailwright.testing import ReceivedMail, SMTPServer

ROOT = Path(__file__).resolve().parents[2]
FLASK = [sys.executable, "-m", "flask", "--app", "examples.flasky.flasky"]
LATENCY = 0.2
PATIENCE = 20.0
"""Seconds to wait for one mail before saying that it did not arrive."""
IMPATIENT = {"lease": 3, "renew": 1, "office": 2, "retry_first": 2}
"""Seconds that a killed process is waited for; an outbox waits for 30 if nothing is said."""
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
    if options.once:
        drive(options.port)
    else:
        show(options.port)


def show(port: int) -> None:
    """Serve until Ctrl-C, print each mail that comes in, and start Flasky again when it dies."""
    password = secrets.token_urlsafe(6)
    with running(port, password, print_mail) as flasky:
        print(f"Flasky          {flasky.url}, process {flasky.process}")
        print(f"  the admin is  {ADMIN}, password {password}")
        print(f"Mail server     {flasky.relay.url}, {LATENCY * 1000:.0f} ms away")
        print(f"Mailbox         {flasky.url}_mail/, with previews of all mails")
        print("Each mail that comes in is printed here. Ctrl-C ends it.")
        print(f"Try this while a mail is on its way: kill -9 {flasky.process}\n", flush=True)
        try:
            while True:
                flasky.wait()
                flasky.start()
                print(f"Flasky was killed; here it is again, process {flasky.process}.", flush=True)
        except KeyboardInterrupt:
            print("\nGoodbye.")


class Flasky:
    """The running demo: the application, which may be killed and started again, and its relay."""

    def __init__(self, port: int, relay: SMTPServer, environment: Mapping[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.relay = relay
        self._command = [*FLASK, "run", "--port", str(port)]
        self._environment = {**os.environ, **environment, "FLASK_MAIL_BASE_URL": self.url}
        self.start()

    def start(self) -> None:
        """Returns when it answers its first request, which also begins to deliver what was left."""
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(200):
            if self._process.poll() is not None:
                break
            with suppress(OSError):
                build_opener(ProxyHandler({})).open(self.url, timeout=PATIENCE).close()
                return
            time.sleep(0.05)
        sys.exit(f"Flasky did not start: {' '.join(self._command)}")

    @property
    def process(self) -> int:
        """For `kill -9`."""
        return self._process.pid

    def wait(self) -> None:
        """Until somebody has killed it."""
        self._process.wait()

    def kill(self) -> None:
        """As a crash or a lack of memory would."""
        self._process.kill()
        self.wait()

    def stop(self) -> None:
        """As a deployment does."""
        self._process.terminate()
        self.wait()


@contextmanager
def running(
    port: int, password: str, on_mail: Callable[[ReceivedMail], object]
) -> Iterator[Flasky]:
    """The application on a loopback port, with its mail server and some people in it."""
    with TemporaryDirectory() as folder, SMTPServer(latency=LATENCY, on_mail=on_mail) as relay:
        relay.fault("rcpt", "550 5.1.1 no such mailbox here", times=None, address=GONE)
        config = {
            "SECRET_KEY": secrets.token_hex(),
            "MAIL_URL": relay.url,
            "MAIL_MAILBOX": "true",
            "MAIL_TIMING": json.dumps(IMPATIENT),
            "FLASKY_ADMIN": ADMIN,
            "FLASKY_DATABASE": str(Path(folder, "flasky.sqlite")),
        }
        settle(create_app(config), password)
        environment = {f"FLASK_{key}": value for key, value in config.items()}
        flasky = Flasky(port or free_port(), relay, environment)
        try:
            yield flasky
        finally:
            flasky.stop()


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def settle(app: Flask, password: str) -> None:
    """An admin, and readers for the newsletter; one has left the mail server. No mail yet."""
    app.extensions["mailwright"].capture.store.delete_all()
    with app.app_context():
        for name, email in {"Flasky Admin": ADMIN, **READERS}.items():
            person = people.add(name, email, password, reader=name in READERS)
            assert person is not None
            people.confirm(person)


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

    def has(self, recipient: str, subject: str) -> bool:
        with self._changed:
            return bool(self._find(recipient, subject))

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
        survive(flasky, browser, postbox)


def survive(flasky: Flasky, browser: Browser, postbox: Postbox) -> None:
    """Kill the application while a mail is on its way; it must come in all the same."""
    browser.post("/forgotten", email="ada@example.com")
    flasky.kill()
    killed = time.monotonic()
    if postbox.has("ada@example.com", "new password"):
        sys.exit("The mail was faster than the kill, which therefore shows nothing.")
    flasky.start()
    arrival = postbox.take("ada@example.com", "new password")
    late = arrival.at - killed
    print(
        f"Killed with kill -9 while a mail was on its way, and started again: it came {late:.1f} s"
    )
    print("later. Nobody sent it a second time: it was in the outbox, on disk.")


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
