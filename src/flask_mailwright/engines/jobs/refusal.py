"""A broker that does not take a job, in one place for whatever its client raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import MailError


@contextmanager
def told(broker: str) -> Iterator[None]:
    """Any error means that it does not have the job for certain.

    >>> with told("the broker"):
    ...     raise OSError("away")
    Traceback (most recent call last):
    ...
    flask_mailwright.errors.MailError: the broker takes no job (OSError: away)
    """
    try:
        yield
    except MailError:
        raise
    except Exception as error:
        sentence = f"{broker} takes no job ({type(error).__name__}: {error})"
        raise MailError(sentence, kind="temporary", stage="queue") from error
