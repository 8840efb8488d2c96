"""`flask mail suppress`: who gets no mail, as an operator sees and decides it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.apps import ANN, BOB, make_mail
from tests.suppression.stores import AWAY, OwnStore

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command; its exit code is looked at."""
    app, _ = make_mail(MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/outbox.sqlite")

    def call(*arguments: str, code: int = 0) -> Result:
        result = app.test_cli_runner().invoke(args=["mail", "suppress", *arguments])
        assert result.exit_code == code, result.output
        return result

    return call


def test_added_listed_and_removed(run: Run) -> None:
    """By address, with the list, the day and the reason."""
    assert run("list").stdout == "0 in all\n"
    told = run("add", "Bob@EXAMPLE.com", ANN, "--list", "news", "--reason", "wrote to us").stdout
    assert told.splitlines() == [f"{each} is suppressed for the list news" for each in (BOB, ANN)]
    assert "for all mail\n" in run("add", ANN).stdout
    assert "as before" in run("add", ANN).stdout
    head, *rows, _, total = run("list").stdout.splitlines()
    assert head.split() == ["ADDRESS", "LIST", "SINCE", "(UTC)", "REASON"]
    assert [row.split()[0] for row in rows] == [ANN, ANN, BOB]
    assert (rows[1].split()[1], rows[1][-11:], total) == ("news", "wrote to us", "3 in all")
    assert "any more" in run("remove", ANN, BOB, "--list", "news").stdout
    assert [row.split()[1] for row in run("list").stdout.splitlines()[1:2]] == ["(all"]


def test_a_document_for_programs(run: Run) -> None:
    """The list is null where it is all mail."""
    run("add", ANN, "--reason", "left \x1b[2J")
    run("add", BOB, "--list", "news")
    document = json.loads(run("list", "--json").stdout)
    (ann, bob) = document["suppressions"]
    assert document["app"] == "flasky"
    assert (ann["address"], ann["list"], bob["list"]) == (ANN, None, "news")
    assert ann["since"].startswith("20")
    assert "\x1b" not in run("list").stdout
    assert json.loads(run("list", BOB, "--json").stdout)["suppressions"] == [bob]
    assert json.loads(run("list", "--list", "news", "--json").stdout)["suppressions"] == [bob]


def test_who_was_not_on_it(run: Run) -> None:
    """Exit code 1 tells of him, and the others are removed."""
    run("add", ANN)
    result = run("remove", BOB, ANN, code=1)
    assert f"Error: {BOB} was not suppressed for all mail" in result.stderr
    assert run("list").stdout == "0 in all\n"


@pytest.mark.parametrize("command", ["add", "remove", "list"])
def test_what_is_no_address(run: Run, command: str) -> None:
    """One sentence says why."""
    assert "it must read name@domain" in run(command, "ann", code=1).stderr


def test_check_tells_that_it_cannot_be_asked() -> None:
    """Unless nobody would be asked."""
    store = OwnStore()
    store.trouble = AWAY
    app, _ = make_mail(MAIL_SUPPRESSIONS=store)
    runner = app.test_cli_runner()
    told = runner.invoke(args=["mail", "check"]).output
    assert "Warning: the suppression list cannot be asked" in told
    app.testing = True
    assert "suppression" not in runner.invoke(args=["mail", "check"]).output
