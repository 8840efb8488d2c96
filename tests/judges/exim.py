"""A private Exim, from the binary of Debian's package, as the relay."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.judges.aiosmtpd_server import free_port
from tests.judges.maildir import Maildir, make_folder

# Installed, or unpacked by .ci/run beside the Postfix that is installed.
COMMANDS = (Path("/usr/sbin/exim4"), Path("/opt/mailwright-exim/usr/sbin/exim4"))
MAIL_USER = "nobody"
MAILS_PER_CONNECTION = 200
START, STOP = 10.0, 5.0  # seconds

# Exim says 421 to one MAIL more than smtp_accept_max_per_connection (by default 1000), and stays.
CONFIGURATION = """\
exim_path = {command}
exim_user = {uid}
exim_group = {gid}
deliver_drop_privilege = true
keep_environment =
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
daemon_startup_retries = 0
primary_hostname = exim.test
tls_advertise_hosts = *
tls_certificate = {folder}/chain.pem
tls_privatekey = {folder}/chain.pem
chunking_advertise_hosts = *
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
message_size_limit = 100M
smtp_accept_max = 0
smtp_accept_max_per_connection = {most}
smtp_accept_queue_per_connection = 0
acl_smtp_rcpt = accept
dkim_verify_signers =

begin routers
everybody:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  return_path_add
  envelope_to_add
  user = {uid}
  group = {gid}
"""


class Exim:
    """Listens on 127.0.0.1:`port`, offers STARTTLS, delivers every recipient to one Maildir."""

    host = "127.0.0.1"

    def __init__(self, chain_file: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self._root = os.geteuid() == 0
        self._user = pwd.getpwnam(MAIL_USER) if self._root else pwd.getpwuid(os.geteuid())
        self.folder = make_folder("exim")
        self._inbox = Maildir(self.folder / "mail", self.log)
        self._configure(chain_file)
        self._daemon = self._start()
        self.group = self._daemon.pid
        try:
            self._await_banner()
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def missing() -> str | None:
        """Why Exim cannot run here, or None."""
        if command() is None:
            return "not installed (apt install exim4-daemon-light, or beside Postfix: .ci/run)"
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def wait(self, count: int = 1, timeout: float = 20) -> list[bytes]:
        """Take the next `count` mails out of the Maildir, oldest first, or TimeoutError; seconds.

        One mail per recipient, each as Exim's appendfile wrote it: with the lines Return-path,
        Envelope-to and Received in front, and with LF for CRLF.
        """
        return self._inbox.wait(count, timeout)

    def log(self) -> str:
        """What Exim has logged, and what it said when it could not log."""
        return "".join(path.read_text() for path in sorted((self.folder / "log").iterdir()))

    @property
    def accepted(self) -> int:
        """How many mails it has answered for, delivered or not."""
        return (self.folder / "log/main").read_text().count(" <= ")

    def stop(self) -> None:
        """Kill the daemon with all its children, and remove every file."""
        with contextlib.suppress(ProcessLookupError):  # it never got so far
            os.killpg(self.group, signal.SIGKILL)
        self._daemon.wait(STOP)
        deadline, tick = time.monotonic() + STOP, threading.Event()
        while living(self.group) and time.monotonic() < deadline:
            tick.wait(0.01)
        shutil.rmtree(self.folder)

    def _configure(self, chain_file: Path) -> None:
        shutil.copyfile(chain_file, self.folder / "chain.pem")
        (self.folder / "log").mkdir()
        (self.folder / "exim.conf").write_text(
            CONFIGURATION.format(
                folder=self.folder,
                command=command(),
                port=self.port,
                most=MAILS_PER_CONNECTION,
                uid=self._user.pw_uid,
                gid=self._user.pw_gid,
            )
        )
        for path in (self.folder, *self.folder.iterdir()):
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _start(self) -> subprocess.Popen[bytes]:
        with (self.folder / "log/output").open("wb") as output:
            return subprocess.Popen(
                [str(command()), "-C", self.folder / "exim.conf", "-bdf"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                process_group=0,
                user=self._user.pw_uid if self._root else None,
                group=self._user.pw_gid if self._root else None,
                extra_groups=() if self._root else None,
            )

    def _await_banner(self) -> None:
        deadline, tick = time.monotonic() + START, threading.Event()
        while not self._greets():
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"exim does not greet on port {self.port}:\n{self.log()}")
            tick.wait(0.01)

    def _greets(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), START) as client:
                return client.recv(4) == b"220 "
        except ConnectionRefusedError:
            return False


def command() -> Path | None:
    """Exim's binary, if there is one."""
    return next((path for path in COMMANDS if path.exists()), None)


def living(group: int) -> list[int]:
    """The processes of a group, without those that are dead and that init has not buried."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                found.append(int(path.parent.name))
    return found
