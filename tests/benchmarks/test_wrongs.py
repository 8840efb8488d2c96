from benchmarks.contestants import Load
from benchmarks.drafts import text_and_html
from benchmarks.messages import our_message
from benchmarks.relays import Arrived, wrongs
from flask_mailwright import Address
from flask_mailwright.sealing import Origin

LOAD = Load(text_and_html, range(100, 104))
ORIGIN = Origin("app", Address("", "flasky@example.com"))


def test_every_mail_once_is_right() -> None:
    """In whatever order, and the kept one as it was composed."""
    content = our_message(text_and_html(100)).seal(ORIGIN).content
    assert list(wrongs(LOAD, Arrived([103, 101, 102, 100], {100: content}))) == []


def test_one_lost_and_one_doubled_is_told() -> None:
    """Even when their number is right."""
    (told,) = wrongs(LOAD, Arrived([100, 101, 101, 102], {}))
    assert told == "1 of 4 mails missing, 1 too many"


def test_another_content_is_told() -> None:
    """Its fields by name."""
    content = our_message(text_and_html(101)).seal(ORIGIN).content
    told = list(wrongs(LOAD, Arrived([100, 101, 102, 103], {100: content})))
    assert told == [f"{field} of mail 100" for field in ("subject", "recipients", "body", "html")]
