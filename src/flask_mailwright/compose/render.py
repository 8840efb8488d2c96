"""Templates to text: `name.txt` and `name.html`, strict about names and safe about markup."""

from __future__ import annotations

import html
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from jinja2 import Environment, Template, TemplateNotFound, Undefined, UndefinedError
from jinja2.runtime import Context

from ..errors import MessageError

SUFFIXES = (".txt", ".html")


class Rendered(NamedTuple):
    """What the templates gave; None for a part that has no template or a subject nobody wrote."""

    subject: str | None
    text: str | None
    html: str | None


class Unprintable(Undefined):
    """A name that nobody defined: false when tested, an error when it is to be shown."""

    __slots__ = ()

    def _refuse(self) -> NoReturn:
        self._fail_with_undefined_error()

    __str__ = _refuse
    __iter__ = _refuse


class Templates:
    """The application's own environment as mail needs it; filters, tests and globals are shared.

    What it compiles is its own: a shared bytecode cache would hold the application's escaping.
    """

    def __init__(self, environment: Environment, own: Mapping[str, Any] | None = None) -> None:
        """`own`: globals that mail has in place of the application's."""
        self._environment = environment.overlay(
            undefined=Unprintable, autoescape=_escapes, bytecode_cache=None
        )
        shared: Any = ChainMap(dict(own or {}), environment.globals)
        self._environment.globals = shared

    def render(self, name: str, context: Mapping[str, Any], *, subject: bool = True) -> Rendered:
        """Render what there is of `name.txt` and `name.html`, and their `{% block subject %}`.

        With `subject=False` the block is left out all the same. An empty one is no subject.
        MessageError names both paths when neither exists, and the template that shows a name
        which is not defined.
        """
        if name.endswith(SUFFIXES):
            raise MessageError(
                [f"template {name!r}: leave the suffix off; .txt and .html are both looked for"]
            )
        found = [_load(self._environment, name + suffix) for suffix in SUFFIXES]
        if not any(found):
            raise MessageError(
                [f"neither {name}.txt nor {name}.html was found in the template folders; make at"
                 " least one of them"]
            )  # fmt: skip
        (line, text), (html_line, page) = (_parts(template, context, subject) for template in found)
        return Rendered(line or (html_line and html.unescape(html_line)), text, page)


def _escapes(name: str | None) -> bool:
    return name is None or not name.endswith(".txt")


def _load(environment: Environment, name: str) -> Template | None:
    try:
        return environment.get_template(name)
    except TemplateNotFound:
        return None


def _parts(
    template: Template | None, context: Mapping[str, Any], subject: bool
) -> tuple[str | None, str | None]:
    if template is None:
        return None, None
    try:
        return _subject_and_body(template, template.new_context(dict(context)), subject)
    except UndefinedError as error:
        raise MessageError(
            [f"{template.name}, or what it includes: {error.message}; pass it or test it first"]
        ) from error
    except Exception:  # noqa: BLE001 - raised again, with the lines of the template
        template.environment.handle_exception()


def _subject_and_body(
    template: Template, context: Context, subject: bool
) -> tuple[str | None, str]:
    """The block is the subject and not part of the body, wherever in the family it stands."""
    own = context.blocks.get("subject", [])
    context.blocks["subject"] = [_nothing]
    body = "".join(template.root_render_func(context))
    family = [*own, *context.blocks["subject"][1:]]
    if not family:
        return None, body
    line = _line(family, context) if subject else None
    return line, body.lstrip("\r\n")


def _line(family: list[Callable[[Context], Iterator[str]]], context: Context) -> str | None:
    context.blocks["subject"] = family
    return "".join(family[0](context)).strip() or None


def _nothing(context: Context) -> Iterator[str]:
    return iter(())
