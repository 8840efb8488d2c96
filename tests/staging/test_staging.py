"""What the settings say of a recipient."""

from flask_mailwright.envelope import Envelope, Recipient
from flask_mailwright.staging import Staging
from flask_mailwright.staging.allowlist import Allowlist

NOBODY = Allowlist(frozenset())


def test_without_a_redirect_the_others_mail_goes_to_nobody() -> None:
    """The allowed keep theirs."""
    staging = Staging(Allowlist.of(["example.org"]))
    assert staging.instead_of("ann@example.org") is None
    assert staging.instead_of("ann@example.com") == ()


def test_without_a_list_everybody_is_redirected() -> None:
    """But those to whom the mail is redirected."""
    staging = Staging(NOBODY, ("QA@example.org", "ops@example.org"))
    assert staging.instead_of("ann@example.org") == ("QA@example.org", "ops@example.org")
    assert staging.instead_of("qa@Example.org") is None


def test_what_was_noted_before_does_not_count() -> None:
    """The settings of this process do; the rest of the envelope stays."""
    old = (Recipient("a@x.test", ("NOTIFY=NEVER",), ("old@x.test",)), Recipient("b@y.test", (), ()))
    envelope = Envelope("s@x.test", old, smtputf8=True, mail_options=("RET=HDRS",))
    noted = Staging(Allowlist.of(["y.test"]), ("qa@z.test",)).note(envelope)
    assert noted == envelope._replace(
        recipients=(
            Recipient("a@x.test", ("NOTIFY=NEVER",), ("qa@z.test",)),
            Recipient("b@y.test"),
        )
    )
