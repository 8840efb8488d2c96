"""Ours with a process that delivers: `flask --app benchmarks.worker_shop mail worker`.

The relay's port and the folder of the outbox are in the environment.
"""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.peers import FOLDER, PORT
from benchmarks.shop import outbox_shop
from flask_mailwright import Mail

app = outbox_shop(int(os.environ[PORT]), Path(os.environ[FOLDER]), MAIL_WORKER="external")
mail = Mail(app)
