"""A process that submits mails and delivers what is in the outbox, until somebody kills it."""

import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from flask_mailwright import Mail, MailError, Message


def main(config: Mapping[str, Any], journal: Path, pause: float, numbers: range) -> None:
    """Note each mail in the journal once its ticket is there; then only deliver."""
    app = Flask("crash")
    app.config.update(config)
    mail = Mail(app)
    with journal.open("a", encoding="ascii") as written:
        for number in numbers:
            message = Message(
                f"{number}", [f"r{number}@example.com"], "Hello", sender="a@b.example"
            )
            message.msgId = f"<{number}.{os.getpid()}@b.example>"
            mail.send_later(message, expires=timedelta(hours=1))
            written.write(f"{number} {message.msgId}\n")
            written.flush()
            time.sleep(pause)
    while True:
        with_patience(mail)
        time.sleep(0.1)


def with_patience(mail: Mail) -> None:
    """The file may be busy."""
    try:
        mail.flush(1)
    except MailError as error:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    config, journal, pause, first, last = sys.argv[1:]
    main(json.loads(config), Path(journal), float(pause), range(int(first), int(last)))
