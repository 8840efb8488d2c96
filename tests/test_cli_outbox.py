"""`flask mail outbox`: what an operator sees there and decides, and what a terminal gets of it."""

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from click.testing import Result
from flask import Flask

from flask_mailwright import Mail, MailError, Message
from flask_mailwright.cli import MailGroup
from flask_mailwright.engines.outbox.engine import OutboxEngine
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB, SENDER

CONTENT = "a word for Ann alone"


class Shop(NamedTuple):
    """An app whose mail only a worker would deliver."""

    app: Flask
    mail: Mail

    def run(self, *arguments: str, code: int = 0) -> Result:
        """What `flask mail outbox ...` says; its exit code is looked at."""
        result = self.app.test_cli_runner().invoke(args=["mail", "outbox", *arguments])
        assert result.exit_code == code, result.output
        return result

    def says(self, *arguments: str) -> str:
        """What it says to standard output."""
        return self.run(*arguments).stdout

    def document(self, *arguments: str) -> Any:
        """With --json."""
        return json.loads(self.says(*arguments, "--json"))

    def submit(self, subject: str = "Hello", to: tuple[str, ...] = (ANN,), **order: Any) -> str:
        """The id of a new mail."""
        return self.mail.send_later(Message(subject, [*to], CONTENT), **order).id


