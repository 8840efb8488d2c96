"""Numbered mails, and how often each came."""

from __future__ import annotations

from collections import Counter

from flask_mailwright import Message
from flask_mailwright.testing import SMTPServer
from tests.apps import hello


def told(server: SMTPServer) -> Counter[tuple[str, ...]]:
    """How often each recipient's mail came."""
    return Counter(each.recipients for each in server.mails)


def numbered(count: int) -> list[Message]:
    """Each for somebody else."""
    return [hello(f"r{number}@example.com") for number in range(count)]
