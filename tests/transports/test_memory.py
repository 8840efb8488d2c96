"""Mail in a list."""

from tests.apps import hello, kept, make_mail, parsed


def test_mails_are_kept_in_order() -> None:
    """Each is relayed for everybody, and as it would have left."""
    app, mail = make_mail()
    receipts = [mail.send(hello(subject=subject)) for subject in ("one", "two")]
    assert [reply.text for receipt in receipts for reply in receipt.relayed] == [
        "kept in memory",
        "kept in memory",
    ]
    assert [parsed(one)["Subject"] for one in kept(app)] == ["one", "two"]
    assert [one.message_id for one in kept(app)] == [receipt.message_id for receipt in receipts]
