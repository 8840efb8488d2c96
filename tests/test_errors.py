import copy
import pickle

import pytest

from flask_mailwright.errors import (
    ConfigError,
    DeliveryError,
    Kind,
    MailError,
    MailTimeout,
    MessageError,
    Refused,
)
from flask_mailwright.reply import Action, Reply

REPLY = Reply("ann@example.com", "failed", 451, "4.3.0", "busy", transient=True)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MailError("x"), "permanent"),
        (MailError("x", kind="temporary", stage="connect", replies=[REPLY]), "temporary"),
        (DeliveryError("x", kind="in_doubt", stage="final dot"), "in_doubt"),
        (DeliveryError.from_replies([REPLY], "rcpt"), "temporary"),
        (MailTimeout("x", stage="wait"), "temporary"),
        (MessageError(["one", "two"]), "invalid"),
        (ConfigError(["one"]), "configuration"),
        (Refused("not now", stage="before_send"), "invalid"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_every_error_survives_pickling(error: MailError, kind: Kind, again: object) -> None:
    """A worker's error arrives whole: text, kind, stage, replies and faults."""
    assert callable(again)
    twin = again(error)
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert twin.kind == error.kind == kind
    assert (twin.stage, twin.replies) == (error.stage, error.replies)
    assert getattr(twin, "faults", None) == getattr(error, "faults", None)


@pytest.mark.parametrize("kind", [MessageError, ConfigError])
def test_faults_are_listed(kind: type[MessageError]) -> None:
    """One stands in the sentence, several below each other."""
    assert str(kind(["subject is bytes"])).endswith("not accepted: subject is bytes")
    assert str(kind(iter(["one", "two"]))).splitlines()[1:] == ["  - one", "  - two"]


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        ([("failed", False)], "permanent"),
        ([("failed", False), ("failed", True)], "temporary"),
        ([("failed", True), ("in_doubt", False)], "in_doubt"),
        ([("relayed", False), ("failed", False)], "permanent"),
    ],
)
def test_worst_recipient_decides_the_kind(actions: list[tuple[Action, bool]], kind: str) -> None:
    """In doubt before temporary before permanent."""
    replies = [Reply(f"{n}@x", action, transient=soft) for n, (action, soft) in enumerate(actions)]
    error = DeliveryError.from_replies(replies, "data")
    assert (error.kind, error.stage, error.replies) == (kind, "data", tuple(replies))


def test_account_names_three_recipients_and_counts_the_rest() -> None:
    """A thousand refused recipients make no page."""
    replies = [Reply(f"{n}@x", "failed", 550, "5.1.1", "unknown") for n in range(5)]
    error = str(DeliveryError.from_replies([*replies, Reply("ok@x", "relayed", 250)], "rcpt"))
    assert error.startswith(
        "5 of 6 recipients not reached (trying again will not help): 0@x: failed"
    )
    assert error.endswith("2@x: failed 550 5.1.1 unknown; and 2 more")


def test_reply_reads_as_a_line() -> None:
    """Address, what became of it, and the relay's words if there were any."""
    assert str(REPLY) == "ann@example.com: failed 451 4.3.0 busy"
    assert str(Reply("ann@example.com", "in_doubt")) == "ann@example.com: in doubt"
