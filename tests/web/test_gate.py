"""Who gets an answer from the mailbox: a browser on this machine, in development."""

from pathlib import Path

import pytest
from flask import Flask, Response
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import TestResponse

from flask_mailwright import Mail
from tests.web.mailbox import Box, mail_of, make_box

PATHS = [
    "",
    "/",
    "/1",
    "/1/body",
    "/live",
    "/previews",
    "/static/mailbox.js",
    "/1/delete",
    "//x",
    "/nothing",
]


def status(box: Box, **environ: str) -> int:
    """Of the list, for such a request."""
    return box.get(environ_overrides=environ).status_code


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "HEAD"])
def test_nothing_is_there_without_debug(tmp_path: Path, path: str, method: str) -> None:
    """Whatever the path and the method: there is no sign of a mailbox."""
    box = make_box(tmp_path, debug=False)
    answer = box.client.open(f"/_mail{path}", method=method)
    assert answer.status_code == 404
    assert "Content-Security-Policy" not in answer.headers
    assert not box.capture.path.exists()


@pytest.mark.parametrize(
    ("debug", "chosen", "expected"),
    [(False, "true", 200), (True, "", 200), (True, "false", 404), (False, "", 404)],
)
def test_it_is_asked_at_each_request(
    tmp_path: Path, debug: bool, chosen: str, expected: int
) -> None:
    """MAIL_MAILBOX decides where it is set, else `app.debug`, which may be set late."""
    box = make_box(tmp_path, debug=not debug)
    box.app.debug = debug
    box.app.config["MAIL_MAILBOX"] = chosen
    assert status(box) == expected
    box.store.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_see_it(box: Box, address: str) -> None:
    """By any of its own addresses."""
    assert status(box, REMOTE_ADDR=address) == 200


@pytest.mark.parametrize("address", ["192.168.0.7", "::ffff:10.0.0.1", "fe80::1", "", "localhost"])
def test_no_other_machine_may(box: Box, address: str) -> None:
    """It is told in a plain sentence, which gives nothing away."""
    box.keep(mail_of({"Subject": "a secret"}))
    answer = box.get(environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 403
    assert answer.mimetype == "text/plain"
    assert "open it there" in answer.text
    assert box.get("/1", environ_overrides={"REMOTE_ADDR": address}).status_code == 403


HOSTS = [
    "localhost",
    "LOCALHOST:5000",
    "shop.localhost:80",
    "127.0.0.1:5000",
    "127.1.2.3",
    "[::1]:5000",
]
FOREIGN = [
    "evil.example",
    "127.0.0.1.evil.example",
    "127.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "",
    "[::2]",
    "a@localhost",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_loopback_host_is_answered(box: Box, host: str) -> None:
    """By name or by number."""
    assert status(box, HTTP_HOST=host) == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_is_refused(box: Box, host: str) -> None:
    """Its pages are somebody else's, though its DNS points here."""
    assert status(box, HTTP_HOST=host) in (400, 403)


def test_a_trusted_host_is_answered(box: Box) -> None:
    """As Flask itself matches them, a dot in front standing for all below."""
    box.app.config["TRUSTED_HOSTS"] = ["shop.test", ".dev.test", "localhost"]
    for host in ("shop.test", "shop.test:5000", "a.dev.test"):
        assert status(box, HTTP_HOST=host) == 200
    assert status(box, HTTP_HOST="shop.test.evil.example") in (400, 403)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-For", "127.0.0.1, 203.0.113.9"),
        ("X-Real-IP", "203.0.113.9"),
        ("Forwarded", 'for="[2001:db8::1]:4711";proto=http'),
        ("Forwarded", "for=unknown"),
    ],
)
def test_a_proxy_on_this_machine_gives_no_right(box: Box, header: str, value: str) -> None:
    """What it says can only take trust away."""
    assert box.get(headers={header: value}).status_code == 403


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-For", "::1, 127.0.0.1:5000"),
        ("Forwarded", 'for="[::1]:4711";host=localhost'),
    ],
)
def test_a_development_proxy_may_stand_between(box: Box, header: str, value: str) -> None:
    """As long as all it speaks for are on this machine."""
    assert box.get(headers={header: value}).status_code == 200


def test_proxy_fix_does_not_let_a_stranger_in(box: Box) -> None:
    """The address of the connection counts, whatever the header says of it."""
    box.app.wsgi_app = ProxyFix(box.app.wsgi_app, x_for=1, x_host=1)  # type: ignore[method-assign]
    forged = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost"}
    for environ in ({"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_HOST": "evil.example"}):
        assert box.get(headers=forged, environ_overrides=environ).status_code == 403


def test_a_form_of_ours_is_taken(box: Box) -> None:
    """From a browser that says so, and from one that says nothing."""
    for headers in ({}, {"Sec_Fetch_Site": "same-origin", "Origin": "http://localhost:5000"}):
        number = box.keep(mail_of({"Subject": "Hi"}))
        assert box.post(f"/{number}/delete", **headers).status_code == 303
        assert box.store.find(number) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "https://localhost:5000"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "http://evil.example"},
        {"token": "guessed"},
        {"token": ""},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/1/delete", "/1/resend", "/delete-all"])
