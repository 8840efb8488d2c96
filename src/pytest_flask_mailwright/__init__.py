"""Fixtures for tests of mail; a package of its own, so that pytest loads nothing else of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask_mailwright.testing import Mailbox, SMTPServer


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """All mail that the test sends, from any app; none leaves. See flask_mailwright.testing."""
    from flask_mailwright.testing import Mailbox

    with Mailbox() as opened:
        yield opened


@pytest.fixture
def mail_outbox(mailbox: Mailbox) -> Mailbox:
    """The same, where `mailbox` is a name that the project has for something else."""
    return mailbox


@pytest.fixture
def smtp_server() -> Iterator[SMTPServer]:
    """A real mail server on a loopback port that misbehaves on demand; `.url` is for MAIL_URL."""
    from flask_mailwright.testing import SMTPServer

    with SMTPServer() as server:
        yield server
