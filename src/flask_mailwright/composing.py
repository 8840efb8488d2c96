"""`compose`: a Message made of an app's templates, for whoever it is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .errors import MessageError
from .message import Message

if TYPE_CHECKING:
    from .appstate import AppState


def composed(
    state: AppState, to: Any, subject: str | None, template: str, context: Mapping[str, Any]
) -> Message:
    """Its text, HTML, images and language; MessageError when something is missing."""
    people = _listed(to)
    rendered, locale = state.rendering.render(template, context, subject=subject, to=people)
    chosen = rendered.subject if subject is None else subject
    if chosen is None:
        raise MessageError(
            [f"there is no subject: pass one, or put {{% block subject %}} into {template}"]
        )
    message = Message(f"{state.config.subject_prefix}{chosen}", people)
    message.body, message.html = rendered.text, rendered.html
    message.locale = locale
    for image in rendered.images:
        message.attach(
            *(image.path.name, None, None, "inline", {"Content-ID": f"<{image.cid}>"}),
            path=image.path,
        )
    return message


def _listed(to: Any) -> list[Any]:
    one = (
        isinstance(to, str | bytes | tuple) or hasattr(to, "email") or not isinstance(to, Iterable)
    )
    return [to] if one else list(to)
