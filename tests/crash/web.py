"""A process that submits mails and delivers what is in the outbox, until somebody kills it."""

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from flask import Flask

from flask_mailwright import Mail, MailError, Message


def main(folder: Path, url: str, journal: Path, settings: str, first: int, last: int) -> None:
    """Note each mail in the journal once its ticket is there; then only deliver."""
    timing, pause = json.loads(settings)
    app = Flask("crash", instance_path=str(folder))
    app.config.update(MAIL_URL=url, MAIL_ENGINE="outbox", MAIL_TIMING=timing)
    mail = Mail(app)
    with journal.open("a", encoding="ascii") as written:
        for number in range(first, last):
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
    folder, url, journal, settings, first, last = sys.argv[1:]
    main(Path(folder), url, Path(journal), settings, int(first), int(last))
