"""The app of `flask --app tests.crash.worker mail worker`; the environment configures it."""

import json
import os

from flask import Flask

from flask_mailwright import Mail

CONFIG = "CRASH_CONFIG"


def create_app() -> Flask:
    """One whose mail others submit."""
    app = Flask("crash")
    app.config.update(json.loads(os.environ[CONFIG]))
    Mail(app)
    return app
