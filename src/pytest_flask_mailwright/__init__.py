"""Fixtures for tests of mail; a package of its own, so that pytest loads nothing else of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask_mailwright.testing import Mailbox, SMTPServer


@pytest.fixture
def _mailwright_mailbox() -> Iterator[Mailbox]:
    """Of both names, for a project may have a `mailbox` of its own."""
    from flask_mailwright.testing import Mailbox

    with Mailbox() as opened:
        yield opened


@pytest.fixture
def mailbox(_mailwright_mailbox: Mailbox) -> Mailbox:
    """All mail that the test sends, from any app; none leaves. See flask_mailwright.testing."""
    return _mailwright_mailbox


@pytest.fixture
def mail_outbox(_mailwright_mailbox: Mailbox) -> Mailbox:
    """The same, where `mailbox` is a name that the project has for something else."""
    return _mailwright_mailbox


@pytest.fixture
def smtp_server() -> Iterator[SMTPServer]:
    """A real mail server on a loopback port that misbehaves on demand; `.url` is for MAIL_URL."""
    from flask_mailwright.testing import SMTPServer

    with SMTPServer() as server:
        yield server
