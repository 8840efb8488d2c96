"""The mail is the job: what is refused, what is tried again and when, and who must not do it."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from flask_mailwright import Mail, MailError, Message, MessageError
from flask_mailwright.engines.jobs.parcel import Parcel
from flask_mailwright.envelope import Recipient
from flask_mailwright.signals import email_failed
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB, hello, make_mail
from tests.engines.jobs.desk import ENGINE, desk_of, do_next, works_of
from tests.testing.raw_client import eventually


def posting(url: str, **config: Any) -> Mail:
    """With no outbox that others share."""
    return make_mail(MAIL_ENGINE=ENGINE, MAIL_URL=url, **config)[1]


@pytest.fixture
def mail(smtp_server: SMTPServer) -> Mail:
    """Whose relay is there."""
    return posting(smtp_server.url)


def test_a_mail_is_carried(mail: Mail, smtp_server: SMTPServer) -> None:
    """Its ticket says what is known, which is that it is on its way."""
    ticket = mail.send_later(hello(), priority="high")
    assert ticket.status() == "queued"
    assert not ticket.cancel()
    assert not smtp_server.mails
    assert do_next(mail).priority == "high"
    assert [each.recipients for each in smtp_server.mails] == [(ANN,)]
    assert not desk_of(mail).jobs


def test_what_needs_an_outbox_says_so(mail: Mail) -> None:
    """A key, a far moment, never twice, and an answer; nothing of it is queued."""
    plans: list[dict[str, Any]] = [{"key": "1"}, {"at": timedelta(hours=2)}, {"on_doubt": "hold"}]
    for plan in plans:
        with pytest.raises(MessageError, match=r"needs an outbox that all processes share"):
            mail.send_later(hello(), **plan)
    assert not desk_of(mail).jobs
    ticket = mail.send_later(hello(), at=timedelta(minutes=50))
    with pytest.raises(MailError, match="MAIL_OUTBOX_URL") as caught:
        ticket.wait(60)
    assert caught.value.kind == "configuration"
    assert ticket.join(60) is None  # type: ignore[func-returns-value]


def test_a_broker_that_is_away(mail: Mail) -> None:
    """The caller is told, for nobody has the mail; of many each has its answer."""
    desk_of(mail).is_away = True
    with pytest.raises(MailError, match="away") as caught:
        mail.send_later(hello())
    assert (caught.value.kind, caught.value.stage) == ("temporary", "queue")
    assert [t.status() for t in mail.send_many_later([hello(), hello()])] == ["failed"] * 2


def test_who_is_told_later_is_tried_again(mail: Mail, smtp_server: SMTPServer) -> None:
    """By our rules: he alone, behind ten seconds, thirty, ninety."""
    smtp_server.refuse("rcpt", 450, address=BOB, times=3)
    message = hello()
    message.recipients = [ANN, BOB]
    mail.send_later(message)
    pauses = []
    for _ in range(4):
        do_next(mail)
        pauses += [job.after for job in desk_of(mail).jobs]
    assert [each.recipients for each in smtp_server.mails] == [(ANN,), (BOB,)]
    for pause, expected in zip(pauses, (10, 30, 90), strict=True):
        assert expected * 0.75 < pause < expected * 1.25


def test_a_broker_that_is_away_behind_half_of_a_mail(
    mail: Mail, smtp_server: SMTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Who has it gets no second copy: the job waits with it until the other may be tried again."""
    smtp_server.refuse("rcpt", 450, address=BOB)
    message = hello()
    message.recipients = [ANN, BOB]
    mail.send_later(message)
    again = taken_while_away(mail, caplog)
    assert again.mail.envelope.recipients == (Recipient(BOB),)
    assert smtp_server.count == 1


