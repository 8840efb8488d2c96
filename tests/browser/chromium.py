"""Debian's Chromium, driven by playwright: sees loopback, and takes all else for one server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Page,
    Request,
    WebError,
    sync_playwright,
)

PROGRAM = Path("/usr/lib/chromium/chromium")
"""Not /usr/bin/chromium, which puts arguments of Debian's before ours: `--disable-pings` is one."""
ARGUMENTS = """--no-sandbox --disable-gpu --disable-background-networking
--disable-component-update --disable-sync --no-first-run --disable-quic
--disable-features=IsolateSandboxedIframes,HttpsUpgrades,PaintHolding,Translate""".split()
# A process for every sandboxed frame takes time and changes nothing about what it may do.
REBOUND = "rebound.example"
"""A name of somebody else that leads to loopback, at the port that is asked for."""

NOWHERE = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""All else: what the browser itself would ask its makers."""


class Said(NamedTuple):
    """A message on the console, or an error that nothing caught, and whose it is."""

    kind: str
    text: str
    url: str


class Unsent(NamedTuple):
    """A request that got no answer, or was not even made, and why."""

    url: str
    reason: str


class Window:
    """A browser of its own, with no cookies and no memory, and all that happened in it."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[str] = []
        self.unsent: list[Unsent] = []
        self.said: list[Said] = []
        self.dialogs: list[Said] = []
        self._context = context
        context.set_default_timeout(10_000)
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("requestfailed", self._miss)
        context.on("console", self._hear)
        context.on("weberror", self._catch)
        context.on("dialog", self._dismiss)
        self.page = context.new_page()

    @property
    def pages(self) -> list[Page]:
        """All tabs and popups that are open."""
        return self._context.pages

    def new_page(self) -> Page:
        """One more tab."""
        return self._context.new_page()

    def errors(self) -> list[Said]:
        """What a developer would see in red or yellow."""
        return [said for said in self.said if said.kind in {"error", "warning", "uncaught"}]

    def forget(self) -> None:
        """What happened so far."""
        for record in (self.requests, self.unsent, self.said, self.dialogs):
            record.clear()

    def _miss(self, request: Request) -> None:
        self.unsent.append(Unsent(request.url, request.failure or ""))

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(Said(message.type, message.text, str(message.location["url"])))

    def _catch(self, error: WebError) -> None:
        self.said.append(Said("uncaught", str(error.error), error.page.url if error.page else ""))

    def _dismiss(self, dialog: Dialog) -> None:
        url = dialog.page.url if dialog.page else ""
        self.dialogs.append(Said(dialog.type, dialog.message, url))
        with suppress(Error):  # its page has gone
            dialog.dismiss()


class Chromium:
    """One headless browser process; `window` opens a fresh window in it.

    Every host below .example is found at the port `outside`, so that nothing leaves the machine
    and all that would is seen there; other names lead nowhere.
    """

    def __init__(self, outside: int) -> None:
        self._rules = f"MAP {REBOUND} 127.0.0.1, MAP *.example 127.0.0.1:{outside}, {NOWHERE}"
        self._playwright = sync_playwright()
        self._browser: Browser | None = None

    @staticmethod
    def missing() -> str | None:
        """Why it cannot run here, or None."""
        return None if PROGRAM.exists() else "not installed (apt install chromium)"

    def __enter__(self) -> Self:
        self._browser = self._playwright.__enter__().chromium.launch(
            executable_path=PROGRAM,
            args=[*ARGUMENTS, f"--host-resolver-rules={self._rules}"],
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._browser is not None
        self._browser.close()
        self._playwright.__exit__(kind, error, traceback)

    @contextmanager
    def window(self, **options: Any) -> Iterator[Window]:
        """`options` are those of playwright's `new_context`."""
        assert self._browser is not None
        context = self._browser.new_context(**options)
        try:
            yield Window(context)
        finally:
            context.close()