def make_shop(folder: Path, url: str = "smtp://127.0.0.1:1", name: str = "shop") -> Shop:
    """Its outbox is in this folder."""
    app = Flask(name, instance_path=str(folder))
    app.config.update(
        MAIL_URL=url,
        MAIL_ENGINE="outbox",
        MAIL_WORKER="external",
        MAIL_DEFAULT_SENDER=SENDER,
        MAIL_TIMING={"retry_first": 60},
    )
    return Shop(app, Mail(app))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Nobody is at home at its relay."""
    return make_shop(tmp_path)


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def refuse(shop: Shop, server: SMTPServer, address: str, code: int = 550) -> str:
    """A mail to Ann and Bob that this one does not get; its id."""
    server.refuse("rcpt", code, address=address)
    mail_id = shop.submit(to=(ANN, BOB))
    shop.mail.flush(5)
    return mail_id


def test_nothing_yet(shop: Shop) -> None:
    """No table without mails."""
    assert shop.says("list") == "0 in all\n"
    assert shop.document("list") == {"app": "shop", "counts": {}, "mails": []}


def test_the_list(shop: Shop) -> None:
    """The newest first, in columns; the numbers behind it."""
    first, second = shop.submit("First"), shop.submit("Second")
    shop.mail.ticket(first).cancel()
    head, *rows, empty, total = shop.says("list").splitlines()
    assert head == "ID                STATUS     CREATED (UTC)     TRIES  SUBJECT"
    year = time.strftime("%Y-", time.gmtime())
    assert rows[0].startswith(f"{second[:16]}  queued     {year}")
    assert rows[1].startswith(f"{first[:16]}  cancelled  ")
    assert [row.split()[-2:] for row in rows] == [["0", "Second"], ["0", "First"]]
    assert (empty, total) == ("", "2 in all: 1 cancelled, 1 queued")
    assert shop.says("list", "--limit", "1").count(" queued ") == 1
    assert "Second" not in shop.says("list", "--status", "cancelled")


@pytest.mark.parametrize(
    ("subject", "end"),
    [
        ("x" * 200, "x" * 28 + "…"),
        ("長" * 200, "長" * 14 + "…"),
        ("e\u0301" * 200, "e\u0301" * 28 + "…"),
        ("👩‍👩‍👧 Größe\u00a0M", "👩‍👩‍👧 Größe M"),
    ],
)
def test_wide_subjects_are_cut(shop: Shop, subject: str, end: str) -> None:
    """No line is wider than 80 columns, whatever script it is in."""
    shop.submit(subject)
    row = shop.says("list").splitlines()[1]
    assert row.split(" 0      ")[1] == end


def test_no_control_character_reaches_the_terminal(shop: Shop) -> None:
    """Whoever put it into the database; neither as text nor as JSON."""
    mail_id = shop.submit()
    evil = "\x1b]0;owned\x07\x9b2J\u202eevil\r\n\x7f"
    with shop.app.app_context():
        engine = shop.app.extensions["mailwright"].engine
        with engine.store.database.transaction() as run:
            run("UPDATE mailwright_mail SET subject = :it, reason = :it", {"it": evil})
    for arguments in (("list",), ("show", mail_id)):
        for text in (shop.says(*arguments), shop.says(*arguments, "--json")):
            assert not [c for c in text if c != "\n" and not c.isprintable()]
            assert "\\u202e" in text


def test_a_terminal_without_unicode(shop: Shop) -> None:
    """What it cannot show is written out."""
    shop.submit("Größe " + "x" * 90)
    result = shop.app.test_cli_runner(charset="ascii").invoke(args=["mail", "outbox", "list"])
    assert result.exit_code == 0
    assert "Gr\\xf6\\xdfe xxx" in result.stdout


def test_one_mail(tmp_path: Path) -> None:
    """Who was answered what, what was tried, and what comes next; never the content."""
    with SMTPServer() as server:
        shop = make_shop(tmp_path, server.url)
        mail_id = refuse(shop, server, BOB, 451)
        said = shop.says("show", mail_id[:8])
        document = shop.document("show", mail_id)
    assert f"ID          {mail_id}\nStatus      queued\n" in said
    assert f"\n  {ANN}: relayed 250 2.0.0 ok" in said
    assert f"\n  {BOB}: delayed 451 4.0.0 refused on demand" in said
    assert "\nNext try    20" in said
    assert "temporary at rcpt" in said
    assert "Content     kept" in said
    assert all(len(line) <= 80 for line in said.splitlines())
    assert CONTENT not in said + json.dumps(document)
    assert [each["action"] for each in document["recipients"]] == ["relayed", "delayed"]
    assert document["due"] > document["created"]
    assert [each["number"] for each in document["attempts"]] == [1]
    assert document["id"] == mail_id


def test_one_that_was_not_tried(shop: Shop) -> None:
    """Its recipients are told all the same."""
    mail_id = shop.submit(to=(ANN, BOB), expires=timedelta(hours=1), on_doubt="hold")
    said = shop.says("show", mail_id)
    assert f"Recipients\n  {ANN}: no answer yet\n  {BOB}: no answer yet\n" in said
    assert "Expires     20" in said
    assert [each["action"] for each in shop.document("show", mail_id)["recipients"]] == [None, None]


@pytest.mark.parametrize("command", ["show", "retry", "cancel"])
def test_an_unknown_mail(shop: Shop, command: str) -> None:
    """Exit code 1, and one line that says it."""
    result = shop.run(command, "abcdef", code=1)
    assert result.stdout == ""
    assert result.stderr == "Error: there is no mail 'abcdef' in the outbox of shop\n"


def test_retrying(tmp_path: Path) -> None:
    """Bob gets it after all, Ann only once."""
    with SMTPServer() as server:
        shop = make_shop(tmp_path, server.url)
        mail_id = refuse(shop, server, BOB)
        assert shop.mail.ticket(mail_id).status() == "failed"
        assert shop.says("retry", mail_id[:10]) == f"{mail_id} goes again\n"
        assert shop.mail.flush(5)
        assert shop.mail.ticket(mail_id).status() == "done"
        assert [mail.recipients for mail in server.mails] == [(ANN,), (BOB,)]
        result = shop.run("retry", mail_id, code=1)
        assert "reached everybody" in result.stderr


def test_retrying_all_that_failed(tmp_path: Path) -> None:
    """A mail whose content is not kept any more is told."""
    with SMTPServer() as server:
        shop = make_shop(tmp_path, server.url)
        refuse(shop, server, BOB)
        assert shop.says("prune", "--contents-older-than", "0s").startswith("contents erased: 1;")
        refuse(shop, server, BOB)
        result = shop.run("retry", "--status", "failed")
        assert result.stdout == "go again: 1\n"
        assert result.stderr == "cannot: 1; their content is not kept any more\n"
        assert shop.mail.flush(5)
        assert server.count == 3


@pytest.mark.parametrize("arguments", [(), ("abcd", "--status", "failed"), ("--status", "done")])
def test_what_to_retry_must_be_said(shop: Shop, arguments: tuple[str, ...]) -> None:
    """Either mails or a status of those that can."""
    assert "Usage:" in shop.run("retry", *arguments, code=2).stderr


def test_cancelling(shop: Shop) -> None:
    """One mistake among them keeps no other from being cancelled."""
    ids = [shop.submit(), shop.submit()]
    result = shop.run("cancel", ids[0], "nobody", ids[1], code=1)
    assert result.stdout == "".join(f"{each} is cancelled; nobody has got it\n" for each in ids)
    assert result.stderr.count("Error: ") == 1
    assert [shop.mail.ticket(each).status() for each in ids] == ["cancelled", "cancelled"]
    assert "was cancelled" in shop.run("retry", ids[0], code=1).stderr


def test_cancelling_what_somebody_may_have(tmp_path: Path) -> None:
    """It is held, for its content was never answered; it goes no more, and nothing is promised."""
    with SMTPServer() as server:
        shop = make_shop(tmp_path, server.url)
        server.drop("final_dot", accept=True)
        mail_id = shop.submit(on_doubt="hold")
        shop.mail.flush(5)
        assert shop.mail.ticket(mail_id).status() == "held"
        said = shop.says("cancel", mail_id)
        assert said == f"{mail_id} is cancelled, but somebody has got it, or may have: see `show`\n"
        done = shop.submit()
        shop.mail.flush(5)
        assert f"{done} is done" in shop.run("cancel", done, code=1).stderr


@pytest.mark.parametrize(("span", "erased"), [("0", 1), ("90s", 0), ("15m", 0), ("9d", 0)])
def test_pruning(tmp_path: Path, span: str, erased: int) -> None:
    """What ended within this span keeps its content."""
    with SMTPServer() as server:
        shop = make_shop(tmp_path, server.url)
        refuse(shop, server, BOB)
        said = shop.says("prune", "--contents-older-than", span)
        assert said == f"contents erased: {erased}; mails forgotten: 0\n"
        assert shop.says("prune", "--mails-older-than", "0s").endswith("mails forgotten: 1\n")


def test_pruning_a_span_that_is_none(shop: Shop) -> None:
    """The usage says how one looks."""
    for span in ("soon", "-1d", "1w", ""):
        assert "like 90s, 15m" in shop.run("prune", "--mails-older-than", span, code=2).stderr
    assert shop.says("prune") == "contents erased: 0; mails forgotten: 0\n"


def test_making_the_tables(shop: Shop) -> None:
    """Once; the second time they are there."""
    place = Path(shop.app.instance_path) / "mailwright-outbox.sqlite"
    assert shop.says("init") == f"the tables of the outbox were made: {place}\n"
    assert shop.says("init") == f"the tables of the outbox are there: {place}\n"


def test_two_apps_with_one_outbox(tmp_path: Path) -> None:
    """One app's commands see and change its own mail alone."""
    shop, blog = make_shop(tmp_path), make_shop(tmp_path, name="blog")
    mail_id = blog.submit()
    assert shop.says("list") == "0 in all\n"
    for command in ("show", "retry", "cancel"):
        assert "in the outbox of shop" in shop.run(command, mail_id, code=1).stderr
    shop.run("prune", "--mails-older-than", "0")
    assert blog.mail.ticket(mail_id).status() == "queued"


