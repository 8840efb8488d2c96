"""The mailbox of a test keeps its own mail and nobody else's, and lets none out."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from flask import current_app

from flask_mailwright import Mail
from flask_mailwright.testing import Mailbox, SMTPServer
from tests.apps import ANN, hello, make_app
from tests.testing.senders import app_with_mail


class TestApart:
    """No mail of somebody else."""

    def test_threads(self) -> None:
        """Those that begin while it is open are its own; those that were there are not."""
        _, mail = app_with_mail()
        go, gone = threading.Event(), threading.Event()

        def late() -> None:
            go.wait(5)
            mail.send(hello(subject="of an older test"))
            gone.set()

        with Mailbox() as first:
            older = threading.Thread(target=late)
            older.start()
            mine = threading.Thread(target=mail.send, args=(hello(),))
            mine.start()
            mine.join(5)
            assert first.one().subject == "Hi"
        mail._state().app.testing = True
        with Mailbox() as second:
            go.set()
            assert gone.wait(5)
            older.join(5)
            second.none()

    def test_a_task_that_outlives_its_test(self) -> None:
        """An event loop may go on from test to test."""
        _, mail = app_with_mail()
        loop = asyncio.new_event_loop()

        async def send_late(go: asyncio.Event) -> None:
            await go.wait()
            mail.send(hello(subject="of an older test"))

        async def begin(go: asyncio.Event) -> asyncio.Task[None]:
            return asyncio.create_task(send_late(go))

        go = asyncio.Event()
        with Mailbox() as first:
            task = loop.run_until_complete(begin(go))
        with Mailbox() as second:
            go.set()
            loop.run_until_complete(task)
            mail.send(hello())
        loop.close()
        first.none()
        assert second.one().subject == "Hi"

    def test_apps(self) -> None:
        """One that looks at one app sees no other's, and lets that go where it goes."""
        one, first = app_with_mail("one")
        app = make_app(MAIL_URL="memory:")
        app.name = "two"
        second = Mail(app)
        with Mailbox(one) as mailbox:
            first.send(hello(subject="of one"))
            assert second.send(hello(subject="of two")).relayed
        assert mailbox.one().app == "one"

    def test_current_app(self) -> None:
        """Is the app, in threads too."""
        app, mail = app_with_mail()
        with app.app_context(), Mailbox(current_app) as mailbox:
            thread = threading.Thread(target=mail.send, args=(hello(),))
            thread.start()
            thread.join(5)
        assert len(mailbox) == 1

    def test_within_each_other(self) -> None:
        """Both see it; the inner one holds it."""
        _, mail = app_with_mail()
        with Mailbox() as outer:
            with Mailbox() as inner:
                mail.send_later(hello())
            mail.send(hello(subject="after"))
        assert (len(outer), len(inner)) == (2, 1)

    def test_what_is_meant_to_leave_leaves(self) -> None:
        """MAIL_SUPPRESS_SEND=False, for the whole road to a server; it is seen too."""
        with SMTPServer() as server, Mailbox() as mailbox:
            app = make_app(MAIL_URL=server.url, MAIL_SUPPRESS_SEND=False)
            app.testing = True
            assert Mail(app).send(hello()).relayed
            assert server.mails[0].recipients == (ANN,)
        assert mailbox.one().to == [ANN]

    def test_what_is_held_never_leaves(self) -> None:
        """Also when it is delivered behind the block, where the app's mail is not suppressed."""
        with SMTPServer() as server:
            mail = Mail(make_app(MAIL_URL=server.url))
            with Mailbox() as mailbox:
                mailbox.hold()
                ticket = mail.send_later(hello())
            mailbox.deliver()
            assert ticket.wait(0).suppressed
            assert not server.mails

    def test_an_older_thread_mails_nobody(self) -> None:
        """A pool that outlives a test: its mail is in no mailbox, and does not leave either."""
        with SMTPServer() as server, ThreadPoolExecutor(1) as pool:
            mail = Mail(make_app(MAIL_URL=server.url))
            pool.submit(int).result()
            with Mailbox() as mailbox:
                assert pool.submit(mail.send, hello()).result().suppressed
                assert pool.submit(mail.send_later, hello()).result().wait(5).suppressed
            mailbox.none()
            assert not server.mails