def test_a_broker_that_is_away_behind_doubt(
    mail: Mail, smtp_server: SMTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    """He may have it, so he is tried again by our rules, and not as soon as the job comes again."""
    smtp_server.drop("final_dot")
    mail.send_later(hello())
    assert taken_while_away(mail, caplog).attempts == 1


def taken_while_away(mail: Mail, caplog: pytest.LogCaptureFixture) -> Parcel:
    """Do its job while the broker takes none; what is posted once it does."""
    parcel = desk_of(mail).jobs.pop().parcel
    desk_of(mail).is_away = True
    doing = threading.Thread(target=works_of(mail).take, args=[parcel])
    doing.start()
    assert eventually(lambda: "its job waits" in caplog.text)
    desk_of(mail).is_away = False
    doing.join(20)
    (again,) = desk_of(mail).jobs
    return Parcel.read(again.parcel)


def test_a_broker_that_is_away_and_nobody_has_it(mail: Mail, smtp_server: SMTPServer) -> None:
    """The old job is as good as a new one: it comes again."""
    smtp_server.refuse("rcpt", 450)
    mail.send_later(hello())
    desk_of(mail).is_away = True
    with pytest.raises(MailError, match="away"):
        do_next(mail)


def test_a_refusal_is_final(mail: Mail, smtp_server: SMTPServer) -> None:
    """It is told, in the process that delivers, and not tried again."""
    smtp_server.refuse("rcpt", 550)
    failed: list[str] = []

    def note(_app: object, reply: Any, **_: Any) -> None:
        failed.append(reply.address)

    with email_failed.connected_to(note):
        mail.send_later(hello())
        do_next(mail)
    assert failed == [ANN]
    assert not desk_of(mail).jobs


def test_doubt(mail: Mail, smtp_server: SMTPServer) -> None:
    """It is tried again under the same Message-ID."""
    smtp_server.drop("final_dot", times=1)
    mail.send_later(hello())
    first = Parcel.read(do_next(mail).parcel)
    again = Parcel.read(do_next(mail).parcel)
    assert (first.attempts, again.attempts) == (0, 1)
    assert first.mail == again.mail
    assert not desk_of(mail).jobs


def test_a_job_that_comes_again(mail: Mail, smtp_server: SMTPServer, caplog: Any) -> None:
    """A worker has ended: that is no fault of the mail, which goes on at once."""
    mail.send_later(hello())
    give_again(mail)
    (job,) = desk_of(mail).jobs
    assert job.after == 0
    do_next(mail)
    assert smtp_server.count == 1
    assert not caplog.records


def give_again(mail: Mail, pause: float = 0.0) -> None:
    """The only job, after a pause, to another who had it already."""
    parcel = Parcel.read(desk_of(mail).jobs.pop().parcel)
    passed = parcel._replace(due=0.0, since=parcel.since - pause)
    works_of(mail).take(passed.to_json(), again=True)


def test_a_job_that_comes_again_behind_each_attempt(mail: Mail, smtp_server: SMTPServer) -> None:
    """Workers that keep it for its time are restarted in each pause: it is tried all the same."""
    smtp_server.refuse("rcpt", 450, times=3)
    mail.send_later(hello())
    while jobs := desk_of(mail).jobs:
        if jobs[0].after:
            give_again(mail)
        else:
            do_next(mail)
    assert smtp_server.count == 1


def test_a_mail_that_kills_who_has_it(mail: Mail, smtp_server: SMTPServer) -> None:
    """Each time it comes later, and in the end no more."""
    mail.send_later(hello())
    pauses = [0.0]
    while jobs := desk_of(mail).jobs:
        give_again(mail, pauses[-1])
        pauses += [max(Parcel.read(job.parcel).due - time.time(), 0.0) for job in jobs]
    about = [pytest.approx(seconds, abs=seconds / 4 + 1) for seconds in (10, 30, 90)]
    assert pauses[2:8:2] == about
    assert pauses[1:8:2] == [0, 0, 0, 0]
    assert 20 < len(pauses) < 100
    assert sum(pauses) < 432_000
    assert smtp_server.count == 0


def test_what_has_expired_goes_no_more(mail: Mail, smtp_server: SMTPServer) -> None:
    """Whoever waits for it is told, as by the outbox."""
    mail.send_later(hello(), expires=timedelta(microseconds=1))
    do_next(mail)
    assert not smtp_server.mails
    assert not desk_of(mail).jobs


def test_before_its_time_it_waits_on(mail: Mail, smtp_server: SMTPServer) -> None:
    """A broker may give it too early, or is asked to keep it again: no longer than it may."""
    mail.send_later(hello(), at=timedelta(minutes=50))
    assert desk_of(mail).jobs[0].after == pytest.approx(1800, abs=5)
    do_next(mail, at_once=False)
    assert desk_of(mail).jobs[0].after == pytest.approx(1800, abs=5)
    assert not smtp_server.mails


def test_it_goes_as_it_was_meant(
    mail: Mail, smtp_server: SMTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker whose mail reaches nobody leaves that of others, and says so."""
    mail.send_later(hello())
    (job,) = desk_of(mail).jobs
    console = posting("memory:")
    desk_of(console).jobs.append(job)
    with caplog.at_level(logging.ERROR):
        do_next(console)
    assert "waits for another worker: set MAIL_URL" in caplog.text
    (again,) = desk_of(console).jobs
    assert again.after == pytest.approx(60, abs=1)
    desk_of(mail).jobs[:] = [again]
    do_next(mail)
    assert len(smtp_server.mails) == 1


def test_its_own_it_delivers() -> None:
    """As a developer has it, without a relay."""
    mail = posting("memory:")
    mail.send_later(hello())
    do_next(mail)
    assert not desk_of(mail).jobs


def test_a_message_that_cannot_go_is_no_job(mail: Mail) -> None:
    """It fails where it is sent, as ever."""
    with pytest.raises(MessageError):
        mail.send_later(Message("a\nb", [ANN], "Hello"))
    assert not desk_of(mail).jobs