def test_a_form_of_others_is_refused(box: Box, path: str, headers: dict[str, str]) -> None:
    """And nothing is done."""
    box.keep(mail_of({"Subject": "Hi"}))
    stamp = box.store.latest()
    answer = box.post(path, **headers)
    assert answer.status_code == 403
    assert "load the page again" in answer.text
    assert box.store.latest() == stamp


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_two_methods_do_anything(box: Box, method: str) -> None:
    """The others are told which."""
    answer = box.client.open("/_mail/", method=method, base_url="http://localhost")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_looking_changes_nothing(box: Box) -> None:
    """A link to what deletes or sends is a question at most."""
    box.keep(mail_of({"Subject": "Hi"}))
    stamp = box.store.latest()
    for path in ("/1/delete", "/1/resend", "/delete-all"):
        assert box.get(path).status_code in (200, 303)
    assert box.store.latest() == stamp


def test_the_apps_own_csrf_guard_lets_our_forms_through(box: Box) -> None:
    """Flask-WTF knows nothing of our token, and guards all else as before."""
    box.app.config["SECRET_KEY"] = "x"
    CSRFProtect(box.app)
    box.app.add_url_rule("/buy", "buy", lambda: "bought", methods=["POST"])
    number = box.keep(mail_of({"Subject": "Hi"}))
    assert box.post(f"/{number}/delete").status_code == 303
    assert box.client.post("/buy").status_code == 400


def test_the_apps_login_wall_is_not_asked(tmp_path: Path) -> None:
    """Ours is that only this machine may look; where there is no mailbox, the wall stands."""
    app = Flask("shop", instance_path=str(tmp_path))
    app.before_request(lambda: ("Please sign in", 401))
    assert _served(app, tmp_path, "/_mail/", "http://localhost").status_code == 200
    assert app.test_client().get("/").status_code == 401
    app.debug = False
    assert app.test_client().get("/_mail/").status_code == 401


def test_it_adds_no_rule_to_the_app(tmp_path: Path) -> None:
    """Where it is off, the path is the app's own."""
    app = Flask("shop", instance_path=str(tmp_path))
    before = len(list(app.url_map.iter_rules()))
    app.add_url_rule("/<path:page>", "page", lambda page: f"page {page}")
    assert "shop" in _served(app, tmp_path, "/_mail/", "http://localhost").text
    assert len(list(app.url_map.iter_rules())) == before + 1
    app.debug = False
    assert app.test_client().get("/_mail/x").text == "page _mail/x"


def _served(app: Flask, tmp_path: Path, path: str, base_url: str) -> TestResponse:
    app.config.update(MAIL_URL="memory:", MAIL_DEFAULT_SENDER="a@example.com")
    app.debug = True
    Mail(app)
    answer = app.test_client().get(path, base_url=base_url)
    app.extensions["mailwright"].capture.store.close()
    return answer


def test_below_a_prefix(tmp_path: Path) -> None:
    """Every link begins with what the app is mounted at."""
    app = Flask("shop", instance_path=str(tmp_path))
    app.config["APPLICATION_ROOT"] = "/shop"
    answer = _served(app, tmp_path, "/_mail/", "http://localhost/shop")
    assert answer.status_code == 200
    assert 'href="/shop/_mail/static/mailbox.css"' in answer.text
    assert '"/_mail' not in answer.text


def test_with_host_matching(tmp_path: Path) -> None:
    """Our rules are for every host, and the gate says which is answered."""
    app = Flask("shop", instance_path=str(tmp_path), host_matching=True, static_host="shop.test")
    assert _served(app, tmp_path, "/_mail/previews", "http://localhost:5000").status_code == 200


def test_with_a_server_name(tmp_path: Path) -> None:
    """It is what links in mail begin with, not who may look."""
    app = Flask("shop", instance_path=str(tmp_path))
    app.config["SERVER_NAME"] = "shop.example.com"
    assert _served(app, tmp_path, "/_mail/", "http://localhost:5000").status_code == 200


def test_in_an_app_of_other_ways(tmp_path: Path) -> None:
    """Its templates, headers, response class and URL values do not change our pages."""

    class Own(Response):
        default_mimetype = "application/xml"

    app = Flask("shop", instance_path=str(tmp_path))
    app.response_class = Own
    app.jinja_env.autoescape = False
    app.context_processor(lambda: {"desk": None, "base": "/elsewhere"})
    app.url_value_preprocessor(lambda endpoint, values: None)

    @app.after_request
    def tighten(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'none'"
        response.headers["Content-Security-Policy-Report-Only"] = "default-src 'none'"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Cache-Control"] = "public"
        return response

    answer = _served(app, tmp_path, "/_mail/", "http://localhost:5000")
    assert answer.mimetype == "text/html"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Content-Security-Policy-Report-Only" not in answer.headers
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Cache-Control"] == "no-store"
