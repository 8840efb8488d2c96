"""A private Postfix, from the binaries of Debian's package, as the relay."""

import grp
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.judges.aiosmtpd_server import free_port
from tests.judges.maildir import Maildir, make_folder

COMMAND = Path("/usr/sbin/postfix")
OWNER = "postfix"
MAIL_USER = "nobody"

MAIN_CF = """\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/state
maillog_file = {log}
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.test
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
smtputf8_enable = yes
message_size_limit = 104857600
virtual_mailbox_limit = 0
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:maildir/
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_chain_files = {folder}/etc/chain.pem
smtpd_tls_security_level = may
"""

# Postfix's own master.cf without what delivers elsewhere, and nothing in a chroot.
MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
proxymap  unix  -       -       n       -       -       proxymap
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
virtual   unix  -       n       n       -       -       virtual
anvil     unix  -       -       n       -       1       anvil
postlog   unix-dgram n  -       n       -       1       postlogd
"""


class Postfix:
    """Listens on 127.0.0.1:`port`, offers STARTTLS, delivers every recipient to one Maildir."""

    host = "127.0.0.1"

    def __init__(self, chain_file: Path) -> None:
        self.port = free_port()
        self._folder = make_folder("postfix")
        self._log = self._folder / "maillog"
        self._inbox = Maildir(self._folder / "mail/maildir", self.log)
        self._configure(chain_file)
        self._postfix("start")

    @staticmethod
    def missing() -> str | None:
        """Why Postfix cannot run here, or None."""
        if not COMMAND.exists():
            return "not installed (apt install postfix)"
        return None if os.geteuid() == 0 else "only root can start a Postfix"

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

        One mail per recipient, each as Postfix's virtual(8) wrote it: with the lines
        Return-Path, X-Original-To, Delivered-To and Received in front, and with LF for CRLF.
        """
        return self._inbox.wait(count, timeout)

    def log(self) -> str:
        """What Postfix has logged."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def accepted(self) -> int:
        """How many mails it has answered for, delivered or not."""
        return sum(
            "/cleanup[" in line and "message-id=" in line for line in self.log().splitlines()
        )

    def stop(self) -> None:
        """Stop all daemons and remove every file."""
        self._postfix("stop")
        shutil.rmtree(self._folder)

    def _configure(self, chain_file: Path) -> None:
        owner, user = pwd.getpwnam(OWNER), pwd.getpwnam(MAIL_USER)
        for name, uid in {"etc": 0, "queue": 0, "state": owner.pw_uid, "mail": user.pw_uid}.items():
            (self._folder / name).mkdir(mode=0o755)
            os.chown(self._folder / name, uid, grp.getgrnam(OWNER).gr_gid if uid else 0)
        etc = self._folder / "etc"
        main = MAIN_CF.format(folder=self._folder, log=self._log, uid=user.pw_uid, gid=user.pw_gid)
        (etc / "main.cf").write_text(main)
        (etc / "master.cf").write_text(MASTER_CF.format(port=self.port))
        shutil.copyfile(chain_file, etc / "chain.pem")

    def _postfix(self, command: str) -> None:
        done = subprocess.run(
            [COMMAND, "-c", self._folder / "etc", command],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(f"postfix {command}:\n{done.stdout}{done.stderr}{self.log()}")
