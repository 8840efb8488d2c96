"""What somebody does at the mailbox, and what everybody may expect of each of its pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import FrameLocator, Locator, Page

from .chromium import Window

NAMELESS = re.compile(
    r"- (?:button|link|textbox|searchbox|combobox|checkbox|img)(?: \[[^]]*\])*:?$"
)
FOCUS = """() => {
  const own = document.activeElement, look = getComputedStyle(own);
  return {
    name: (own.getAttribute('aria-label') || own.innerText || own.value || '').trim(),
    tag: own.tagName,
    seen: (look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 1)
      || look.boxShadow !== 'none',
  };
}"""
PALE = """() => {
  const parts = color => (color.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(x => x / 255)
    .map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, n) => sum + x * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = node => {
    for (let own = node; own; own = own.parentElement) {
      const color = parts(getComputedStyle(own).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  };
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const own = texts.currentNode.parentElement, look = getComputedStyle(own);
    if (!texts.currentNode.data.trim() || !own.checkVisibility()) continue;
    if (own.closest('[aria-hidden=true], script, style, .unseen, .skip')) continue;
    const [a, b] = [light(parts(look.color)), light(behind(own))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(look.fontSize);
    const needed = size >= 24 || (size >= 18.6 && look.fontWeight >= 700) ? 3 : 4.5;
    if (ratio < needed) found.push(`${ratio.toFixed(1)}: ${texts.currentNode.data.trim()}`);
  }
  return found;
}"""
"""Texts that stand out too little from what is behind them (WCAG 2.2, 1.4.3)."""


def body(page: Page) -> FrameLocator:
    """The mail's HTML in its page."""
    return page.frame_locator("#body")


def images(page: Page) -> list[Locator]:
    """Those in the mail's HTML."""
    return body(page).locator("img").all()


def open_mail(page: Page, subject: str) -> None:
    """The newest one in the list with these words."""
    page.locator("a.row", has_text=subject).first.click()
    page.locator("h1", has_text=subject).wait_for()


def own_errors(window: Window) -> list[str]:
    """All that the console says, but for what it says of the sandbox around a mail's body."""
    return [f"{said.url}: {said.text}" for said in window.errors() if "/body" not in said.url]


def faults(page: Page) -> Iterator[str]:
    """Why somebody could not use it, by ear or by eye."""
    snapshot = page.locator("body").aria_snapshot()
    lines = snapshot.splitlines()
    yield from (f"no name: {line.strip()}" for line in lines if NAMELESS.search(line))
    for landmark in ("banner", "main", "navigation", "search"):
        if not re.search(rf"- {landmark}\b", snapshot):
            yield f"no {landmark}"
    if page.locator("h1").count() != 1:
        yield f"{page.locator('h1').count()} headings of the first level"
    if not page.evaluate("document.documentElement.lang"):
        yield "no language"
    if len(page.title()) < 5:
        yield "no title"
    yield from (f"pale {text}" for text in page.evaluate(PALE))


def tab_to(page: Page, name: str, *, exact: bool = False) -> None:
    """Go on with the Tab key until something with this name has the focus, always in sight."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus["tag"] in ("BODY", "IFRAME"):
            continue
        assert focus["seen"], f"the focus does not show on {focus['name']!r}"
        if name == focus["name"] or (name in focus["name"] and not exact):
            return
    raise AssertionError(f"the Tab key never comes to {name!r}")
