"""Jinja's own ways to mix values with text that is marked safe, as Markdown templates need them.

Jinja escapes the value for HTML, which leaves the Markdown in it alive; here it is set apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from numbers import Number
from typing import Any

from jinja2 import pass_context, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.filters import do_format, do_join, make_attrgetter
from jinja2.nodes import Concat, EvalContext
from jinja2.runtime import Context
from markupsafe import Markup

from .markdown import in_place, set_apart, set_apart_html

Function = Callable[..., Any]

_TRANSLATIONS = ("_", "gettext", "ngettext", "pgettext", "npgettext")
_REWRITING = (
    "capitalize center count forceescape length lower replace reverse striptags title tojson"
    " truncate upper urlencode urlize wordcount wordwrap xmlattr"
).split()


class Joining(CodeGenerator):
    """Makes `a ~ b` what `[a, b]|join` is."""

    def visit_Concat(self, node: Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """Write the call."""
        self.write("environment.filters['join'](context.eval_ctx, (")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


def translations(names: Mapping[str, Any]) -> dict[str, Function]:
    """Those of the names that translate: a message is Markdown, its variables are not."""
    return {name: _translating(names[name]) for name in _TRANSLATIONS if name in names}


def filters(known: Mapping[str, Function]) -> dict[str, Function]:
    """Those that mix, and those that would rewrite the words that stand for values."""
    rewriting = {name: _rewriting(known[name]) for name in _REWRITING if name in known}
    return {"e": _escaped, "escape": _escaped, "format": _formatted, "join": _joined, **rewriting}


def _translating(translate: Function) -> Function:
    @pass_context
    def translated(context: Context, *words: object, **variables: object) -> Any:
        return context.call(translate, *words, **_all_apart(variables))

    return translated


def _rewriting(change: Function) -> Function:
    """It sees the values themselves; so what it gives is HTML, if it is marked safe."""

    @wraps(change)
    def changed(*given: object, **named: object) -> Any:
        found = change(*map(in_place, given), **named)
        return set_apart_html(found) if isinstance(found, Markup) else found

    return changed


def _escaped(value: object) -> Markup:
    return value if isinstance(value, Markup) else set_apart(value)


def _formatted(value: object, *given: object, **named: object) -> str:
    if isinstance(value, Markup):
        given, named = tuple(map(_apart, given)), _all_apart(named)
    return do_format(value, *given, **named)  # type: ignore[arg-type]


@pass_eval_context
def _joined(
    eval_ctx: EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None
) -> str:
    if attribute is not None:
        value = map(make_attrgetter(eval_ctx.environment, attribute), value)
    parts = list(value)
    if any(isinstance(part, Markup) for part in [*parts, d]):
        parts = [_escaped(part) for part in parts]
    return do_join(eval_ctx, parts, d)  # type: ignore[no-any-return]


def _all_apart(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _apart(value) for name, value in values.items()}


def _apart(value: object) -> object:
    """Numbers are no Markdown, and may be formatted."""
    return value if isinstance(value, Number) else set_apart(value)
