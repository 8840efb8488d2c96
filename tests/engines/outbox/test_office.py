"""One process delivers: the same over SQLite, PostgreSQL and MariaDB."""

from flask_mailwright.engines.outbox.office import leave_office, take_office
from tests.engines.outbox.stores import LATER, NOW, Open


def test_one_holds_the_office(store: Open) -> None:
    """Until he leaves or his lease lapses; to take it again is to stay."""
    ours, theirs = store("a"), store("b")
    assert take_office(ours, NOW, 30)
    assert take_office(ours, NOW, 30)
    assert not take_office(theirs, NOW, 30)
    leave_office(ours)
    assert take_office(theirs, NOW, 30)
    assert take_office(ours, LATER, 30)
