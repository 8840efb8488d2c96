"""What gunicorn serves: `benchmarks.web_app:app`, its relay and folder named by the environment.

`/mail/N` sends by `send_email`, `/row/N` inserts one row of the same size, and `/` does neither.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

from benchmarks.drafts import text_and_html
from benchmarks.shop import TEMPLATE, outbox_shop, recipient_for, subject_for
from flask_mailwright import Mail

PORT, FOLDER = "BENCHMARK_RELAY_PORT", "BENCHMARK_FOLDER"
BUSY = 60.0

folder = Path(os.environ[FOLDER])
app = outbox_shop(int(os.environ[PORT]), folder)
mail = Mail(app)
own = threading.local()
draft = text_and_html(0)
content = f"{draft.body}{draft.html}"


def connection() -> sqlite3.Connection:
    """One for each thread, as WAL and FULL want it."""
    if not hasattr(own, "connection"):
        own.connection = sqlite3.connect(folder / "rows.sqlite", timeout=BUSY)
        own.connection.execute("PRAGMA journal_mode = WAL")
        own.connection.execute("PRAGMA synchronous = FULL")
    made: sqlite3.Connection = own.connection
    return made


@app.get("/mail/<int:number>")
def send(number: int) -> str:
    mail.send_email(recipient_for(number), subject_for(number), TEMPLATE, number=number)
    return "sent"


@app.get("/row/<int:number>")
def insert(number: int) -> str:
    with connection() as open_one:
        open_one.execute("INSERT INTO mail VALUES (?, ?)", (number, content))
    return "inserted"


@app.get("/")
def index() -> str:
    return "hello"
