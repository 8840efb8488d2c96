"""The rules: each is a function that looks at one thing, in a module that says what and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..finding import Finding
from ..reading import Reading
from .alternatives import alternatives
from .beginning import beginning
from .cids import cids
from .elements import elements
from .images import images
from .important import important
from .language import language
from .link_text import link_text
from .links import links
from .markup import markup
from .outlook import outlook
from .placeholders import placeholders
from .properties import properties
from .stylesheets import stylesheets
from .subject import subject
from .unsubscribe import unsubscribe
from .weight import weight

RULES: tuple[Callable[[Reading], Iterator[Finding]], ...] = (
    placeholders,
    subject,
    alternatives,
    markup,
    weight,
    links,
    link_text,
    images,
    cids,
    elements,
    stylesheets,
    properties,
    outlook,
    important,
    beginning,
    unsubscribe,
    language,
)
"""In the order in which their findings of one level are told."""
