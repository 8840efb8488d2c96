"""The mailbox file: what it keeps, for how long, and who may read it."""

import logging
import multiprocessing
import sqlite3
from collections.abc import Callable
from pathlib import Path
from stat import S_IMODE

import pytest

from flask_mailwright.envelope import Receipt, Reply
from flask_mailwright.errors import DeliveryError, MailError
from flask_mailwright.web import store as store_module
from flask_mailwright.web.store import Store
from tests.apps import ANN, BOB
from tests.web.mailbox import mail_of, sealed

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where nothing is yet, not even the folder."""
    return tmp_path / "instance" / "mailbox.sqlite"


def keep(store: Store, count: int, first: int = 0, octets: int = 0) -> None:
    """So many mails, the last the newest."""
    for number in range(first, first + count):
        content = mail_of({"From": "a@x", "Subject": f"Mail {number}"}, "x" * octets)
        store.keep(sealed(content, str(number)), float(number), "index")


def subjects(store: Store, **wanted: object) -> list[str]:
    """Of the list."""
    return [row.subject for row in store.newest(**wanted)]  # type: ignore[arg-type]


def relayed(*replies: Reply) -> Receipt:
    """What an engine notes."""
    return Receipt("<1@x>", replies)


def test_the_newest_is_first_a_page_at_a_time(path: Path) -> None:
    """Each page goes on where the last one ended."""
    store = Store(path, "shop")
    keep(store, 5)
    assert subjects(store, limit=2) == ["Mail 4", "Mail 3"]
    assert subjects(store, limit=2, before=store.newest()[1].number) == ["Mail 2", "Mail 1"]
    assert store.count() == 5
    assert [row.number for row in store.newest()] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "search", ["grüsse", "GRÜSSE AUS", "Grüße", "änn", "jo@example.com", "Tee-Kanne", "τησ"]
)
def test_a_word_is_found_whatever_its_case(path: Path, search: str) -> None:
    """In subject, addresses and text, in every script."""
    store = Store(path, "shop")
    content = mail_of({"From": "Änn <a@x>", "Subject": "Grüße aus Köln"}, "Eine Tee-Kanne ΤΗΣ")
    store.keep(sealed(content, to=("Jo@Example.com",)), 0.0, "")
    keep(store, 1, first=7)
    assert subjects(store, search=search) == ["Grüße aus Köln"]
    assert subjects(store, search=f"{search} nowhere") == []


def test_replies_are_noted_with_their_mail(path: Path) -> None:
    """Each recipient has its own, and a later attempt changes only those it asked."""
    store = Store(path, "shop")
    mail = sealed(mail_of({"Subject": "Hi"}), to=(ANN, BOB))
    store.keep(mail, 1.0, "shop.order")
    assert store.newest()[0].status == "waiting"
    error = DeliveryError("one was not reached")
    replies = (Reply(ANN, "relayed", 250), Reply(BOB, "delayed", 451, "4.7.1", "later"))
    store.answer(mail, Receipt("<1@x>", replies, error), 2.0)
    (row,) = store.newest()
    assert (row.status, row.status_words, row.error) == ("delayed", "delayed 1/2", str(error))
    store.answer(mail, relayed(Reply(BOB, "relayed", 250, "2.0.0", "ok")), 3.0)
    (row,) = store.newest()
    assert row.replies == (Reply(ANN, "relayed", 250), Reply(BOB, "relayed", 250, "2.0.0", "ok"))
    assert (row.status_words, row.error, row.endpoint, row.moment) == (
        "relayed", "", "shop.order", 1.0,
    )  # fmt: skip


def test_a_reply_may_come_before_the_mail(path: Path) -> None:
    """Another process delivers it before the caller has come to tell where it was sent."""
    store = Store(path, "shop")
    mail = sealed(mail_of({"Subject": "Hi"}))
    store.answer(mail, relayed(Reply(ANN, "relayed")), 1.0)
    store.keep(mail, 1.0, "shop.order")
    (row,) = store.newest()
    assert (row.number, row.status, row.endpoint) == (1, "relayed", "shop.order")


def test_what_the_app_sends_to_its_own_catcher_is_one_mail(path: Path) -> None:
    """Whoever of the two is first."""
    store = Store(path, "shop")
    first, second = sealed(mail_of({}), "1"), sealed(mail_of({}), "2")
    store.catch(first._replace(id="caught-1"), 1.0)
    store.keep(first, 1.0, "index")
    store.keep(second, 1.0, "index")
    store.catch(second._replace(id="caught-2"), 1.0)
    assert [(row.id, row.source) for row in store.newest()] == [("2", "app"), ("1", "app")]


def test_two_apps_in_one_file_keep_apart(path: Path) -> None:
    """Neither sees, counts or deletes what the other has."""
    shop, blog = Store(path, "shop"), Store(path, "blog")
    keep(shop, 2)
    keep(blog, 1)
    blog.delete(shop.newest()[0].number)
    blog.delete_all()
    assert (shop.count(), blog.count()) == (2, 0)
    assert blog.find(shop.newest()[0].number) is None


def test_the_stamp_tells_every_change(path: Path) -> None:
    """New mail, replies and deletions, also those of other processes; and nothing else."""
    store, other = Store(path, "shop"), Store(path, "shop")
    mail = sealed(mail_of({}))
    seen = [store.latest()]
    changes: list[Callable[[], None]] = [
        lambda: other.keep(mail, 1.0, ""),
        lambda: other.answer(mail, relayed(Reply(ANN, "relayed")), 1.0),
        lambda: other.delete(1),
        lambda: other.delete_all(),
    ]
    for change in changes:
        assert store.latest() == seen[-1]
        change()
        seen.append(store.latest())
    assert len(set(seen)) == 5


def test_the_newest_mails_stay(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there is room for, by number and by size; the last one in any case."""
    monkeypatch.setattr(store_module, "MOST_MAILS", 3)
    monkeypatch.setattr(store_module, "MOST_OCTETS", 5_000)
    store = Store(path, "shop")
    keep(Store(path, "blog"), 1)
    keep(store, 5)
    assert subjects(store) == ["Mail 4", "Mail 3", "Mail 2"]
    keep(store, 2, first=5, octets=2_000)
    assert subjects(store) == ["Mail 6", "Mail 5", "Mail 4"]
    keep(store, 1, first=7, octets=9_000)
    assert subjects(store) == ["Mail 7"]
    assert Store(path, "blog").count() == 1


