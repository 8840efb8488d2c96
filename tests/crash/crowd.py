"""A process that delivers beside others what is in the outbox, until it is killed."""

import json
import sys
import threading
from pathlib import Path

from flask import Flask

from flask_mailwright import Mail
from flask_mailwright.engines.outbox.deliverer import Deliverer


def main(folder: Path, url: str, timing: str) -> None:
    """Claims whatever it gets."""
    app = Flask("crash", instance_path=str(folder))
    app.config.update(MAIL_URL=url, MAIL_ENGINE="outbox", MAIL_TIMING=json.loads(timing))
    Mail(app)
    engine = app.extensions["mailwright"].engine
    Deliverer(engine.store, engine._delivery, sole=False).begin()
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
