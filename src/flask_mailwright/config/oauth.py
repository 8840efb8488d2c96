"""MAIL_OAUTH2_TOKEN: where access tokens come from, for relays that want no password."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..importpath import load
from ..secret import Secret
from ..smtp.tokens import Fetch
from .keys import Keys
from .values import parsed

if TYPE_CHECKING:
    from ..smtp.grant import Account

FetchFor = Callable[[str], Fetch]
"""For a user."""


def read_oauth(keys: Keys, within: Callable[[], AbstractContextManager[object]]) -> FetchFor | None:
    """None when it is not set; a callable is asked `within` a context."""
    fetch_for = keys.take("MAIL_OAUTH2_TOKEN", _fetch_for, None)
    return None if fetch_for is None else lambda user: _within(within, fetch_for(user))


def _within(within: Callable[[], AbstractContextManager[object]], fetch: Fetch) -> Fetch:
    def fetch_within() -> object:
        with within():
            return fetch()

    return fetch_within


def _fetch_for(value: Any) -> FetchFor:
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        value = load("MAIL_OAUTH2_TOKEN", value)
    if callable(value):
        return partial(_own, value)
    account = parsed(value) if isinstance(value, str) else value
    if not isinstance(account, Mapping):
        raise ValueError(_SHAPE)
    from ..smtp.grant import Grant

    grant = Grant(_account(account))
    return lambda user: grant


def _own(fetch: Callable[..., object], user: str) -> Fetch:
    """It is asked with the user if it takes one."""
    try:
        parameters = signature(fetch).parameters.values()
    except (TypeError, ValueError):
        return fetch
    if any(map(_takes_user, parameters)):
        return partial(fetch, user)
    return partial(fetch, user=user) if any(map(_wants_user, parameters)) else fetch


def _takes_user(parameter: Parameter) -> bool:
    """By its place: the first of any name that must be given, or one that is called so."""
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return True
    by_place = parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return by_place and (parameter.default is parameter.empty or parameter.name in _USER)


def _wants_user(parameter: Parameter) -> bool:
    return parameter.kind is Parameter.KEYWORD_ONLY and parameter.name == "user"


_USER = ("user", "username")


def _account(values: Mapping[str, Any]) -> Account:
    from ..smtp.grant import Account

    if not set(values) <= set(Account._fields) or not all(
        isinstance(value, str) and value for value in values.values()
    ):
        raise ValueError(_SHAPE)
    if not {"token_url", "client_id"} <= set(values) or not _KINDS & set(values):
        raise ValueError(f"needs token_url, client_id, and one of {' or '.join(sorted(_KINDS))}")
    if not _is_safe(values["token_url"]):
        raise ValueError("must have an https:// URL as its token_url, for it gets the secrets")
    hidden = {name: Secret(values[name]) for name in _KINDS & set(values)}
    return Account(**{**values, **hidden})


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or host in ("127.0.0.1", "localhost", "::1"))


_KINDS = {"client_secret", "refresh_token"}
_SHAPE = (
    "must be a callable, package.module:callable, or a dict (or JSON) with token_url, client_id,"
    " client_secret, refresh_token and scope"
)
