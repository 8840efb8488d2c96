"""Mails of the outbox as lines for people and as documents for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..engines.outbox.overview import Account, Attempt, Summary
from .terminal import folded, iso, moment, pairs, table

SHORT = 16
"""Characters of an id in a list: enough to name the mail by."""


def summary_lines(mails: Sequence[Summary], counts: Mapping[str, int]) -> list[str]:
    """A table, and a line with all numbers."""
    rows = [
        (m.id[:SHORT], m.status, moment(m.created)[:16], str(m.attempts), m.subject) for m in mails
    ]
    head = ("ID", "STATUS", "CREATED (UTC)", "TRIES", "SUBJECT")
    lines = [*table(head, rows), ""] if mails else []
    numbers = ", ".join(f"{number:,} {status}" for status, number in counts.items())
    total = sum(counts.values())
    return [*lines, f"{total:,} in all" + (f": {numbers}" if numbers else "")]


def summary_document(mail: Summary) -> dict[str, Any]:
    """All of it; `due` is told as long as the mail waits."""
    moments = {
        "created": iso(mail.created),
        "due": iso(mail.due) if mail.status == "queued" else None,
        "ended": iso(mail.ended),
    }
    facts = mail._asdict() | moments
    return facts | {"tries": facts.pop("attempts")}


def account_lines(mail: Account) -> list[str]:
    """What is known, each recipient, each attempt."""
    facts = pairs(_facts(mail))
    recipients = [*map(str, mail.replies), *(f"{each}: no answer yet" for each in mail.unanswered)]
    told = [line for each in recipients for line in folded("  ", each)]
    tried = [line for attempt in mail.attempts for line in _attempt_lines(attempt)]
    return [
        *facts,
        *(["", "Recipients", *told] if told else []),
        *(["", "Attempts", *tried] if tried else []),
    ]


def _facts(mail: Account) -> list[tuple[str, str]]:
    summary = mail.summary
    waits = summary.status == "queued"
    crashes = f"{mail.crashes} times its process ended in the middle" if mail.crashes else ""
    return [
        ("ID", summary.id),
        ("Status", summary.status),
        ("Reason", summary.reason),
        ("Message-ID", summary.message_id),
        ("Subject", summary.subject),
        ("Sender", mail.reverse_path or ""),
        ("Route", mail.route),
        ("Created", moment(summary.created)),
        ("Next try", ("in hand" if mail.claimed else moment(summary.due)) if waits else ""),
        ("Expires", moment(mail.expires)),
        ("Ended", moment(summary.ended)),
        ("Crashes", crashes),
        ("In doubt", "it is held" if mail.on_doubt == "hold" else ""),
        ("Content", "kept" if mail.content_kept else "erased"),
    ]


def _attempt_lines(attempt: Attempt) -> list[str]:
    took = max(attempt.ended - attempt.began, 0.0)
    trouble = f", {attempt.kind.replace('_', ' ')} at {attempt.stage}" if attempt.kind else ""
    head = f"  {attempt.number}. {moment(attempt.began)}, {took:.1f} s{trouble}"
    return [*folded("  ", head.strip()), *folded("     ", attempt.text or "no answer")]


def account_document(mail: Account) -> dict[str, Any]:
    """All of it, by name."""
    known = [reply._asdict() for reply in mail.replies]
    unknown = [{"address": address, "action": None} for address in mail.unanswered]
    attempts = [
        each._asdict() | {"began": iso(each.began), "ended": iso(each.ended)}
        for each in mail.attempts
    ]
    return summary_document(mail.summary) | {
        "route": mail.route,
        "reverse_path": mail.reverse_path,
        "not_before": iso(mail.not_before),
        "expires": iso(mail.expires),
        "crashes": mail.crashes,
        "on_doubt": mail.on_doubt,
        "content_kept": mail.content_kept,
        "recipients": known + unknown,
        "attempts": attempts,
    }
