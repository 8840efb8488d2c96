"""MAIL_OUTBOX_URL, MAIL_OUTBOX_KEEP and MAIL_WORKER: where the outbox is and who delivers."""

from __future__ import annotations

import re
from typing import Any

from ..engines import OutboxSettings
from ..timing import seconds
from .keys import Keys
from .values import text


def read_outbox(keys: Keys, *, shared: bool) -> OutboxSettings:
    """`shared`: it has its place in the app's database."""
    if shared and keys.is_set("MAIL_OUTBOX_URL"):
        keys.faults.append(
            "MAIL_OUTBOX_URL is set and Mail(db=...) keeps the outbox in db; unset it, or leave db="
            " away"
        )
    return OutboxSettings(
        url=keys.take("MAIL_OUTBOX_URL", _url, ""),
        keep=keys.take("MAIL_OUTBOX_KEEP", seconds, OutboxSettings().keep),
        embedded=keys.take("MAIL_WORKER", _embedded, True),
    )


def _url(value: Any) -> str:
    url = text(value)
    if not _URL.fullmatch(url):
        raise ValueError(
            "must be sqlite:///name.sqlite (in the instance folder), sqlite:////path/name.sqlite,"
            " or postgresql+psycopg:// or mariadb+pymysql:// with user:password@host/database;"
            " in user and password write special characters as %XX"
        )
    return url


_URL = re.compile(
    r"sqlite:///[^\s].*|(postgresql|mysql|mariadb)(\+\w+)?://([^/?#@]*@)?[^/?#@]+/[^/?#@]+(\?.*)?"
)


def _embedded(value: Any) -> bool:
    if value not in ("embedded", "external"):
        raise ValueError(
            "must be embedded (the processes that use the outbox deliver) or external (only"
            " `flask mail worker` does)"
        )
    return bool(value == "embedded")