def test_deleting_gives_the_disk_back(path: Path) -> None:
    """And leaves nothing to read in the file."""
    store = Store(path, "shop")
    keep(store, 20, octets=100_000)
    store.delete_all()
    store.close()
    assert path.stat().st_size < 100_000
    assert b"xxxx" not in path.read_bytes()


def test_the_files_are_for_this_user_alone(path: Path) -> None:
    """From the first moment, whatever the umask is."""
    store = Store(path, "shop")
    keep(store, 1)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == [f"mailbox.sqlite{end}" for end in ("", "-shm", "-wal")]
    assert {S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_broken_file_is_put_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line of the log says where it is; new mail is kept."""
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 500)
    store = Store(path, "shop")
    keep(store, 1)
    assert store.count() == 1
    assert path.with_name("mailbox.broken.sqlite").read_bytes().startswith(b"no database")
    told = [record for record in caplog.records if "began a new file" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.WARNING]


def test_a_file_that_breaks_while_it_is_open_is_put_aside(path: Path) -> None:
    """Whoever has it open notices, and goes on."""
    store = Store(path, "shop")
    keep(store, 30, octets=4_000)
    store.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_960)
    assert store.newest() == []
    keep(store, 1)
    assert store.count() == 1


def test_the_file_of_another_version_is_put_aside(path: Path) -> None:
    """Its tables may be different ones."""
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE mail (number)")
        other.execute("PRAGMA user_version = 99")
    other.close()
    store = Store(path, "shop")
    keep(store, 1)
    assert store.count() == 1


def test_a_file_that_was_deleted_begins_anew(path: Path) -> None:
    """Without a restart of the app."""
    store = Store(path, "shop")
    keep(store, 2)
    stamp = store.latest()
    path.unlink()
    assert store.newest() == []
    assert store.latest() != stamp
    keep(store, 1)
    assert store.count() == 1


def test_a_record_of_a_later_version_can_still_be_read_as_a_mail(path: Path) -> None:
    """Only its envelope is unknown."""
    store = Store(path, "shop")
    keep(store, 1)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE mail SET record = '{\"version\": 99}', replies = '[{\"x\": 1}]'")
    connection.close()
    kept = store.find(1)
    assert kept is not None
    assert kept.mail is None
    assert kept.listed.replies == ()
    assert kept.content.startswith(b"From: a@x")


def test_a_place_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    """It names the file."""
    (tmp_path / "file").write_text("in the way of the folder")
    with pytest.raises(MailError, match="mailbox file .* or delete it") as caught:
        Store(tmp_path / "file" / "mailbox.sqlite", "shop").count()
    assert caught.value.stage == "mailbox"


def _keep_in_a_process(path: Path, first: int) -> None:
    keep(Store(path, "shop"), 50, first=first)


def test_several_processes_keep_at_once(path: Path) -> None:
    """From the first mail on, while none of them has made the file; nothing is lost."""
    workers = [FORK.Process(target=_keep_in_a_process, args=(path, 100 * n)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert Store(path, "shop").count() == 200


def test_a_forked_child_uses_a_connection_of_its_own(path: Path) -> None:
    """And leaves the parent's alone."""
    store = Store(path, "shop")
    keep(store, 1)
    child = FORK.Process(target=keep, args=(store, 20), kwargs={"first": 1})
    child.start()
    keep(store, 20, first=100)
    child.join()
    assert child.exitcode == 0
    assert store.count() == 41


def test_the_neighbours_of_a_mail(path: Path) -> None:
    """Over gaps."""
    store = Store(path, "shop")
    keep(store, 4)
    store.delete(2)
    assert [store.neighbours(number) for number in (4, 3, 1)] == [(None, 3), (4, 1), (3, None)]
