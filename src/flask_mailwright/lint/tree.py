"""From HTML to a page: who holds what, what is hidden, what Outlook on Windows alone is given."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

from ..compose.markup import attributes_of, unescaped
from .css import Declaration, declarations
from .page import Audience, Element, Page, Sheet, Text
from .scan import Token, scan

MOST = 12_000
"""Tags, texts and comments of a page; a large newsletter has 5,000."""
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr frame".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote center div dl fieldset footer form h1 h2 h3 h4 h5 h6"
    " header hr main nav ol p pre section table ul".split()
)
_ENDED_BY = {
    **dict.fromkeys(_BLOCKS, frozenset({"p"})),
    **dict.fromkeys(("td", "th"), frozenset({"td", "th", "p"})),
    **dict.fromkeys(("dt", "dd"), frozenset({"dt", "dd", "p"})),
    "tr": frozenset({"td", "th", "tr", "p"}),
    "li": frozenset({"li", "p"}),
}
"""What a start tag ends that nobody has closed (HTML §13.1.2.4)."""
_CODE = frozenset({"code", "pre", "kbd", "samp", "tt"})
_UNSEEN = frozenset({"head", "title", "script", "template", "noframes"})
_CONDITION = re.compile(r"\s*\[if\s([^\]]*)\]>?", re.IGNORECASE)
_END = "<![endif]"


def page_of(source: str) -> Page:
    """The page of that HTML, whatever it is, as far as it is looked at."""
    grower = _Grower(source)
    for token in islice(scan(source), MOST):
        grower.take(token)
    return grower.finish()


class _Grower:
    def __init__(self, source: str) -> None:
        self.page = Page(source)
        self.open: list[Element] = []
        self.counts: Counter[str] = Counter()
        self.audience: Audience = "all"
        self.ghosts = 0

    def take(self, token: Token) -> None:
        match token.kind:
            case "open":
                self._open(token)
            case "close":
                self._close(token.name)
            case "text":
                self._text(token.text, token.start)
            case "raw":
                self._raw(token)
            case _:
                self._remark(token)

    def finish(self) -> Page:
        while self.open:
            self._pop()
        return self.page

    @property
    def top(self) -> Element | None:
        return self.open[-1] if self.open else None

    def _open(self, token: Token) -> None:
        ended = _ENDED_BY.get(token.name, frozenset())
        while self.open and self.open[-1].tag in ended:
            self._pop()
        element = self._element(token, self.audience)
        if token.name not in _VOID and not token.text.endswith("/"):
            self.open.append(element)
            self.counts[element.tag] += 1

    def _element(self, token: Token, audience: Audience) -> Element:
        named = attributes_of(token.text) if token.text else {}
        style = declarations(named["style"]) if "style" in named else ()
        parent = self.top
        if audience == "all" and (_is_for_others(parent) or _hides_from_outlook(style)):
            audience = "others"
        places, texts = len(self.page.elements) + 1, len(self.page.texts)
        element = Element(
            token.name,
            named,
            style,
            token.start,
            parent,
            audience,
            self.ghosts > 0,
            (parent is not None and parent.hidden) or token.name in _UNSEEN or _hides(style),
            (parent is not None and parent.code) or token.name in _CODE,
            (places, places),
            (texts, texts),
        )
        self.page.elements.append(element)
        return element

    def _close(self, name: str) -> None:
        if self.counts[name]:
            while self._pop() != name:
                pass

    def _pop(self) -> str:
        element = self.open.pop()
        self.counts[element.tag] -= 1
        element.inside = (element.inside[0], len(self.page.elements))
        element.says = (element.says[0], len(self.page.texts))
        return element.tag

    def _text(self, text: str, start: int) -> None:
        if not text.isspace():
            self.page.texts.append(Text(unescaped(text), start, self.top))

    def _raw(self, token: Token) -> None:
        if token.name == "style" and self.page.elements:
            self.page.sheets.append(Sheet(self.page.elements[-1], token.text, token.start))
        elif token.name == "title":
            self._text(token.text, token.start)

    def _remark(self, token: Token) -> None:
        """A comment or declaration: perhaps a condition that Outlook on Windows obeys."""
        condition = _CONDITION.match(token.text)
        if condition is None:
            if "[endif]" in token.text[:40].lower():
                self.audience = "all"
            return
        audience = _audience(condition[1])
        if token.text.rstrip().lower().endswith(_END):
            if audience == "outlook":
                self._for_outlook(token.start + condition.end(), token.start + len(token.text))
        elif audience == "others":
            self.audience = "others"

    def _for_outlook(self, begin: int, end: int) -> None:
        """What is in the comment stands beside the tree, for it need not be balanced."""
        for token in scan(self.page.source, begin, end):
            if token.kind == "open":
                self._element(token, "outlook")
                self.ghosts += token.name == "table"
            elif token.kind == "close" and token.name == "table":
                self.ghosts = max(self.ghosts - 1, 0)


def _audience(condition: str) -> Audience | None:
    """None when it is about a browser."""
    words = condition.lower()
    if "mso" not in words and "vml" not in words:
        return None
    return "others" if "!" in words else "outlook"


def _is_for_others(parent: Element | None) -> bool:
    return parent is not None and parent.audience == "others"


def _hides_from_outlook(style: tuple[Declaration, ...]) -> bool:
    return any(each.name == "mso-hide" and each.value.lower() == "all" for each in style)


def _hides(style: tuple[Declaration, ...]) -> bool:
    return any(each.name in _HIDING and _HIDING[each.name](each.value.lower()) for each in style)


def _is_zero(value: str) -> bool:
    return bool(re.fullmatch(r"0(?:\.0+)?(?:px|em|pt|%)?", value))


_HIDING = {
    "display": lambda value: value == "none",
    "visibility": lambda value: value == "hidden",
    "max-height": _is_zero,
    "opacity": _is_zero,
}
