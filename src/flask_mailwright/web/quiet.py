"""An open page asks every second whether there is news: the server's log need not say so."""

from __future__ import annotations

import logging
import re
from functools import cache

from .path import PREFIX

_POLL = re.compile(rf"(GET|HEAD) \S*{PREFIX}/(live|previews/\S+/live)(\?\S*)? .* (200|204|304) ")


@cache
def keep_polls_out_of_the_log() -> None:
    """Those lines of Werkzeug's own server, in this process."""
    logging.getLogger("werkzeug").addFilter(_is_no_poll)


def _is_no_poll(line: logging.LogRecord) -> bool:
    return _POLL.search(line.getMessage()) is None
