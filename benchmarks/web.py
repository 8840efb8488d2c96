"""What `send_email` costs a view while the mail server is down, and what becomes of the mails.

gunicorn with --preload and 4 workers answers requests that each send a mail, in turn with requests
that each insert one row into SQLite. Then the server comes up, and each mail must arrive once. Then
it is down again, some mails are sent and gunicorn is stopped; with server and gunicorn up again,
one request that sends nothing must bring what was left. The exit code is 1 when a mail was lost or
doubled. `--json` prints the figures alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.pop(0)  # this folder: its celery.py is not the package of that name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.beside import ROOT
from benchmarks.compose import Goal
from benchmarks.knocking import knock
from benchmarks.outbox_table import at_most
from benchmarks.send import verdicts
from benchmarks.shop import recipient_for
from benchmarks.submitting import percentiles
from flask_mailwright.testing import ReceivedMail, SMTPServer

CHUNKS = 10
"""Turns of the two views."""
PATIENCE = 180.0
"""Seconds that the mails have to arrive: a relay that was down is left alone for up to 60."""
FOLDER, PORT = "BENCHMARK_FOLDER", "BENCHMARK_RELAY_PORT"


def main() -> int:
    chosen = arguments()
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        found = measure(Path(folder), chosen)
    print(json.dumps(found, indent=1) if chosen.json else "\n".join(table(found)))
    return 1 if found["wrong"] else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.add_argument("--requests", type=int, default=5000, help="to each view (default: 5000)")
    parser.add_argument("--clients", type=int, default=8, help="at the same time (default: 8)")
    parser.add_argument("--workers", type=int, default=4, help="of gunicorn (default: 4)")
    parser.add_argument("--threads", type=int, default=1, help="of a worker (default: 1)")
    parser.add_argument("--left", type=int, default=500, help="mails when gunicorn is stopped")
    return parser.parse_args()


def measure(folder: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    make_table(folder)
    relay, wrong = free_port(), list[str]()
    first, left = range(chosen.requests), range(chosen.requests, chosen.requests + chosen.left)
    with gunicorn(folder, relay, chosen) as port:
        views = clocked(port, first, chosen.clients)
        wrong += arrivals(relay, first, "when the server came up")
        knock(port, [f"/mail/{number}" for number in left], chosen.clients)
    with gunicorn(folder, relay, chosen) as port:
        knock(port, ["/"], 1)
        wrong += arrivals(relay, left, "behind the restart")
    return {
        "python": platform.python_version(),
        "peers": {name: version(name) for name in ("gunicorn", "flask")},
        **{name: getattr(chosen, name) for name in ("requests", "clients", "workers", "threads")},
        "views": views,
        "goals": [asdict(goal) for goal in goals(views)],
        "wrong": wrong,
    }


def make_table(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "rows.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE mail (number INTEGER PRIMARY KEY, content TEXT)")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def gunicorn(folder: Path, relay: int, chosen: argparse.Namespace) -> Iterator[int]:
    port = free_port()
    paths = [str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    environ = {**os.environ, FOLDER: str(folder), PORT: str(relay)}
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", str(chosen.workers)]
    command += ["--threads", str(chosen.threads), "--bind", f"127.0.0.1:{port}"]
    command += ["--log-level", "error", "benchmarks.web_app:app"]
    with (folder / "errors").open("ab") as errors:
        server = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=errors)
    try:
        await_listener(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=60)


def await_listener(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("gunicorn does not listen")


def clocked(port: int, numbers: range, clients: int) -> dict[str, dict[str, float]]:
    """Of all requests to each view, which take turns; the relay is down all the time."""
    views = ("row", "mail")
    knock(port, ["/"] * 4 * clients, clients)
    taken: dict[str, list[float]] = {view: [] for view in views}
    size = -(-len(numbers) // CHUNKS)
    for turn, start in enumerate(range(0, len(numbers), size)):
        chunk = numbers[start : start + size]
        for view in (views, views[::-1])[turn % 2]:
            taken[view] += knock(port, [f"/{view}/{number}" for number in chunk], clients)
    return {view: percentiles(seconds) for view, seconds in taken.items()}


def arrivals(port: int, numbers: range, when: str) -> Iterator[str]:
    """Bring the server up until all is there, and a little longer; what came not or not once."""
    message_ids: Counter[bytes] = Counter()
    recipients: Counter[str] = Counter()

    def note(mail: ReceivedMail) -> None:
        head = mail.content.partition(b"\r\n\r\n")[0]
        message_ids[head.partition(b"Message-ID: ")[2].partition(b"\r\n")[0]] += 1
        recipients.update(mail.recipients)

    until = time.monotonic() + PATIENCE
    with SMTPServer(port=port, keep=False, on_mail=note):
        while recipients.total() < len(numbers) and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(1.0)
    wanted = Counter(map(recipient_for, numbers))
    if recipients != wanted or max(message_ids.values(), default=0) > 1:
        missing, surplus = (wanted - recipients).total(), (recipients - wanted).total()
        yield f"{when} {missing} of {len(numbers)} mails were missing, {surplus} too many"
    if len(message_ids) != len(numbers):
        yield f"{when} there were {len(message_ids)} Message-IDs for {len(numbers)} mails"


def goals(views: dict[str, dict[str, float]]) -> Iterator[Goal]:
    for what, limit in (("p50", 3), ("p99", 5)):
        ratio = views["mail"][what] / views["row"][what]
        yield at_most(f"{what} of a request that sends / inserts a row", ratio, limit)


def table(found: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{name} {number}" for name, number in found["peers"].items())
    yield f"Python {found['python']}, {versions}; {found['requests']} requests to each view"
    yield f"{found['workers']} workers of {found['threads']} threads, {found['clients']} clients"
    yield f"  {'':8} {'p50 ms':>9} {'p99 ms':>9}"
    for view, run in found["views"].items():
        yield f"  {view:8} {run['p50']:9.2f} {run['p99']:9.2f}"
    yield ""
    yield from verdicts(found, "Every mail came once.")


if __name__ == "__main__":
    sys.exit(main())
