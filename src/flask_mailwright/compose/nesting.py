"""How deep the elements of a mail stand in each other, at most."""

from __future__ import annotations

import re
from collections import defaultdict

from .plaintext.tokens import tokens

# Elements that are void, and those that end by themselves where the next of them begins: they
# stand in each other only inside of a list, a table or a block, which is counted.
_UNCOUNTED = frozenset(
    "area base br col embed hr img input link meta param source track wbr"
    " p li dt dd option optgroup rp rt tbody td tfoot th thead tr".split()
)


_COUNTED = re.compile(rf"<(?!(?:{'|'.join(sorted(_UNCOUNTED))})[\s/>])[a-z]", re.IGNORECASE)


def nests_deeper(html: str, limit: int) -> bool:
    """More than `limit` elements are open at once; a parser's tree is at most five times as deep.

    End tags that close nothing do not count: `<b></i><b></i>` is two deep.

    >>> nests_deeper("<div><p>one<p>two<br></div><div></div>", 1)
    False
    """
    return len(_COUNTED.findall(html)) > limit and _deepest(html) > limit


def _deepest(html: str) -> int:
    open_now: defaultdict[str, int] = defaultdict(int)
    depth = deepest = 0
    for name, _, _ in tokens(html):
        if name.startswith("/"):
            closes = open_now[name[1:]] > 0
            open_now[name[1:]] -= closes
            depth -= closes
        elif name and name not in _UNCOUNTED:
            open_now[name] += 1
            depth += 1
            deepest = max(deepest, depth)
    return deepest
