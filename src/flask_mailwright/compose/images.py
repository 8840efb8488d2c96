"""`inline_image` in templates: a file that the mail carries and shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ..errors import MessageError


class Image(NamedTuple):
    """A file and the Content-ID it is shown by (RFC 2392)."""

    path: Path
    cid: str


FindFile = Callable[[str], Path | None]
_SHOWN: ContextVar[dict[str, Image]] = ContextVar("shown")


@contextmanager
def images_shown() -> Iterator[dict[str, Image]]:
    """Those that templates ask for within the block, by name, each once."""
    token = _SHOWN.set({})
    try:
        yield _SHOWN.get()
    finally:
        _SHOWN.reset(token)


def image_inliner(find: FindFile) -> Callable[[str], str]:
    """What templates call: the name of a file in, the URL for `<img src>` out."""

    def inline_image(filename: str) -> str:
        shown = _SHOWN.get(None)
        if shown is None:
            raise MessageError(["inline_image works in the HTML of a mail only"])
        if filename not in shown:
            shown[filename] = _image(filename, find(filename))
        return f"cid:{shown[filename].cid}"

    return inline_image


def _image(filename: str, path: Path | None) -> Image:
    """The same file has the same Content-ID, so that the same mail is the same."""
    if path is None:
        raise MessageError(
            [f"inline_image: {filename!r} is in no static and in no template folder of the app"]
        )
    digest = sha256(f"{path} {path.stat().st_mtime_ns}".encode()).hexdigest()
    return Image(path, f"{digest[:16]}@inline")
