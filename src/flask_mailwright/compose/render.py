"""Templates to text: `name.txt`, `name.html` and `name.md`, strict about names and safe."""

from __future__ import annotations

import html
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    Template,
    TemplateNotFound,
    Undefined,
    UndefinedError,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup

from ..errors import MessageError
from .images import Image, images_shown
from .markdown import page_of, set_apart, values_apart
from .mixing import Joining, filters, translations
from .variants import variants

SUFFIXES = (".txt", ".html", ".md")
LAYOUT = "mailwright/markdown.html"
"""What a Markdown template is shown in: ours, or the application's own of that name."""
OURS = Path(__file__).parent.parent / "templates"


class Rendered(NamedTuple):
    """What the templates gave; None for a part that has no template or a subject nobody wrote.

    `images`: what the HTML shows of the application's files.
    """

    subject: str | None
    text: str | None
    html: str | None
    images: tuple[Image, ...] = ()


class Found(NamedTuple):
    """The templates of one name and one language; there is no `markdown` beside a `html`."""

    text: Template | None
    html: Template | None
    markdown: Template | None


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

    def __init__(
        self,
        environment: Environment,
        own: Mapping[str, Any] | None = None,
        filters: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        """`own`: globals that mail has in place of the application's.

        `filters`: those that it has where the application has none of that name.
        """
        loaders = [environment.loader] if environment.loader else []
        self._environment = environment.overlay(
            loader=ChoiceLoader([*loaders, FileSystemLoader(OURS)]),
            undefined=Unprintable,
            autoescape=_escapes,
            bytecode_cache=None,
        )
        names: Any = ChainMap(dict(own or {}), environment.globals)
        steps: Any = ChainMap(environment.filters, dict(filters or {}))
        self._environment.globals, self._environment.filters = names, steps

    def render(
        self,
        name: str,
        context: Mapping[str, Any],
        *,
        subject: bool = True,
        locale: str | None = None,
    ) -> Rendered:
        """Render what there is of `name.txt`, `name.html` or `name.md`, and `{% block subject %}`.

        With a `locale` those of that language come first, `name.de.txt` and so on; a mail is never
        of two. With `subject=False` the block is left out all the same. An empty one is no subject.
        MessageError names the paths when none exists, and the template that shows a name which is
        not defined.
        """
        if name.endswith(SUFFIXES):
            raise MessageError(
                [f"template {name!r}: leave the suffix off; .txt, .html and .md are looked for"]
            )
        found = self._find(name, locale)
        line, text = _parts(found.text, context, subject)
        with images_shown() as images:
            html_line, page = self._page(found, context, subject)
        return Rendered(line or html_line, text, page, tuple(dict.fromkeys(images.values())))

    def _find(self, name: str, locale: str | None) -> Found:
        for stem in variants(name, locale):
            text, page = (_load(self._environment, stem + suffix) for suffix in SUFFIXES[:2])
            markdown = None if page else _load(self._markdown, f"{stem}.md")
            if text or page or markdown:
                return Found(text, page, markdown)
        raise MessageError(
            [f"neither {name}.txt nor {name}.html nor {name}.md was found in the template folders;"
             " make at least one of them"]
        )  # fmt: skip

    def _page(
        self, found: Found, context: Mapping[str, Any], subject: bool
    ) -> tuple[str | None, str | None]:
        if found.markdown is not None:
            return self._markdown_page(found.markdown, context, subject)
        line, page = _parts(found.html, context, subject)
        return line and html.unescape(line), page

    def _markdown_page(
        self, template: Template, context: Mapping[str, Any], subject: bool
    ) -> tuple[str | None, str | None]:
        with values_apart() as values:
            line, source = _parts(template, context, subject)
            content = page_of(source or "", values)
            line = line and values.whole(values.plain(line))
        layout = self._environment.get_template(LAYOUT)
        return line, _parts(layout, {**context, "mail_content": content}, False)[1]

    @cached_property
    def _markdown(self) -> Environment:
        environment = self._environment.overlay(finalize=_printed)
        environment.code_generator_class = Joining
        names: Any = ChainMap(translations(environment.globals), environment.globals)
        steps: Any = ChainMap(filters(environment.filters), environment.filters)
        environment.globals, environment.filters = names, steps
        return environment


@pass_context
def _printed(context: Context, value: object) -> object:
    """What HTML templates mark safe is HTML there, whatever it begins with."""
    is_html = str(context.name).endswith(".html") and isinstance(value, Markup)
    return value if is_html else set_apart(value)


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
        return _subject_and_body(template, _context(template, context), subject)
    except UndefinedError as error:
        raise MessageError(
            [f"{template.name}, or what it includes: {error.message}; pass it or test it first"]
        ) from error
    except Exception:  # noqa: BLE001 - raised again, with the lines of the template
        template.environment.handle_exception()


def _context(template: Template, values: Mapping[str, Any]) -> Context:
    """What Jinja's `new_context` gives; that asks a chain of mappings for each name it has."""
    names: dict[str, Any] = {}
    _pour(template.globals, names)
    names.update(values)
    environment = template.environment
    return environment.context_class(environment, names, template.name, template.blocks)


def _pour(names: Mapping[str, Any], whole: dict[str, Any]) -> None:
    if isinstance(names, dict) or not isinstance(names, ChainMap):
        whole.update(names)
        return
    for each in reversed(names.maps):
        _pour(each, whole)


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
