"""When the store cannot be asked: mail of a list waits, and all other goes out."""

from pathlib import Path

import pytest

from flask_mailwright import Mail, MailError, SealedMail
from flask_mailwright.appstate import AppState
from flask_mailwright.engines import Order
from flask_mailwright.suppression.asking import AGAIN
from flask_mailwright.transports import deliver
from flask_mailwright.world import World
from tests.apps import ANN, BOB, hello, kept, make_app, make_mail
from tests.suppression.stores import AWAY, OwnStore
from tests.testing.raw_client import eventually

NOWHERE = "postgresql+psycopg://postgres@127.0.0.1:1/shop"


def state_of(mail: Mail) -> AppState:
    """What its app has."""
    return mail._state()


def of_list(mail: Mail) -> SealedMail:
    """One of the list news, for Ann."""
    return state_of(mail).prepare(hello()).mail._replace(list="news")


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Those about the list."""
    return [r.message for r in caplog.records if "suppression list" in r.message]


@pytest.fixture
def store() -> OwnStore:
    """One that is away."""
    store = OwnStore()
    store.trouble = AWAY
    return store


class Knowing(OwnStore):
    """Says without being asked whether there is anybody."""

    def __init__(self, nobody: object) -> None:
        super().__init__()
        self._nobody = nobody

    @property
    def nobody(self) -> object:
        """Or what stands there for another reason."""
        if isinstance(self._nobody, Exception):
            raise self._nobody
        return self._nobody


@pytest.mark.parametrize("nobody", [False, "yes", hello], ids=["no", "word", "method"])
def test_only_who_knows_that_there_is_nobody_is_not_asked(nobody: object) -> None:
    """Whatever else a store calls so."""
    for said, relayed in ((nobody, False), (True, True)):
        store = Knowing(said)
        mail = make_mail(MAIL_SUPPRESSIONS=store)[1]
        store.add(ANN, "she asked so")
        assert bool(mail.send(hello()).relayed) is relayed
        assert bool(store.asked) is not relayed


def test_a_store_that_cannot_even_say_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    """Mail of no list goes out."""
    mail = make_mail(MAIL_SUPPRESSIONS=Knowing(ConnectionError("hunter2")))[1]
    assert mail.send(hello()).relayed
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("trouble", [AWAY, RuntimeError("secret: hunter2")], ids=["ours", "theirs"])
def test_mail_of_no_list_goes_out(trouble: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """With one warning for all, and no more than one question in a while."""
    store = OwnStore()
    store.trouble = trouble
    _app, mail = make_mail(MAIL_SUPPRESSIONS=store)
    assert all(mail.send(hello()).relayed for _ in range(5))
    assert all(receipt.relayed for receipt in mail.send_many([hello(), hello()]))
    assert len(warnings(caplog)) == 1
    assert "hunter2" not in caplog.text
    assert len(store.asked) == 1


def test_mail_of_a_list_does_not(store: OwnStore) -> None:
    """The error says what to do; nobody has got it."""
    app, mail = make_mail(MAIL_SUPPRESSIONS=store)
    sealed = of_list(mail)
    receipt = deliver(state_of(mail).transport_of(""), sealed)
    error = receipt.error
    assert error is not None
    assert (error.kind, error.stage) == ("temporary", "suppression")
    assert "see that its database can be reached, and try again" in str(error)
    assert [(reply.action, reply.transient) for reply in receipt.replies] == [("failed", True)]
    assert kept(app) == []


def test_it_is_asked_again_and_told_again(
    store: OwnStore, caplog: pytest.LogCaptureFixture
) -> None:
    """After a while; what was away twice is told twice."""
    clock = [0.0]
    app = make_app(MAIL_URL="memory:", MAIL_SUPPRESSIONS=store)
    mail = Mail(app, world=World(monotonic=lambda: clock[0]))
    for trouble in (AWAY, None, AWAY):
        store.trouble = trouble
        clock[0] += AGAIN
        mail.send(hello())
    assert len(warnings(caplog)) == 2


def test_a_server_that_is_away_stops_no_password_reset(caplog: pytest.LogCaptureFixture) -> None:
    """The app needs no outbox otherwise."""
    _app, mail = make_mail(MAIL_OUTBOX_URL=NOWHERE)
    assert mail.send(hello()).relayed
    assert len(warnings(caplog)) == 1
    with pytest.raises(MailError) as caught:
        mail.suppress(ANN, "asked")
    assert (caught.value.kind, caught.value.stage) == ("temporary", "store")


def test_the_outbox_tries_it_again(store: OwnStore, tmp_path: Path) -> None:
    """Until somebody can say who has left."""
    url = f"sqlite:///{tmp_path}/outbox.sqlite"
    app = make_app(MAIL_URL="memory:", MAIL_SUPPRESSIONS=store, MAIL_ENGINE="outbox")
    app.config.update(MAIL_OUTBOX_URL=url, MAIL_TIMING={"retry_first": 0.2, "retry_factor": 1.0})
    clock = Shifted()
    mail = Mail(app, world=World(monotonic=clock))
    mails = [of_list(mail), of_list(mail)]
    mails[1] = mails[1]._replace(
        envelope=mails[1].envelope._replace(
            recipients=(mails[1].envelope.recipients[0]._replace(address=BOB),)
        )
    )
    tickets = [state_of(mail).engine.submit(each, Order()) for each in mails]
    assert eventually(lambda: len(store.asked) > 0)
    store.trouble = None
    store.add(ANN, "left", "news")
    clock.shift = AGAIN
    receipts = [ticket.wait(10) for ticket in tickets]
    assert [receipt.replies[0].action for receipt in receipts] == ["suppressed", "relayed"]
    assert receipts[0].replies[0].text == "on the suppression list of 'news'"
    mail.close()


class Shifted:
    """A clock that may be put forward."""

    def __init__(self) -> None:
        self.shift = 0.0

    def __call__(self) -> float:
        return World().monotonic() + self.shift
