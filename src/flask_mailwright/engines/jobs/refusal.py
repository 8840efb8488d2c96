"""A broker that does not take a job, in one place for whatever its client raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import MailError
from ...secret import raised


@contextmanager
def told(broker: str) -> Iterator[None]:
    """Any error means that it does not have the job for certain.

    What Python raises itself is of a URL that cannot be read, and may quote a part of its password.

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
    except (ValueError, LookupError, TypeError) as error:
        sentence = f"{broker} takes no job: {raised(error)}{_UNREADABLE}"
        raise MailError(sentence, kind="temporary", stage="queue") from None
    except Exception as error:
        sentence = f"{broker} takes no job ({type(error).__name__}: {error})"
        raise MailError(sentence, kind="temporary", stage="queue") from error


_UNREADABLE = (
    "; look whether its URL is in order, and write all but letters and digits of its user and"
    " password as %XX"
)
