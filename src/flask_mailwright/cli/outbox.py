"""`flask mail outbox ...`: look into the outbox, and decide about what is stuck there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import get_args

import click
from flask.cli import AppGroup

from ..engines.outbox import overview, retention
from ..engines.outbox.cancel import cancel
from ..engines.outbox.retry import retry, retry_all
from ..engines.outbox.store import Store
from ..engines.ticket import Status
from ..errors import MailError
from .app import app_state, outbox
from .mail_report import account_document, account_lines, summary_document, summary_lines
from .terminal import say, say_json

STATUSES = [status for status in get_args(Status) if status != "uncommitted"]
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_SPAN = re.compile(r"(\d{1,9})([smhd]?)")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    found = _SPAN.fullmatch(value)
    if found is None:
        raise click.BadParameter("must be like 90s, 15m, 12h or 7d")
    return int(found[1]) * _UNITS[found[2]]


command = AppGroup("outbox", help="Look into the outbox. A mail is named by the beginning of its"
    " ID or by its Message-ID.")  # fmt: skip


@command.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only mails of this status.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@_AS_JSON
def list_mails(status: Status | None, limit: int, as_json: bool) -> None:
    """The newest mails, and how many there are of each status."""
    store = outbox().store
    mails, counts = overview.summaries(store, limit, status), overview.count(store)
    if as_json:
        found = [summary_document(mail) for mail in mails]
        say_json({"app": store.app, "counts": counts, "mails": found})
        return
    for line in summary_lines(mails, counts):
        say(line)


@command.command("show")
@click.argument("mail")
@_AS_JSON
def show(mail: str, as_json: bool) -> None:
    """Who was answered what, and what was tried; never the content."""
    store = outbox().store
    found = overview.account(store, overview.identify(store, mail))
    if found is None:
        raise MailError(f"mail {mail!r} has just been pruned", kind="invalid")
    if as_json:
        say_json(account_document(found))
        return
    for line in account_lines(found):
        say(line)


@command.command("retry")
@click.argument("mails", nargs=-1)
@click.option("--status", type=click.Choice(["failed", "held"]), help="All mails of this status.")
def retry_mails(mails: Sequence[str], status: str | None) -> None:
    """Try again at once for all who have no mail yet, also those who were refused.

    Of a mail that waits for its next try the waiting ends.
    """
    if bool(mails) == bool(status):
        raise click.UsageError("name mails, or all of one --status")
    store, now = outbox().store, app_state().world.now()
    if status is None:
        _each(store, mails, lambda mail: _retried(store, mail, now))
        return
    done = retry_all(store, status, now)
    say(f"go again: {done.again:,}")
    if done.not_again:
        say(f"cannot: {done.not_again:,}; their content is not kept any more", err=True)


@command.command("cancel")
@click.argument("mails", nargs=-1, required=True)
def cancel_mails(mails: Sequence[str]) -> None:
    """Let mails that wait or are held go no more, and erase their contents."""
    store, now = outbox().store, app_state().world.now()
    _each(store, mails, lambda mail: _cancelled(store, mail, now))


@command.command("prune")
@click.option("--contents-older-than", "contents", callback=_seconds, help="12h, 7d and so on.")
@click.option("--mails-older-than", "mails", callback=_seconds, help="30d, if it is not given.")
def prune(contents: float | None, mails: float | None) -> None:
    """Erase the contents of mails that ended so long ago, and forget those that ended earlier.

    What waits or is under way stays. Without options: what who delivers does each hour anyway.
    """
    store, now = outbox().store, app_state().world.now()
    keep = app_state().config.outbox.keep
    erased, forgotten = retention.prune(
        store,
        contents_before=now - (keep if contents is None else contents),
        mails_before=now - (retention.KEEP if mails is None else mails),
    )
    say(f"contents erased: {erased:,}; mails forgotten: {forgotten:,}")


@command.command("init")
def init() -> None:
    """Make the outbox's tables, where no migrations do."""
    engine = outbox()
    made = engine.make_tables()
    say(f"the tables of the outbox {'were made' if made else 'are there'}: {engine.place}")


def _each(store: Store, mails: Sequence[str], act: Callable[[str], str]) -> None:
    """One line for each; those that fail do not keep the others, but exit code 1 tells of them."""
    failed = False
    for mail in mails:
        try:
            say(act(overview.identify(store, mail)))
        except MailError as error:
            if error.stage == "store":
                raise
            failed = True
            say(f"Error: {error}", err=True)
    if failed:
        raise SystemExit(1)


def _retried(store: Store, mail: str, now: float) -> str:
    recipients = retry(store, mail, now)
    return f"{mail} goes again" + (f", to {recipients} recipients" if recipients > 1 else "")


def _cancelled(store: Store, mail: str, now: float) -> str:
    if cancel(store, mail, now):
        return f"{mail} is cancelled; nobody has got it"
    found = overview.account(store, mail)
    status = found.summary.status if found else "pruned"
    if status == "cancelled":
        return f"{mail} is cancelled, but somebody has got it, or may have: see `show`"
    raise MailError(f"mail {mail} is {status}, and no more to be cancelled", kind="invalid")
