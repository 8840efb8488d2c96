"""Templates to text: `name.txt` and `name.html`, strict about names and safe about markup."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
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


def mail_environment(environment: Environment) -> Environment:
    """The application's own environment as mail needs it; filters, tests and globals are shared."""
    return environment.overlay(undefined=Unprintable, autoescape=_escapes)


def render(environment: Environment, name: str, context: Mapping[str, Any]) -> Rendered:
    """Render what there is of `name.txt` and `name.html`, and their `{% block subject %}`.

    MessageError names both paths when neither exists, and the template that shows a name
    which is not defined.
    """
    if name.endswith(SUFFIXES):
        raise MessageError(
            [f"template {name!r}: leave the suffix off; .txt and .html are both looked for"]
        )
    found = [_load(environment, name + suffix) for suffix in SUFFIXES]
    if not any(found):
        raise MessageError(
            [f"neither {name}.txt nor {name}.html was found in the template folders; make at least"
             " one of them"]
        )  # fmt: skip
    (subject, text), (html_subject, page) = (_parts(template, context) for template in found)
    if subject is None and html_subject is not None:
        subject = html.unescape(html_subject)
    return Rendered(subject, text, page)


def _escapes(name: str | None) -> bool:
    return name is None or not name.endswith(".txt")


def _load(environment: Environment, name: str) -> Template | None:
    try:
        return environment.get_template(name)
    except TemplateNotFound as error:
        if error.name != name:
            raise
        return None


def _parts(
    template: Template | None, context: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    if template is None:
        return None, None
    try:
        return _subject_and_body(template, template.new_context(dict(context)))
    except UndefinedError as error:
        raise MessageError(
            [f"template {template.name}: {error.message}; pass it to the template or test it first"]
        ) from error


def _subject_and_body(template: Template, context: Context) -> tuple[str | None, str]:
    """The block is the subject and not part of the body, wherever in the family it stands."""
    own = context.blocks.get("subject", [])
    context.blocks["subject"] = [_nothing]
    body = "".join(template.root_render_func(context))
    family = [*own, *context.blocks["subject"][1:]]
    if not family:
        return None, body
    context.blocks["subject"] = family
    return "".join(family[0](context)).strip(), body.lstrip("\r\n")


def _nothing(context: Context) -> Iterator[str]:
    return iter(())