def test_an_app_without_an_outbox() -> None:
    """The sentence says what to set."""
    app = Flask("shop")
    app.config.update(MAIL_URL="memory:", MAIL_ENGINE="inline")
    Mail(app)
    result = app.test_cli_runner().invoke(args=["mail", "outbox", "list"])
    assert result.exit_code == 1
    assert result.stderr.endswith("set MAIL_ENGINE=outbox\n")


def test_a_database_that_is_away(tmp_path: Path) -> None:
    """One sentence, no traceback."""
    (tmp_path / "mailwright-outbox.sqlite").write_text("this is no database, " * 99)
    shop = make_shop(tmp_path)
    result = shop.run("list", code=1)
    assert "not a database" in result.stderr
    with pytest.raises(MailError):
        OutboxEngine.ticket(shop.app.extensions["mailwright"].engine, "x")


def test_a_command_of_your_own_in_our_group(shop: Shop) -> None:
    """It stands beside ours, and goes before one of the same name."""
    group = shop.app.cli.commands["mail"]
    assert isinstance(group, MailGroup)
    group.add_command(click.Command("digest", callback=lambda: click.echo("sent")))
    group.add_command(click.Command("worker", callback=lambda: click.echo("mine")))
    runner = shop.app.test_cli_runner()
    commands = runner.invoke(args=["mail", "--help"]).stdout.partition("Commands:")[2]
    assert [line.split()[0] for line in commands.split("\n") if line] == [
        "catch",
        "check",
        "digest",
        "dkim-keygen",
        "lint",
        "outbox",
        "send-test",
        "suppress",
        "worker",
    ]
    assert runner.invoke(args=["mail", "digest"]).stdout == "sent\n"
    assert runner.invoke(args=["mail", "worker"]).stdout == "mine\n"
    assert runner.invoke(args=["mail", "nothing"]).exit_code == 2


def test_a_group_of_your_own_stays(tmp_path: Path) -> None:
    """An app that has a command `mail` keeps it."""
    app = Flask("shop", instance_path=str(tmp_path))

    @app.cli.command("mail")
    def own() -> None:
        """Is there first."""
        print("mine")

    app.config["MAIL_URL"] = "memory:"
    Mail(app)
    assert app.test_cli_runner().invoke(args=["mail"]).stdout == "mine\n"
