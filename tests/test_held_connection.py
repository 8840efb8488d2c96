"""`mail.connect()`: one connection for several messages."""

import pytest

from flask_mailwright import DeliveryError, Message, MessageError
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, hello, kept, make_mail, parsed
from tests.testing.raw_client import eventually


def test_one_connection_for_all() -> None:
    """Made with the first message, and kept for what comes after the block."""
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_URL=server.url)
        with mail.connect() as connection:
            assert server.connections == 0
            for subject in "abc":
                connection.send(hello(subject=subject))
            connection.send_message("d", recipients=[ANN], body="Hello")
            assert server.open_connections == 1
        mail.send(hello(subject="e"))
        mail.close()
        assert eventually(lambda: server.open_connections == 0)
        assert [parsed(one)["Subject"] for one in server.mails] == list("abcde")
        assert server.connections == 1
        assert server.commands[-1] == "QUIT"


def test_envelope_from() -> None:
    """Where bounces go, for this sending only; "" is nowhere."""
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_URL=server.url)
        message = hello()
        with mail.connect() as connection:
            connection.send(message, "bounces@example.com")
            connection.send(message, envelope_from="")
            connection.send(message)
        paths = [one.reverse_path for one in server.mails]
    assert paths == ["bounces@example.com", "", "flasky@example.com"]
    assert message.envelope_from is None


def test_an_error_leaves_the_block_usable() -> None:
    """A refused message, a broken one and a lost connection stop no later message."""
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_URL=server.url)
        server.refuse("rcpt", 550, address="no@example.com")
        server.drop("body", after=1)
        with mail.connect() as connection:
            with pytest.raises(DeliveryError):
                connection.send(hello("no@example.com"))
            with pytest.raises(MessageError):
                connection.send(Message("no recipients"))
            connection.send(hello(subject="a"))
            with pytest.raises(DeliveryError):
                connection.send(hello(subject="lost"))
            connection.send(hello(subject="b"))
        assert [parsed(one)["Subject"] for one in server.mails] == ["a", "b"]
        assert server.connections == 2


def test_the_error_of_the_block_is_the_users() -> None:
    """What is raised inside comes out, and the connection is free again."""
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_URL=server.url)
        with pytest.raises(KeyError), mail.connect() as connection:  # noqa: PT012
            connection.send(hello())
            raise KeyError
        mail.send(hello())
        assert server.connections == 1


def test_without_a_block() -> None:
    """Each message borrows a connection of its own then, and gives it back."""
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_URL=server.url)
        connection = mail.connect()
        connection.send(hello())
        with connection:
            connection.send(hello())
        connection.send(hello())
        assert mail.connect().send(hello()).relayed
        assert (server.connections, server.count) == (1, 4)


def test_a_transport_without_connections() -> None:
    """The same calls work with any transport."""
    app, mail = make_mail()
    with mail.connect() as connection:
        connection.send(hello())
    assert len(kept(app)) == 1
