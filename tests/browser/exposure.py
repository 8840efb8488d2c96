"""A hostile mail is looked at from all sides in a browser, and what it does is noted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urljoin

from playwright.sync_api import ElementHandle, Error

from .chromium import Said, Window
from .hostile_mails import HostileMail
from .outside import Hit, Outside
from .payload import EVIL, MARK
from .served import Served

SETTLE = 50
"""Milliseconds, for what begins only when a page has loaded."""
MOST_FILES = 13
MOST_CLICKS = 12
"""Of one mail."""
COVERED = """() => [...document.querySelectorAll('header a[href], header input, button')]
  .filter(own => {
    const box = own.getBoundingClientRect();
    const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.width && seen && !own.contains(seen);
  }).map(own => own.outerHTML.slice(0, 160))"""
"""The controls of a page over which something else lies."""
CLICKABLE = "a, button, summary, input:not([type=hidden]), [tabindex], [contenteditable], area"
LINKS = "() => [...document.querySelectorAll('a[href], area[href]')].map(link => String(link.href))"


class Exposure(NamedTuple):
    """What a mail did that no mail may do: every sign of it. None at all is how it should be."""

    ran: list[str]
    asked: list[str]
    left: list[str]
    covered: list[str]
    wrote: list[str]
    errors: list[str]

    @property
    def harms(self) -> set[str]:
        """In the words of `Harm`."""
        words = ("script", "request", "leave", "cover", "write")
        return {word for word, signs in zip(words, self, strict=False) if signs}


class Look:
    """A mail, looked at in one window; its `number` in the mailbox is "" for the list itself."""

    def __init__(
        self, window: Window, site: Served, outside: Outside, number: int | str, mail: HostileMail
    ) -> None:
        self._window = window
        self._page = window.page
        self._site = site
        self._outside = outside
        self._path = f"/_mail/{number}"
        self._views = mail.views
        self._left: list[str] = []
        self._covered: list[str] = []
        self._unasked: list[str] = []

    def everywhere(self) -> Exposure:
        """Its page, its views, its body and files by themselves; then all that one can click."""
        for _ in self._steps():
            pass
        return self._exposure()

    def until(self, harm: str) -> bool:
        """Whether this harm is done at some time on that way."""
        return any(harm in self._exposure().harms for _ in self._steps())

    def _steps(self) -> Iterator[None]:
        """Whoever looks on may look at what it has done after each."""
        self._begin()
        self._open(self._path)
        self._covered += self._evaluated(COVERED)
        clickable = len(self._things())
        for url in self._addresses():
            yield
            self._open(url)
        self._note_unasked()
        yield
        if clickable:
            self._open(self._path)
        for number in range(clickable):
            self._click(number)
            yield

    def _begin(self) -> None:
        self._window.forget()
        self._outside.forget()
        self._site.asked.clear()

    def _open(self, url: str) -> None:
        """A file that comes down, or a mail that leads elsewhere at once, is no error here."""
        try:
            self._page.goto(urljoin(self._site.url, url))
        except Error as error:
            if not any(word in error.message for word in ("Download", "interrupted", "ABORTED")):
                raise
        if url == self._path or "/body" in url:
            self._page.wait_for_timeout(SETTLE)
        self._has_left()

    def _addresses(self) -> Iterator[str]:
        """What belongs to the mail: its views, then what these link to and frame."""
        found = self._links()
        for view in self._views:
            yield f"{self._path}?view={view}"
            found += self._links()
        own = [
            url for url in dict.fromkeys(found) if url.startswith(f"{self._site.url}{self._path}/")
        ]
        yield from own[:MOST_FILES]

    def _links(self) -> list[str]:
        frames = [frame.url for frame in self._page.frames[1:]]
        return [*frames, *self._evaluated(LINKS)]

    def _evaluated(self, function: str) -> list[str]:
        try:
            found: list[str] = self._page.evaluate(function)
        except Error:  # the mail has led elsewhere meanwhile, which is noted
            return []
        return found

    def _has_left(self) -> bool:
        url = self._page.url
        has_left = not url.startswith((self._site.url + "/_mail", "about:blank"))
        self._left += [url] * has_left
        return has_left

    def _note_unasked(self) -> None:
        """So far nothing was clicked, and nobody outside should have heard of us."""
        unsent = {request.url for request in self._window.unsent}
        ours = (self._site.url, "data:", "blob:", "about:")
        sent = [url for url in self._window.requests if not url.startswith(ours)]
        self._unasked += [url for url in sent if url not in unsent]
        self._unasked += [f"{hit.method} {hit.path}" for hit in self._outside.hits]
        self._unasked += [f"{self._outside.connections} connections"] * bool(
            self._outside.connections
        )
        self._outside.forget()

    def _click(self, number: int) -> None:
        if self._has_left():
            self._open(self._path)
        things = self._things()
        place = self._place(things[number]) if number < len(things) else None
        if place is None:
            return
        before = [frame.url for frame in self._page.frames]
        self._page.mouse.click(*place)
        self._page.keyboard.press("x")
        self._page.wait_for_timeout(SETTLE)
        for popup in self._window.pages[1:]:
            popup.wait_for_timeout(SETTLE)
            popup.close()
        if self._has_left() or before != [frame.url for frame in self._page.frames]:
            self._open(self._path)

    def _place(self, thing: ElementHandle) -> tuple[float, float] | None:
        """Where in the window to click on it."""
        try:
            thing.evaluate("own => own.scrollIntoView({block: 'center'})")
            box = thing.bounding_box()
        except Error:  # the mail has led elsewhere meanwhile, which is noted
            return None
        return (box["x"] + 4, box["y"] + 4) if box and box["width"] else None

    def _things(self) -> list[ElementHandle]:
        """To click on: in the mail's HTML where that has a frame, else in its text in the page."""
        frames = [frame for frame in self._page.frames[1:] if "/body" in frame.url]
        try:
            if frames:
                return frames[0].query_selector_all(CLICKABLE)[:MOST_CLICKS]
            text = self._page.query_selector(".text-view")
            return text.query_selector_all(CLICKABLE)[:MOST_CLICKS] if text else []
        except Error:  # as above
            return []

    def _exposure(self) -> Exposure:
        return Exposure(
            ran=self._ran(),
            asked=self._unasked + [_told(hit) for hit in self._outside.hits if _is_amiss(hit)],
            left=self._left,
            covered=self._covered,
            wrote=[asked for asked in self._site.asked if asked.startswith("POST")],
            errors=[
                f"{said.url}: {said.text}" for said in self._window.errors() if self._is_own(said)
            ],
        )

    def _ran(self) -> list[str]:
        """What ran on a page of another site, which a click has opened, is that site's."""
        said = [*self._window.said, *self._window.dialogs]
        marks = [each.text for each in said if _is_mark(each) and not each.url.startswith(EVIL)]
        return marks + [asked for asked in self._site.asked if "/pwned/" in asked]

    def _is_own(self, said: Said) -> bool:
        """Said by a page of the mailbox, not by a body or a file in it."""
        url = said.url.removeprefix(self._site.url)
        return url.startswith("/_mail") and not url.startswith(self._path + "/")


def _is_mark(said: Said) -> bool:
    """And not the browser's word about a script that it did not run."""
    return said.text.startswith(MARK)


def _is_amiss(hit: Hit) -> bool:
    """More than following a link that was clicked, or than what that other page did by itself."""
    referer = hit.headers.get("Referer", "")
    is_link = hit.method == "GET" and hit.path.startswith("/link/") and not referer
    is_theirs = referer.startswith(EVIL) and not hit.path.startswith("/opener/")
    return not is_link and not is_theirs


def _told(hit: Hit) -> str:
    return f"{hit.method} {hit.path}, from {hit.headers.get('Referer', 'nowhere')}"
