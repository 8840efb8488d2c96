"""Routes: which transport each name means, and what is said about those that mean none."""

from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest

from flask_mailwright.errors import ConfigError, MailError
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.transports import Transport, deliver
from flask_mailwright.transports.memory import MemoryTransport
from flask_mailwright.transports.routes import Routes, read_routes
from flask_mailwright.transports.url import transport_from_url
from flask_mailwright.world import World
from tests.engines.relays import sealed

FROM_URL = partial(transport_from_url, base=Relay("127.0.0.1"), world=World())


def routes(value: Any) -> Routes:
    """As the configuration makes them."""
    return Routes(MemoryTransport(), *read_routes(value, FROM_URL, nullcontext))


def faults(value: Any) -> list[str]:
    """What is said about them."""
    with pytest.raises(ConfigError) as caught:
        routes(value)
    return list(caught.value.faults)


def test_each_name_has_a_transport_of_its_own() -> None:
    """The same one at each time; the empty name is the default's."""
    found = routes('{"a": "memory:", "b": "smtp://relay.example.com?pool=2"}')
    assert found.over("b").name == "smtp://relay.example.com:25"
    assert len({id(found.over(name)) for name in ("", "a", "b", "a", "b")}) == 3


def test_all_faults_at_once_by_name() -> None:
    """And none quotes a URL, which may hold a password."""
    told = faults(
        {"a": "smtp://u:hunter2@h:x", "b": 25, "smtp://u:hunter2@h": "c", "ok": "memory:"}
    )
    assert [fault.partition(" ")[0] for fault in told] == [
        "MAIL_ROUTES['a']:", "MAIL_ROUTES['b']", "MAIL_ROUTES"
    ]  # fmt: skip
    assert "hunter2" not in str(told)


@pytest.mark.parametrize("value", ["newsletter", "[1]", 7, ["smtp://a"]])
def test_what_is_no_mapping(value: Any) -> None:
    """The sentence shows the shape."""
    assert faults(value)[0].startswith("MAIL_ROUTES must be a dict (or JSON) of URLs by route name")


@pytest.mark.parametrize("name", ["", " a", "a\n", "x" * 201, "memory://"])
def test_what_is_no_name(name: str) -> None:
    """It must stand in a column, a log line and an error."""
    assert faults({name: "memory:"})[0].startswith("MAIL_ROUTES has a key that is not a name")


def test_an_unknown_route_lists_the_known() -> None:
    """For it may be a slip of the pen."""
    known = routes({"news": "memory:", "bulk": "memory:"})
    assert known.fault("newz") == "route 'newz' is not in MAIL_ROUTES, which has 'news', 'bulk'"
    assert "no route yet" in routes({}).fault("news")
    assert (known.fault("news"), routes({}).fault(7)[:23]) == ("", "route must be a name: a")


def test_a_callable_is_asked_once_for_each_name() -> None:
    """And not before a mail needs it."""
    asked: list[str] = []

    def url_of(name: str) -> str:
        asked.append(name)
        return {"a": "memory:"}[name]

    found = routes(url_of)
    assert asked == []
    assert found.over("a") is found.over("a")
    assert (found.fault("a"), asked) == ("", ["a"])
    assert found.fault("b") == "route 'b' is none that MAIL_ROUTES has a URL for"


def test_a_callable_that_fails() -> None:
    """It is asked again next time; a URL that is none is told by the name of its route."""

    def away(name: str) -> str:
        raise OSError("the database is away")

    with pytest.raises(
        MailError, match="MAIL_ROUTES raised OSError when asked for route 'a'"
    ) as no:
        routes(away).fault("a")
    assert no.value.kind == "temporary"
    with pytest.raises(ConfigError, match=r"MAIL_ROUTES\['a'\] must begin with"):
        routes(lambda name: "pigeon://loft").fault("a")
    assert routes(lambda name: None).fault("a")


@pytest.mark.parametrize(
    ("value", "kind"), [({}, "configuration"), (lambda name: 1 / 0, "temporary")]
)
def test_no_other_route_is_taken(value: Any, kind: str) -> None:
    """A mail whose route is not there reaches nobody, and its receipt names the key."""
    default = MemoryTransport()
    found: Transport = Routes(default, *read_routes(value, FROM_URL, nullcontext)).over("news")
    error = deliver(found, sealed()).error
    assert error is not None
    assert error.kind == kind
    assert "MAIL_ROUTES" in str(error)
    assert default.mails == []
