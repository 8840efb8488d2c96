"""Well-known providers by name: `gmail://me%40gmail.com:app-password@` is a whole relay."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ..errors import ConfigError


class Login(NamedTuple):
    """What stands before the @, as written; `secret` is empty when there is one word."""

    user: str
    secret: str


class Preset(NamedTuple):
    """Where a provider takes mail, all on port 587 with STARTTLS.

    `host` is given what stands behind the @. `login` makes user and password of what is known.
    """

    shape: str
    host: Callable[[str], str]
    login: Callable[[Login], Login] = lambda login: login


_URL = r"(?is)([a-z0-9]+(?:\+smtp)?)://(?:([^/?#@]*)@)?([^/?#@]*)/?(\?[^#]*)?"


def smtp_url(url: str) -> str | None:
    """The `smtp://` URL that a preset stands for; None when it is none.

    >>> smtp_url("postmark+smtp://the-token@")
    'smtp://the-token:the-token@smtp.postmarkapp.com:587'
    """
    scheme = url.partition(":")[0].lower()
    preset = PRESETS.get(scheme)
    if preset is None:
        return None
    found = re.fullmatch(_URL, url)
    if found is None or not found[2]:
        raise ConfigError([f"MAIL_URL must read {preset.shape}, special characters as %XX"])
    user, _, secret = found[2].partition(":")
    place = "" if found[3].lower() == "default" else found[3].lower()
    login = preset.login(Login(user, secret))
    words = ":".join(word for word in login if word)
    return f"smtp://{words}@{_host(preset, place)}:587{found[4] or ''}"


def _host(preset: Preset, place: str) -> str:
    try:
        return preset.host(place)
    except LookupError:
        raise ConfigError([f"MAIL_URL must read {preset.shape}"]) from None


def _always(host: str) -> Callable[[str], str]:
    def at(place: str) -> str:
        if place:
            raise LookupError
        return host

    return at


def _ses(region: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise LookupError
    return f"email-smtp.{region}.amazonaws.com"


def _mailgun(place: str) -> str:
    return {"": "smtp.mailgun.org", "us": "smtp.mailgun.org", "eu": "smtp.eu.mailgun.org"}[place]


def _key_of(user: str) -> Callable[[Login], Login]:
    """One word is the key, of a user who is always called so."""
    return lambda login: login if login.secret else Login(user, login.user)


PRESETS = {
    "gmail": Preset("gmail://me%40gmail.com:app-password@", _always("smtp.gmail.com")),
    "outlook": Preset("outlook://me%40example.com@", _always("smtp.office365.com")),
    "ses+smtp": Preset("ses+smtp://user:password@eu-west-1", _ses),
    "sendgrid+smtp": Preset(
        "sendgrid+smtp://key@", _always("smtp.sendgrid.net"), _key_of("apikey")
    ),
    "mailgun+smtp": Preset("mailgun+smtp://user:password@ (or @eu)", _mailgun),
    "postmark+smtp": Preset(
        "postmark+smtp://token@",
        _always("smtp.postmarkapp.com"),
        lambda login: login if login.secret else Login(login.user, login.user),
    ),
    "brevo+smtp": Preset("brevo+smtp://user:key@", _always("smtp-relay.brevo.com")),
    "resend+smtp": Preset("resend+smtp://key@", _always("smtp.resend.com"), _key_of("resend")),
}
