"""A process that delivers what is in the outbox, beside others, until SIGTERM asks it to end."""

import json
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

from flask import Flask

from flask_mailwright import Mail
from flask_mailwright.engines.outbox.deliverer import Deliverer


def main(config: Mapping[str, Any]) -> None:
    """Claims whatever it gets; exit code 1 when a mail was still in hand behind the grace."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    app = Flask("crash")
    app.config.update(config)
    Mail(app)
    engine = app.extensions["mailwright"].engine
    deliverer = Deliverer(engine.store, engine._delivery, sole=False)
    deliverer.begin()
    asked.wait()
    sys.exit(not deliverer.stop(engine._delivery.timing.grace))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
