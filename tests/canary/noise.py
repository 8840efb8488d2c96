"""All that a run shows: log lines, what is printed, errors with their chains, and reprs."""

from __future__ import annotations

import functools
import logging
import traceback
import types
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import flask_mailwright
from flask_mailwright.secret import Secret
from tests.canary.forms import Canary, Searcher
from tests.canary.planted import CONTENT

OURS = str(Path(flask_mailwright.__file__).parent)
DEPTH = 12


class Noise(logging.Handler):
    """Collects while its block lasts; `lines` counts those of the log.

    What is alike is kept once, so that it is searched once.
    """

    def __init__(self, canaries: Iterable[Canary]) -> None:
        super().__init__(logging.DEBUG)
        self._searcher = Searcher(canaries)
        self._format = logging.Formatter("%(name)s %(levelname)s %(message)s | %(args)r")
        self.lines = 0
        self.loggers = set[str]()
        self.seen: dict[str, None] = {}
        self.variables: dict[str, None] = {}

    def __enter__(self) -> Self:
        self._levels = {logger: logger.level for logger in _loggers() if logger.level}
        for logger in self._levels:
            logger.setLevel(logging.DEBUG)
        logging.root.addHandler(self)
        self._warned = warnings.catch_warnings(record=True)
        warned = self._warned.__enter__()
        self._warnings = [] if warned is None else warned
        warnings.simplefilter("always")
        return self

    def __exit__(self, *_: object) -> None:
        self._warned.__exit__(None, None, None)
        logging.root.removeHandler(self)
        for logger, level in self._levels.items():
            logger.setLevel(level)
        self.show(*[str(each.message) for each in self._warnings])

    def emit(self, record: logging.LogRecord) -> None:
        """A line of any logger, with the traceback that it has."""
        self.lines += 1
        self.loggers.add(record.name)
        text, record.exc_text = self._format.format(record), None
        self.show(text)
        if record.exc_info and record.exc_info[1]:
            self.show_error(record.exc_info[1])

    def show(self, *texts: str) -> None:
        """As somebody has read them."""
        self.seen.update(dict.fromkeys(texts))

    def show_things(self, *things: object) -> None:
        """In words and as repr, with all that hangs on them; errors with their chains."""
        for thing in things:
            if isinstance(thing, BaseException):
                self.show_error(thing)
            for part in reachable(thing):
                self.show(repr(part), str(part))

    def show_error(self, error: BaseException) -> None:
        """Its traceback, its chain, and the variables of our frames, as an error tracker has them.

        Those may hold a mail, but no secret.
        """
        self.show(*traceback.format_exception(error))
        for each in chain(error):
            self.show(str(each), repr(each), repr(each.args), repr(getattr(each, "replies", "")))
            for frame, _ in traceback.walk_tb(each.__traceback__):
                if frame.f_code.co_filename.startswith(OURS):
                    name = frame.f_code.co_qualname
                    shown = [f"{name}: {k}={_safe_repr(v)}" for k, v in frame.f_locals.items()]
                    self.variables.update(dict.fromkeys(shown))

    def betrayals(self) -> list[str]:
        """What was heard, in which form, and where: for whoever has to mend it."""
        return [f"{sorted(found)}: {text[:3000]}" for found, text in self._found() if found]

    def canaries(self) -> set[str]:
        """The names of what was heard."""
        return {name for found, _ in self._found() for name, _ in found}

    def _found(self) -> Iterator[tuple[set[tuple[str, str]], str]]:
        search = self._searcher.found
        for text in self.seen:
            yield search(text), text
        for text in self.variables:
            yield {each for each in search(text) if each[0] not in _OF_A_MAIL}, text


def _loggers() -> list[logging.Logger]:
    """The root, and all others that are there: some libraries set the level of their own."""
    known = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    return [logging.root, *known]


def chain(error: BaseException) -> Iterator[BaseException]:
    """It, and all that it came from, as far as Python shows it: not behind `from None`."""
    seen, left = set[int](), [error]
    while left:
        each = left.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            behind = None if each.__suppress_context__ else each.__context__
            left += [found for found in (each.__cause__, behind) if found is not None]


def reachable(thing: object) -> Iterator[object]:
    """Ours, with what it holds, and what that holds.

    A text that hangs on something is shown by a repr or not at all; a Secret is opened by nobody.
    """
    seen, left = set[int](), deque([(thing, DEPTH)])
    while left:
        each, depth = left.popleft()
        if depth and id(each) not in seen and not isinstance(each, _PLAIN):
            seen.add(id(each))
            if not isinstance(each, _HOLDERS) or hasattr(each, "_fields"):
                yield each
            left.extend((part, depth - 1) for part in _parts(each))


def _parts(thing: Any) -> list[object]:
    if isinstance(thing, Secret):
        return []
    if isinstance(thing, Mapping):
        return list(thing.values())
    if isinstance(thing, _HOLDERS):
        return list(thing)
    if isinstance(thing, functools.partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    if isinstance(thing, types.MethodType):
        return [thing.__self__]
    if isinstance(thing, types.FunctionType):
        return [cell.cell_contents for cell in thing.__closure__ or () if _is_filled(cell)]
    if not type(thing).__module__.startswith("flask_mailwright"):
        return []
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    held = [getattr(thing, name, None) for name in slots if not name.startswith("__")]
    return [*held, *getattr(thing, "__dict__", {}).values()]


def _is_filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _safe_repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - half made, as a debugger meets it too
        return f"no repr: {type(error).__name__}"


_OF_A_MAIL = {each.name for each in CONTENT}
_PLAIN = (str, bytes, int, float, type(None), type, types.ModuleType)
_HOLDERS = (list, tuple, set, frozenset, dict)
