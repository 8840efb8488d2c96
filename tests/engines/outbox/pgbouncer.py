"""PgBouncer before the machine's PostgreSQL."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.judges.aiosmtpd_server import free_port
from tests.services import require_service
from tests.testing.raw_client import eventually

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
_SETTINGS = """
[databases]
* = host=127.0.0.1 port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {processes}
"""


PROCESSES = {"transaction": 2, "session": 20}
"""Of the server: each transaction runs in one of two, or each connection has one of its own."""


@contextmanager
def pooler(mode: str, folder: Path) -> Iterator[int]:
    """The port that it listens on."""
    require_service("pgbouncer", None if PROGRAM else "not installed (apt install pgbouncer)")
    port, settings = free_port(), folder / f"{mode}.ini"
    settings.write_text(_SETTINGS.format(port=port, mode=mode, processes=PROCESSES[mode]))
    user = [] if os.getuid() else ["-u", "nobody"]  # it refuses to be root
    with subprocess.Popen([str(PROGRAM), "-q", *user, settings]) as process:
        try:
            assert eventually(lambda: _listens(port), within=20)
            yield port
        finally:
            process.kill()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
