"""`record_messages`: what a test sees of the mail its app sends."""

import contextvars
import threading
from collections.abc import Callable

import pytest

from flask_mailwright import MailError, Message
from tests.apps import ANN, hello, make_mail


def in_thread(call: Callable[[], object]) -> None:
    """Run it to its end in another thread."""
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def subjects(outbox: list[Message]) -> list[str]:
    """What was recorded."""
    return [message.subject for message in outbox]


@pytest.mark.parametrize("testing", [True, False])
def test_mail_is_recorded_however_it_is_sent(testing: bool) -> None:
    """Suppressed or not, now or later, one or many."""
    app, mail = make_mail({"m.txt": "x"})
    app.testing = testing
    with mail.record_messages() as outbox:
        mail.send(hello(subject="a"))
        mail.send_later(hello(subject="b"))
        list(mail.send_many([hello(subject="c")]))
        list(mail.send_many_later([hello(subject="d")]))
        mail.send_email(ANN, "e", "m")
        with mail.connect() as connection:
            connection.send(hello(subject="f"))
    assert subjects(outbox) == list("abcdef")
    mail.close()


def test_a_recorded_message_is_a_copy() -> None:
    """What the app changes afterwards is not seen, nor the other way round."""
    _, mail = make_mail()
    message = hello()
    with mail.record_messages() as outbox:
        mail.send(message)
        message.subject = "later"
        message.recipients.append("x@example.com")
    assert (outbox[0].subject, outbox[0].recipients) == ("Hi", [ANN])


def test_what_is_refused_is_not_recorded() -> None:
    """A broken mail fails its test."""
    _, mail = make_mail(MAIL_SUPPRESS_SEND=True)
    with mail.record_messages() as outbox:
        with pytest.raises(MailError):
            mail.send(Message("no recipients"))
        assert outbox == []


def test_threads_without_a_recorder_are_seen_by_all() -> None:
    """The app's own threads belong to whoever is looking."""
    _, mail = make_mail()
    with mail.record_messages() as outbox:
        in_thread(lambda: mail.send(hello(subject="thread")))
        assert subjects(outbox) == ["thread"]


def test_threads_with_a_recorder_are_apart() -> None:
    """Tests that run at the same time do not see each other's mail."""
    _, mail = make_mail()
    theirs: list[list[Message]] = []

    def other_test() -> None:
        with mail.record_messages() as outbox:
            mail.send(hello(subject="theirs"))
            theirs.append(outbox)

    with mail.record_messages() as ours:
        in_thread(other_test)
        mail.send(hello(subject="ours"))
        in_thread(lambda: mail.send(hello(subject="thread")))
    assert subjects(ours) == ["ours", "thread"]
    assert subjects(theirs[0]) == ["theirs"]


def test_two_empty_recorders_are_told_apart() -> None:
    """The inner one ends while both are empty; the outer goes on."""
    _, mail = make_mail()
    with mail.record_messages() as outer:
        with mail.record_messages() as inner:
            pass
        in_thread(lambda: mail.send(hello()))
        mail.send(hello())
    assert (len(outer), len(inner)) == (2, 0)


def test_nested_recorders_see_the_same() -> None:
    """Each from its beginning to its end, and each a copy of its own."""
    _, mail = make_mail()
    with mail.record_messages() as outer:
        mail.send(hello(subject="a"))
        with mail.record_messages() as inner:
            mail.send(hello(subject="b"))
        mail.send(hello(subject="c"))
    assert (subjects(outer), subjects(inner)) == (["a", "b", "c"], ["b"])
    assert outer[1] is not inner[0]


def test_another_apps_mail_is_not_seen() -> None:
    """Each app has its own recorders."""
    (_, one), (_, two) = make_mail(), make_mail()
    with one.record_messages() as outbox, two.record_messages():
        two.send(hello())
    assert outbox == []


def test_no_trace_is_left() -> None:
    """After the block nothing is recorded, also when it ended with an error."""
    app, mail = make_mail()
    with pytest.raises(KeyError), mail.record_messages() as outbox:  # noqa: PT012
        mail.send(hello())
        raise KeyError
    mail.send(hello())
    in_thread(lambda: mail.send(hello()))
    assert len(outbox) == 1
    assert app.extensions["mailwright"].recorders._open == ()


def test_a_context_that_outlives_the_block() -> None:
    """A task that was begun inside is seen by who looks now, not by a list nobody reads."""
    _, mail = make_mail()
    with mail.record_messages() as first:
        task = contextvars.copy_context()
    with mail.record_messages() as second:
        task.run(mail.send, hello())
    assert (len(first), len(second)) == (0, 1)


def test_an_end_in_another_context() -> None:
    """Async fixtures begin and end in different contexts."""
    _, mail = make_mail()
    recorder = mail.record_messages()
    outbox = contextvars.copy_context().run(recorder.__enter__)
    mail.send(hello())
    recorder.__exit__(None, None, None)
    mail.send(hello())
    assert len(outbox) == 1
