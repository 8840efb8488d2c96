"""A process that calls `send_email`, ours or the tutorial's: `python -m benchmarks.sending WHOSE`.

It calls in several threads, as a web process does; each sends one mail after the other.

`outbox PORT FOLDER` delivers too; `beside`, `job` and `celery` leave that to a worker. Each line
that it is told is the first number, how many mails, and how many seconds one thread lets pass
between two calls: 0 is several threads and no pause. The answer, once all calls have returned, is
the seconds of all and of one at the median.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median
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
        first, mails, pause = line.split()
        count = 1 if float(pause) else THREADS
        numbers = range(int(first), int(first) + int(mails))
        shares = [numbers[share::count] for share in range(count)]
        began = time.perf_counter()
        with ThreadPoolExecutor(count) as threads:
            runs = threads.map(partial(call, app, send_email, float(pause)), shares)
            taken = list(chain(*runs))
        say({"seconds": time.perf_counter() - began, "p50": median(taken)})


def call(app: Flask, send_email: SendEmail, pause: float, numbers: range) -> list[float]:
    taken = []
    for number in numbers:
        if pause:
            time.sleep(pause)
        with app.app_context():
            began = time.perf_counter()
            send_email(recipient_for(number), subject_for(number), TEMPLATE, number=number)
            taken.append(time.perf_counter() - began)
    return taken


def outbox(port: str, folder: str) -> tuple[Flask, SendEmail]:
    app = outbox_shop(int(port), Path(folder))
    return app, Mail(app).send_email


def beside() -> tuple[Flask, SendEmail]:
    from benchmarks import worker_shop

    return worker_shop.app, worker_shop.mail.send_email


def job() -> tuple[Flask, SendEmail]:
    from benchmarks import job_shop

    return job_shop.app, job_shop.mail.send_email


def celery() -> tuple[Flask, SendEmail]:
    from benchmarks import celery_shop

    return celery_shop.app, celery_shop.send_email


def say(what: object) -> None:
    print(json.dumps(what), flush=True)


SENDERS: dict[str, Callable[..., tuple[Flask, SendEmail]]] = {
    "outbox": outbox,
    "beside": beside,
    "job": job,
    "celery": celery,
}

if __name__ == "__main__":
    main()
