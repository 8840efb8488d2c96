"""What is put in, over SQLite, PostgreSQL and MariaDB."""

from flask_mailwright.engines.order import Order
from flask_mailwright.engines.outbox.rows import Stored
from tests.engines.outbox.stores import CONTENT, NOW, Open, put


def test_the_same_id_is_stored_once(store: Open) -> None:
    """The first stays."""
    ours = store("a")
    put(ours, subject="first")
    (claimed,) = ours.claims.claim(NOW, 1)
    ours.intake.put(
        [Stored(claimed.mail._replace(subject="second", content=b"2"), Order(), NOW, "a")]
    )
    ours.claims.release([claimed])
    (again,) = ours.claims.claim(NOW, 9)
    assert (again.mail.subject, again.mail.content) == ("first", CONTENT)
