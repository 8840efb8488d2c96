"""HTML that mail clients take away, or do not understand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..finding import Finding, Level
from ..page import Element
from ..reading import Reading
from ..support import OUTLOOK, without

_LINK = "Link to a page that has it."


class Foreign(NamedTuple):
    """What is wrong with an element; `feature` names it in the data, "" concerns all clients."""

    feature: str
    level: Level
    message: str
    mend: str


_ACTIVE = Foreign("", "error", "{tag} is taken out by every mail client", _LINK)
_FORM = Foreign("html-form", "warn", "a form cannot be filled in and sent everywhere", _LINK)
_MEDIA = Foreign(
    "html-{tag}", "warn", "{tag} does not play everywhere, and nothing is in its place",
    "Write an image with a link into it.",
)  # fmt: skip
_GAUGE = Foreign("html-{tag}", "warn", "{tag} is not shown everywhere", "Say it in words.")
FOREIGN = {
    **dict.fromkeys("script iframe frame object embed applet canvas".split(), _ACTIVE),
    **dict.fromkeys("form input select textarea".split(), _FORM),
    **dict.fromkeys(("video", "audio"), _MEDIA),
    **dict.fromkeys(("progress", "meter", "dialog"), _GAUGE),
    "svg": Foreign("html-svg", "warn", "an image is written as SVG elements",
                   "Make it a PNG, and show it with an img element."),
}  # fmt: skip
_SECTIONS = frozenset("article aside figure footer header main nav section".split())
_VISIBLE = ("background", "border", "color", "font", "margin", "padding", "text-align", "width")


def elements(reading: Reading) -> Iterator[Finding]:
    """Each, as far as it is not for Outlook on Windows alone."""
    for element in reading.page.seen:
        if element.tag in FOREIGN and not _has_another_way(element, reading):
            yield from _foreign(element, FOREIGN[element.tag], reading)
        elif element.tag in _SECTIONS:
            yield from _section(element, reading)
        yield from _attributes(element, reading)


def _foreign(element: Element, foreign: Foreign, reading: Reading) -> Iterator[Finding]:
    feature = foreign.feature.format(tag=element.tag)
    clients = concerned(element, feature) if feature else ()
    if clients or not feature:
        message = foreign.message.format(tag=f"<{element.tag}>")
        yield Finding("foreign-html", foreign.level, message, reading.at(element), clients,
                      foreign.mend)  # fmt: skip


def _has_another_way(element: Element, reading: Reading) -> bool:
    """What is shown in its place, and what nobody is meant to see (schema.org's JSON, a switch)."""
    if element.tag in {"video", "audio"}:
        return any(each.tag in {"img", "a"} for each in reading.page.within(element))
    kind = element.attributes.get("type", "").lower()
    if element.tag == "input" and element.hidden:
        return True
    return (element.tag, kind) in {("script", "application/ld+json"), ("input", "hidden")}


def _section(element: Element, reading: Reading) -> Iterator[Finding]:
    if any(each.name.startswith(_VISIBLE) for each in element.style):
        yield Finding(
            "foreign-html",
            "warn",
            f"<{element.tag}> is taken out, and with it the style it has",
            reading.at(element),
            concerned(element, "html-semantics"),
            "Style a table cell or a div instead.",
        )


def _attributes(element: Element, reading: Reading) -> Iterator[Finding]:
    own = element.attributes
    if "hidden" in own and not any(each.name == "display" for each in element.style):
        yield Finding("foreign-html", "warn", "the hidden attribute does not hide everywhere",
                      reading.at(element), concerned(element, "html-hidden"),
                      'Write style="display: none".')  # fmt: skip
    if any(name.startswith("on") and len(name) > 4 for name in own):
        yield Finding("foreign-html", "warn", "an event handler never runs in a mail",
                      reading.at(element), mend="Take it out.")  # fmt: skip
    if element.tag == "meta" and own.get("http-equiv", "").lower() == "refresh":
        yield Finding("foreign-html", "warn", "a mail leads nowhere by itself: refresh is ignored",
                      reading.at(element), mend="Write a link.")  # fmt: skip


def concerned(element: Element, feature: str) -> tuple[str, ...]:
    """The clients that are given the element and lack the feature."""
    skipped = (OUTLOOK,) if element.audience == "others" else ()
    return tuple([client for client in without(feature) if client not in skipped])
