"""A process that calls `send_email`, ours or the tutorial's: `python -m benchmarks.sending WHOSE`.

It calls in several threads, as a web process does; each sends one mail after the other.

`outbox PORT FOLDER` delivers too; `beside` and `celery` leave that to a worker. Each line that it
is told is the first number and how many mails; the answer, once all calls have returned, their
seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask

from benchmarks.shop import TEMPLATE, outbox_shop, recipient_for, subject_for
from flask_mailwright import Mail

SendEmail = Callable[..., Any]
THREADS = 4


def main() -> None:
    whose, *arguments = sys.argv[1:]
    app, send_email = SENDERS[whose](*arguments)
    say(0)
    for line in sys.stdin:
        first, mails = map(int, line.split())
        began = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as threads:
            shares = [range(first + share, first + mails, THREADS) for share in range(THREADS)]
            list(threads.map(partial(call, app, send_email), shares))
        say(time.perf_counter() - began)


def call(app: Flask, send_email: SendEmail, numbers: range) -> None:
    for number in numbers:
        with app.app_context():
            send_email(recipient_for(number), subject_for(number), TEMPLATE, number=number)


def outbox(port: str, folder: str) -> tuple[Flask, SendEmail]:
    app = outbox_shop(int(port), Path(folder))
    return app, Mail(app).send_email


def beside() -> tuple[Flask, SendEmail]:
    from benchmarks import worker_shop

    return worker_shop.app, worker_shop.mail.send_email


def celery() -> tuple[Flask, SendEmail]:
    from benchmarks import celery_shop

    return celery_shop.app, celery_shop.send_email


def say(what: object) -> None:
    print(json.dumps(what), flush=True)


SENDERS: dict[str, Callable[..., tuple[Flask, SendEmail]]] = {
    "outbox": outbox,
    "beside": beside,
    "celery": celery,
}

if __name__ == "__main__":
    main()
