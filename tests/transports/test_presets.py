"""Well-known providers by name."""

import pytest

from flask_mailwright import ConfigError
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.transports.presets import PRESETS, smtp_url
from flask_mailwright.transports.relay_url import relay_from_url
from flask_mailwright.transports.url import transport_from_url
from flask_mailwright.world import World


@pytest.mark.parametrize(
    ("url", "host", "user", "password"),
    [
        ("gmail://me%40gmail.com:pw@", "smtp.gmail.com", "me@gmail.com", "pw"),
        ("GMAIL://me%40gmail.com:pw@default", "smtp.gmail.com", "me@gmail.com", "pw"),
        ("outlook://me%40example.com:pw@", "smtp.office365.com", "me@example.com", "pw"),
        ("ses+smtp://AKIA:p%2Fw@eu-west-1", "email-smtp.eu-west-1.amazonaws.com", "AKIA", "p/w"),
        ("ses+smtp://A:b@us-gov-east-1", "email-smtp.us-gov-east-1.amazonaws.com", "A", "b"),
        ("sendgrid+smtp://SG.key@", "smtp.sendgrid.net", "apikey", "SG.key"),
        ("sendgrid+smtp://apikey:SG.key@", "smtp.sendgrid.net", "apikey", "SG.key"),
        ("mailgun+smtp://postmaster%40mg.example.com:pw@", "smtp.mailgun.org",
         "postmaster@mg.example.com", "pw"),
        ("mailgun+smtp://u:pw@eu", "smtp.eu.mailgun.org", "u", "pw"),
        ("postmark+smtp://token@", "smtp.postmarkapp.com", "token", "token"),
        ("brevo+smtp://u:key@", "smtp-relay.brevo.com", "u", "key"),
        ("resend+smtp://re_key@", "smtp.resend.com", "resend", "re_key"),
    ],
)  # fmt: skip
def test_a_provider_is_a_relay(url: str, host: str, user: str, password: str) -> None:
    """Port 587, STARTTLS, the login as the provider wants it."""
    relay = relay_from_url(smtp_url(url) or "", Relay(""))
    assert (relay.host, relay.port, relay.tls, relay.username) == (host, 587, "starttls", user)
    assert relay.password is not None
    assert relay.password.reveal() == password


def test_options_stay() -> None:
    """Behind a question mark, as for every relay."""
    url = smtp_url("resend+smtp://key@?pool=9&rate=2/s")
    assert relay_from_url(url or "", Relay("")).connections == 9
    transport = transport_from_url(
        "roundrobin(resend+smtp://a@ postmark+smtp://b@)", Relay(""), World()
    )
    assert (
        transport.name == "roundrobin(smtp://smtp.resend.com:587 smtp://smtp.postmarkapp.com:587)"
    )


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_missing_is_told_by_its_shape(preset: str) -> None:
    """Without the secret that may stand in it."""
    for url in (f"{preset}://", f"{preset}://hunter2:x@nowhere.example", f"{preset}://a/hunter2@"):
        with pytest.raises(ConfigError, match="MAIL_URL must read") as caught:
            transport_from_url(url, Relay(""), World())
        assert PRESETS[preset].shape in str(caught.value)
        assert "hunter2" not in str(caught.value)


def test_other_schemes_are_none() -> None:
    """They go their own way."""
    assert smtp_url("smtp://u:p@mail.example.com") is None
