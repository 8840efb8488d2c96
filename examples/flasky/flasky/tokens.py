"""Links in mails that prove who follows them: signed, for one purpose, for a limited time."""

from __future__ import annotations

from hashlib import sha256

from flask import abort, current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from . import people
from .people import Person

SECONDS = {"confirm": 3 * 24 * 3600, "reset": 3600}
"""How long a link of each purpose works."""


def sign(purpose: str, person: Person) -> str:
    """A token that names the person; a reset's ends with the password that it replaces."""
    return _serializer(purpose).dumps([person.number, _print(purpose, person)])


def person_of(purpose: str, token: str) -> Person:
    """Whom the token names, or 404 with the reason."""
    try:
        number, fingerprint = _serializer(purpose).loads(token, max_age=SECONDS[purpose])
    except BadData:
        abort(404, "This link is not valid any more. Ask for a new one.")
    person = people.by_number(number)
    if person is None or _print(purpose, person) != fingerprint:
        abort(404, "This link has been used already. Ask for a new one.")
    return person


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=f"flasky-{purpose}")


def _print(purpose: str, person: Person) -> str:
    return sha256(person.password.encode()).hexdigest()[:16] if purpose == "reset" else ""
