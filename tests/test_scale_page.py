"""docs/scale.md: each app on it runs with the worker that stands beneath it."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from flask_mailwright.testing import SMTPServer
from tests.engines.jobs.brokers import own_broker
from tests.testing.raw_client import eventually

PAGE = (Path(__file__).parents[1] / "docs/scale.md").read_text("utf-8")
APPS = {
    name: (source, command.strip())
    for name, source, command in re.findall(
        r"`(\w+)\.py`:\n\n```python\n(.*?)```\n\n```sh\n(.*?)```", PAGE, re.DOTALL
    )
}
SEND = """
from {name} import app, mail
from flask_mailwright import Message
with app.app_context():
    for number in range(3):
        mail.send_later(Message(str(number), ["ann@example.com"], "Hello"))
mail.close()
"""
WITHIN = 60.0
pytestmark = pytest.mark.timeout(180)


@contextmanager
def worker(command: str, folder: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Started as the page says; what it says is in a file."""
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            shlex.split(command), cwd=folder, env=environ, stdout=file, stderr=file
        )
    try:
        yield log
    finally:
        process.terminate()
        try:
            assert process.wait(WITHIN) == 0, log.read_text()
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["with_celery", "with_rq", "with_huey"])
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "posted"])
def test_an_app_of_the_page(name: str, shared: bool, tmp_path: Path) -> None:
    """Sends in one process and delivers in another, as wake-ups or as jobs."""
    source, command = APPS[name]
    (tmp_path / f"{name}.py").write_text(source)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with SMTPServer() as server, own_broker("redis", tmp_path / "broker") as redis:
        environ = {
            **os.environ,
            "PATH": path,
            "PYTHONPATH": str(tmp_path),
            "PYTHONWARNINGS": "ignore",
            "FLASK_MAIL_URL": server.url,
            "FLASK_MAIL_DEFAULT_SENDER": "shop@example.com",
            "FLASK_MAIL_OUTBOX_URL": f"sqlite:///{tmp_path}/outbox.sqlite" if shared else "",
            "FLASK_CELERY__broker_url": redis.url,
            "FLASK_RQ_CONNECTION": redis.url,
        }
        send = [sys.executable, "-c", SEND.format(name=name)]
        subprocess.run(send, cwd=tmp_path, env=environ, check=True)
        with worker(command, tmp_path, environ) as log:
            assert eventually(lambda: server.count == 3, WITHIN), log.read_text()
    assert (tmp_path / "outbox.sqlite").exists() == shared


def test_any_other_queue_takes_fifteen_lines() -> None:
    """The function, but for blank lines."""
    source = APPS["with_huey"][0]
    (engine,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == "engine"
    )
    lines = (ast.get_source_segment(source, engine) or "").splitlines()
    assert len([line for line in lines if line.strip()]) <= 15
