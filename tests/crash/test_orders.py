"""Orders and their mails, in one transaction each: what is sold is told, and nothing else."""

import random
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from flask_mailwright.testing import SMTPServer
from tests.apps import parsed
from tests.engines.outbox.databases import opened, outbox_url
from tests.shop import shop_at
from tests.testing.raw_client import eventually

TRANSACTIONS = 500
KILLS = 10
CONNECTIONS = 4
"""Of a process, to its relay: each has one mail in hand."""


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
@pytest.mark.timeout(120)
def test_mails_are_committed_orders(name: str, tmp_path: Path) -> None:
    """Through commits, rollbacks, savepoints, forgetfulness and kills."""
    with SMTPServer() as server, outbox_url(name, tmp_path) as url:
        between: set[str] = set()
        for number in range(KILLS):
            between |= sell_until_killed(url, server.url, tmp_path, str(number))
        with shop_at(url, tmp_path, MAIL_URL=server.url) as here:
            here.app.test_client().get("/")  # the first request begins delivery
            sold = {order for order in here.orders() if not order.endswith(" work")}
            assert len(sold) > TRANSACTIONS / 4
            assert eventually(lambda: sold - between <= told(server).keys(), within=30)
            assert here.mail.flush(20)
        mails = told(server)
        assert mails.keys() <= sold
        assert mails.total() - len(mails) <= KILLS * 3  # three lanes had one mail in hand


def told(server: SMTPServer) -> Counter[str]:
    """How often each order was told."""
    return Counter(str(parsed(mail)["Subject"]) for mail in server.mails)


def crashed(url: str) -> Counter[str]:
    """How often a process died that had the mail of this order in hand."""
    with closing(opened(url)) as database, database.reading() as run:
        return Counter(dict(run("SELECT subject, crashes FROM mailwright_mail").rows))


def sell_until_killed(url: str, relay: str, folder: Path, seed: str) -> set[str]:
    """The order, if any, that may be committed by itself, before its mail could be sent."""
    command = [sys.executable, "-m", "tests.crash.orders", url, relay, str(folder), seed]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        sold, last = 0, ""
        most = TRANSACTIONS // KILLS + random.Random(seed).randint(0, 5)
        while sold < most:
            last = process.stdout.readline().strip()
            assert last, "it ended by itself"
            sold += last == "sold"
        process.kill()
        rest = process.stdout.read().split("\n")
    lines = [last, *filter(None, rest)]
    return {lines[-1].removeprefix("sending ")} if lines[-1].startswith("sending ") else set()
