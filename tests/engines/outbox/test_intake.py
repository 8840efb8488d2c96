"""What is put in, over SQLite, PostgreSQL and MariaDB."""

from flask_mailwright.engines.order import Order
from flask_mailwright.engines.outbox.rows import Stored
from tests.engines.outbox.stores import CONTENT, NOW, Open, put


def test_the_same_id_is_stored_once(store: Open) -> None:
    """The first stays."""
    ours = store("a")
    put(ours, subject="first")
    (claimed,) = ours.claims.claim(NOW, 1)
    second = claimed.mail._replace(subject="second", content=b"2")
    ours.intake.put([Stored(second, Order(key="its key"), NOW, "a")])
    ours.claims.release([claimed])
    (again,) = ours.claims.claim(NOW, 9)
    assert (again.mail.subject, again.mail.content) == ("first", CONTENT)


def test_many_are_stored_whatever_their_size(store: Open) -> None:
    """Small ones with one statement, large ones with their own; those with a key among them."""
    ours = store("a")
    put(ours, subject="template")
    (claimed,) = ours.claims.claim(NOW, 1)
    sizes = [number * 40_000 if number % 5 == 0 else number for number in range(50)]
    mails = [
        claimed.mail._replace(id=f"{size}", subject=f"{size}", content=b"x" * size)
        for size in sizes
    ]
    orders = [Order(key="some key") if size % 7 == 0 else Order() for size in sizes]
    ours.intake.put([Stored(*each, NOW, "a") for each in zip(mails, orders, strict=True)])
    found: dict[str, int] = {}
    while some := ours.claims.claim(NOW, 9):
        found |= {each.mail.subject: len(each.mail.content) for each in some}
    assert found == {f"{size}": size for size in sizes}
