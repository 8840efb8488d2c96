"""What the development server logs while a page of the mailbox is open."""

import logging

import pytest

from tests.web.mailbox import Box


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('"GET /_mail/live?after=1 HTTP/1.1" 204 -', False),
        ('"GET /shop/_mail/previews/mail/x/live?locale=de HTTP/1.1" 200 -', False),
        ('"GET /_mail/live?after=1 HTTP/1.1" 500 -', True),
        ('"GET /_mail/ HTTP/1.1" 200 -', True),
        ('"GET /live HTTP/1.1" 200 -', True),
    ],
)
def test_polls_are_not_logged(
    box: Box, caplog: pytest.LogCaptureFixture, line: str, told: bool
) -> None:
    """Unless one fails; and nothing else is kept out."""
    caplog.set_level(logging.INFO, "werkzeug")
    box.page("/")
    logging.getLogger("werkzeug").info("127.0.0.1 - - [30/Nov/2026] %s\n", line)
    assert bool(caplog.records) is told
