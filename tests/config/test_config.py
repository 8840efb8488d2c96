"""The `MAIL_*` keys: what they mean, and what is said about a wrong one."""

import json
import traceback
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flask_mailwright import Address, ConfigError, Mail
from flask_mailwright.config import Config, boolean, read, suppress_send
from flask_mailwright.engines.inline import InlineEngine
from flask_mailwright.engines.outbox.engine import OutboxEngine
from flask_mailwright.engines.threads import ThreadsEngine
from flask_mailwright.secret import Secret
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.timing import Timing
from flask_mailwright.transports import Transport
from flask_mailwright.transports.console import ConsoleTransport
from flask_mailwright.transports.memory import MemoryTransport
from flask_mailwright.transports.smtp import SmtpTransport
from flask_mailwright.world import World
from tests.apps import make_app
from tests.certificates import Certificates

FLASK_MAIL_KEYS = (
    "MAIL_SERVER MAIL_PORT MAIL_USE_TLS MAIL_USE_SSL MAIL_USERNAME MAIL_PASSWORD"
    " MAIL_DEFAULT_SENDER MAIL_MAX_EMAILS MAIL_SUPPRESS_SEND MAIL_ASCII_ATTACHMENTS MAIL_DEBUG"
).split()
NEW_KEYS = (
    "MAIL_URL MAIL_SUBJECT_PREFIX MAIL_TIMEOUT MAIL_TLS_CA_FILE MAIL_ENGINE MAIL_TIMING"
    " MAIL_OUTBOX_URL MAIL_OUTBOX_KEEP MAIL_ROUTES MAIL_WORKER MAIL_REDIRECT_TO"
    " MAIL_ALLOWED_RECIPIENTS MAIL_OAUTH2_TOKEN MAIL_BASE_URL MAIL_MAILBOX"
).split()
DKIM_KEYS = "MAIL_DKIM MAIL_DKIM_DOMAIN MAIL_DKIM_SELECTOR MAIL_DKIM_KEY".split()
ALL_KEYS = [*FLASK_MAIL_KEYS, *NEW_KEYS, *DKIM_KEYS]


def config(debug: Any = False, **values: Any) -> Config:
    """What these keys come to."""
    return read(values, World(), debug=debug)


def relay(debug: Any = False, **values: Any) -> Relay:
    """The relay that these keys name."""
    transport = config(debug, **values).routes.over("")
    assert isinstance(transport, SmtpTransport)
    found = transport._relay
    assert isinstance(found, Relay)
    return found


def faults(**values: Any) -> tuple[str, ...]:
    """What is said about these keys."""
    with pytest.raises(ConfigError) as caught:
        config(**values)
    assert caught.value.kind == "configuration"
    return caught.value.faults


def test_defaults_are_those_of_flask_mail() -> None:
    """Without a key mail goes to 127.0.0.1:25, in plain text and without a login."""
    assert relay() == Relay("127.0.0.1", 25, timing=Timing(10, 30, 60, 30))
    found = config()
    assert (found.default_sender, found.subject_prefix) == (None, "")
    assert found.ascii_attachments is False
    assert found.make_engine is OutboxEngine
    assert suppress_send({}) is None


def test_flask_mails_keys_keep_their_meaning() -> None:
    """All eleven, set as Python values."""
    values: dict[str, Any] = {
        "MAIL_SERVER": "smtp.example.com",
        "MAIL_PORT": 587,
        "MAIL_USE_TLS": True,
        "MAIL_USE_SSL": False,
        "MAIL_USERNAME": "ann",
        "MAIL_PASSWORD": "secret",
        "MAIL_DEFAULT_SENDER": ("Flasky", "flasky@example.com"),
        "MAIL_MAX_EMAILS": 30,
        "MAIL_SUPPRESS_SEND": True,
        "MAIL_ASCII_ATTACHMENTS": True,
        "MAIL_DEBUG": True,
    }
    assert list(values) == FLASK_MAIL_KEYS
    assert relay(**values) == Relay(
        *("smtp.example.com", 587, "starttls", "ann", Secret("secret")), max_mails=30, trace=True
    )
    assert config(**values).default_sender == Address("Flasky", "flasky@example.com")
    assert config(**values).ascii_attachments is True
    assert suppress_send(values) is True


def test_strings_of_an_environment_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """`from_prefixed_env` gives "False" as text, 587 as a number and a list for a pair."""
    for key, value in {
        "MAIL_SERVER": "smtp.example.com",
        "MAIL_PORT": "465",
        "MAIL_USE_TLS": "False",
        "MAIL_USE_SSL": "True",
        "MAIL_USERNAME": "ann",
        "MAIL_PASSWORD": '"12345"',
        "MAIL_DEFAULT_SENDER": '["Flasky, Inc.", "flasky@example.com"]',
        "MAIL_MAX_EMAILS": "",
        "MAIL_DEBUG": "no",
        "MAIL_TIMEOUT": "2.5",
        "MAIL_TIMING": '{"reply": 7}',
    }.items():
        monkeypatch.setenv(f"FLASK_{key}", value)
    app = Flask("flasky")
    app.config.from_prefixed_env()
    assert relay(**app.config) == Relay(
        *("smtp.example.com", 465, "implicit", "ann", Secret("12345")),
        timing=Timing(2.5, 7, 2.5, 2.5, 2.5),
    )
    assert config(**app.config).default_sender == Address("Flasky, Inc.", "flasky@example.com")


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_key_is_not_set(value: object) -> None:
    """`MAIL_PORT=` in an environment file means the default, for every key."""
    assert relay(**dict.fromkeys(ALL_KEYS, value)) == relay()
    assert suppress_send({"MAIL_SUPPRESS_SEND": value}) is None


@pytest.mark.parametrize("word", [True, 1, "true", "True", " TRUE\n", "1", "yes", "on"])
def test_words_for_true(word: object) -> None:
    """What people write into environments, in any case."""
    assert boolean(word) is True


@pytest.mark.parametrize("word", [False, 0, "false", "False", "0", "no", "OFF"])
def test_words_for_false(word: object) -> None:
    """`"False"` is not true."""
    assert boolean(word) is False


WHOLE = "must be a number from 1 to 65535"
SECONDS = "must be a number of seconds above 0, at most 1728000"
HOST = "must be a host name or an IP address"
TEXT = (
    "must be text; where the environment is read as JSON, put quotes within the quotes: '\"...\"'"
)
LINE = "holds a line end or another control character; remove it"
SENDER = "must be an address, (name, address) or Name <address>; quote a name with a comma"
ENGINES = "must be threads, outbox, inline, celery, rq or an import path, module:factory"
CRASHES = "must have a whole number above 0 for crashes"
TIMING = (
    "must be a dict (or JSON) of seconds by name: busy, connect, content, crashes, final_dot,"
    " final_dot_worker, grace, idle, lease, office, renew, reply, retry_factor, retry_first,"
    " retry_for, retry_most, sweep"
)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("MAIL_SERVER", 5, TEXT),
        ("MAIL_SERVER", "smtp://a", "must be a host name only; a URL goes into MAIL_URL"),
        ("MAIL_SERVER", "a:25", "must be a host name only; the port goes into MAIL_PORT"),
        ("MAIL_SERVER", "a b", HOST),
        ("MAIL_SERVER", "a/b", HOST),
        ("MAIL_SERVER", "[::1]", HOST),
        ("MAIL_SERVER", "a\x00b", HOST),
        ("MAIL_SERVER", "ⓐ\u2028b", HOST),
        ("MAIL_PORT", "smtp", WHOLE),
        ("MAIL_PORT", 0, WHOLE),
        ("MAIL_PORT", 65536, WHOLE),
        ("MAIL_PORT", True, WHOLE),
        ("MAIL_PORT", 25.5, WHOLE),
        ("MAIL_PORT", "9" * 5000, WHOLE),
        ("MAIL_USE_TLS", "maybe", "must be true or false"),
        ("MAIL_USE_SSL", [], "must be true or false"),
        ("MAIL_DEBUG", 2, "must be true or false"),
        ("MAIL_SUPPRESS_SEND", "never", "must be true or false"),
        ("MAIL_ASCII_ATTACHMENTS", {}, "must be true or false"),
        ("MAIL_DEFAULT_SENDER", "nobody", SENDER),
        ("MAIL_DEFAULT_SENDER", ["a", "b", "c"], SENDER),
        ("MAIL_DEFAULT_SENDER", 5, SENDER),
        ("MAIL_MAX_EMAILS", 0, "must be a number of mails per connection, 1 or more"),
        ("MAIL_MAX_EMAILS", "many", "must be a number of mails per connection, 1 or more"),
        ("MAIL_SUBJECT_PREFIX", 1, TEXT),
        ("MAIL_SUBJECT_PREFIX", "[a]\n", LINE),
        ("MAIL_TIMEOUT", "soon", SECONDS),
        ("MAIL_TIMEOUT", -1, SECONDS),
        ("MAIL_TIMEOUT", True, SECONDS),
        ("MAIL_TIMEOUT", float("nan"), SECONDS),
        ("MAIL_TIMEOUT", 10**400, SECONDS),
        ("MAIL_TIMEOUT", 1_728_001, SECONDS),
        ("MAIL_TIMING", "{", TIMING),
        ("MAIL_TIMING", "[" * 100_000, TIMING),
        ("MAIL_TIMING", "[]", TIMING),
        ("MAIL_TIMING", {"leash": 1}, TIMING),
        ("MAIL_TIMING", {"reply": "x"}, SECONDS),
        ("MAIL_TIMING", {"crashes": 2.5}, CRASHES),
        ("MAIL_TIMING", {"crashes": 0}, CRASHES),
        ("MAIL_TLS_CA_FILE", "/nowhere", "names no readable PEM file with certificates"),
        ("MAIL_TLS_CA_FILE", __file__, "names no readable PEM file with certificates"),
        ("MAIL_TLS_CA_FILE", "/", "names no readable PEM file with certificates"),
        ("MAIL_TLS_CA_FILE", 5, "names no readable PEM file with certificates"),
        ("MAIL_TLS_CA_FILE", "a\0", "names no readable PEM file with certificates"),
        ("MAIL_ENGINE", 5, TEXT),
        (
            "MAIL_ENGINE",
            "thread",
            "must be threads, outbox, inline, celery, rq or an import path, module:factory",
        ),
        ("MAIL_ENGINE", ".x:y", "must read package.module:name"),
        ("MAIL_ENGINE", "a b:c", "must read package.module:name"),
        ("MAIL_ENGINE", "math:pi", "names nothing that can be called"),
        ("MAIL_URL", 5, TEXT),
    ],
)
def test_a_wrong_value_gets_a_sentence(key: str, value: object, sentence: str) -> None:
    """It begins with the key and says what the value must be."""
    assert faults(**{key: value}) == (f"{key} {sentence}",)


@pytest.mark.parametrize("key", ["MAIL_USERNAME", "MAIL_PASSWORD"])
@pytest.mark.parametrize(("value", "sentence"), [(12345, TEXT), (True, TEXT), ("a\n", LINE)])
def test_a_login_is_one_line_of_text(key: str, value: object, sentence: str) -> None:
    """A number where a user or password belongs is refused, with the quotes to add."""
    login: dict[str, Any] = {"MAIL_USERNAME": "ann", "MAIL_PASSWORD": "secret", key: value}
    assert faults(**login) == (f"{key} {sentence}",)


def test_who_delivers_is_one_of_two() -> None:
    """The mistake is told with the choices."""
    assert config().outbox.embedded
    assert config(MAIL_WORKER="embedded").outbox.embedded
    assert not config(MAIL_WORKER="external").outbox.embedded
    (fault,) = faults(MAIL_WORKER="extern")
    assert fault.startswith("MAIL_WORKER must be embedded (")
    assert " or external (" in fault


def test_half_a_login_is_refused() -> None:
    """The missing half is named."""
    needs = "a login needs both, or MAIL_OAUTH2_TOKEN in place of the password"
    assert faults(MAIL_USERNAME="ann") == (
        f"MAIL_USERNAME is set and MAIL_PASSWORD is not; {needs}",
    )
    assert faults(MAIL_PASSWORD="x") == (f"MAIL_PASSWORD is set and MAIL_USERNAME is not; {needs}",)


def test_both_kinds_of_tls_are_refused() -> None:
    """Each belongs to a port of its own."""
    assert faults(MAIL_USE_TLS=True, MAIL_USE_SSL="true") == (
        "MAIL_USE_TLS and MAIL_USE_SSL are both set; port 587 wants MAIL_USE_TLS, port 465"
        " MAIL_USE_SSL",
    )


def test_a_password_needs_tls_beyond_loopback() -> None:
    """The ways out are named; on loopback nothing crosses a network."""
    login = {"MAIL_USERNAME": "ann", "MAIL_PASSWORD": "secret"}
    (fault,) = faults(MAIL_SERVER="mail.example.com", **login)
    assert fault.startswith("MAIL_PASSWORD would cross the network unencrypted; set MAIL_USE_TLS")
    assert fault.endswith("MAIL_URL=smtp://user:password@host:port?tls=none&auth=plaintext")
    assert relay(MAIL_SERVER="localhost", **login).username == "ann"
    assert relay(MAIL_SERVER="::1", **login).private


def test_a_host_name_is_idna_2008() -> None:
    """ß stays the owner's; the standard library's codec would ask somebody else's host."""
    assert relay(MAIL_SERVER="straße.example").host == "xn--strae-oqa.example"
    assert relay(MAIL_SERVER=" mail_server ").host == "mail_server"


def test_all_faults_are_told_at_once() -> None:
    """One start of the application shows all that is to be mended, and registers nothing."""
    app = make_app(
        MAIL_PORT="x",
        MAIL_USE_TLS="x",
        MAIL_TIMEOUT="x",
        MAIL_ENGINE="x",
        MAIL_DEFAULT_SENDER="x",
        MAIL_DKIM="x",
    )
    with pytest.raises(ConfigError) as caught:
        Mail(app)
    keys = [fault.partition(" ")[0] for fault in caught.value.faults]
    assert sorted(keys) == [
        *("MAIL_DEFAULT_SENDER", "MAIL_DKIM", "MAIL_ENGINE", "MAIL_PORT", "MAIL_TIMEOUT"),
        "MAIL_USE_TLS",
    ]
    assert "mailwright" not in app.extensions


CANARY = "hunter2"


FORMS = (
    "{}", "{}\n", "{}:{}", "smtp://{}", "smtp://u:{}", "smtp://u:{}@", "smtp://u:{}@h:{}",
    "smtp://u:a?{}@h", "smtp://u:1?{}@h", "smtp://u:1?tls={}@h", "smtp://u:a#{}@h",
    "smtp://u:a/{}@h", "smtp://u:{}@h h", "smtp://u:{}%ff@h", "smtp://u:{}@h?tls=none",
    "smtp://[{}]", "smtps://u@{}/{}", "python:{}", "python:{}:{}", "{}://u", "console:{}",
)  # fmt: skip


def refusal(values: dict[str, Any], *, debug: bool = False) -> ConfigError | None:
    """What is said about these keys, if they are not accepted."""
    try:
        read(values, World(), debug=debug)
    except ConfigError as error:
        return error
    return None


@pytest.mark.parametrize("key", ALL_KEYS)
def test_no_fault_quotes_a_value(key: str) -> None:
    """A configuration may hold a password anywhere, also where none belongs."""
    for value in (form.replace("{}", CANARY) for form in FORMS):
        for form in (value, {"newsletter": value}):
            error = refusal({key: form})
            assert CANARY not in f"{error} {error!r}"
        name = f"smtp://{value}" if key == "MAIL_ROUTES" else value
        for wrong in ([value], {name: value}, (value, value)):
            error = refusal({key: wrong})
            assert CANARY not in "".join(traceback.format_exception(error))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    | st.sampled_from(["smtp://a", "smtps://u:p@a?", "python:", "memory:", "true", "587", "a@b.c"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    | st.tuples(inner, inner),
    max_leaves=5,
)  # fmt: skip


@given(values=st.dictionaries(st.sampled_from(ALL_KEYS), VALUES), debug=st.booleans())
def test_any_mapping_is_a_config_or_a_config_error(values: dict[str, Any], debug: bool) -> None:
    """Whatever stands there, the application starts or its developer reads sentences."""
    error = refusal(values, debug=debug)
    assert all(fault.startswith("MAIL_") for fault in (error.faults if error else ()))


@given(url=st.text().map("smtp://{}".format) | st.text().map("smtp://u:p@h?{}".format))
def test_any_url_is_a_relay_or_a_config_error(url: str) -> None:
    """No URL breaks the reader."""
    assert refusal({"MAIL_URL": url}) or relay(MAIL_URL=url).host


def test_time_outs() -> None:
    """MAIL_TIMEOUT replaces all, MAIL_TIMING single ones, the URL's timeout all of its relay's."""
    assert config(MAIL_TIMEOUT="5").timing == Timing().all(5)
    assert config(MAIL_TIMING={"reply": 1}).timing == Timing(10, 1, 60, 30)
    both = {"MAIL_TIMEOUT": 5, "MAIL_TIMING": json.dumps({"connect": 0.5, "final_dot": "9"})}
    assert config(**both).timing == Timing(0.5, 5, 5, 9, 5)
    assert relay(MAIL_URL="smtp://a?timeout=2", **both).timing == Timing().all(2)


def test_a_file_of_authorities(certificates: Certificates) -> None:
    """It is read at once, so that a wrong path is not found out by the first mail."""
    assert relay(MAIL_TLS_CA_FILE=str(certificates.ca_file)).ca_file == str(certificates.ca_file)
    assert relay(MAIL_TLS_CA_FILE=Path(certificates.ca_file)).ca_file == str(certificates.ca_file)


@pytest.mark.parametrize(
    ("url", "kind"),
    [("console:", ConsoleTransport), ("memory:", MemoryTransport), ("MEMORY://", MemoryTransport)],
)
def test_transports_that_need_no_relay(url: str, kind: type[Transport]) -> None:
    """MAIL_URL names them by their scheme alone."""
    assert type(config(MAIL_URL=url).routes.over("")) is kind


@pytest.mark.parametrize(
    "key", "MAIL_SERVER MAIL_PORT MAIL_USE_TLS MAIL_USE_SSL MAIL_USERNAME MAIL_PASSWORD".split()
)
def test_a_url_stands_alone(key: str) -> None:
    """Two places for one setting would contradict each other one day."""
    assert faults(MAIL_URL="smtp://localhost", **{key: "1"}) == (
        f"MAIL_URL and {key} are both set; keep MAIL_URL, it holds them all",
    )


def test_debug_without_a_server() -> None:
    """In development nothing is sent by accident: it is the mailbox, or else the console."""
    mailbox = MemoryTransport()

    def home(**values: Any) -> Transport:
        return read(values, World(), debug=True, mailbox=mailbox).routes.over("")

    assert home() is mailbox
    assert home(MAIL_MAILBOX="true") is mailbox
    assert isinstance(home(MAIL_MAILBOX="false"), ConsoleTransport)
    assert isinstance(home(MAIL_SERVER="localhost"), SmtpTransport)
    assert isinstance(config(debug=True).routes.over(""), ConsoleTransport)
    assert relay(MAIL_MAILBOX="true")
    assert faults(MAIL_MAILBOX="maybe") == ("MAIL_MAILBOX must be true or false",)


def test_debug_traces_the_relay() -> None:
    """Unless MAIL_DEBUG says otherwise."""
    assert relay(debug=True, MAIL_SERVER="localhost").trace is True
    assert relay(debug=True, MAIL_URL="smtp://localhost").trace is True
    assert relay(debug=True, MAIL_SERVER="localhost", MAIL_DEBUG="false").trace is False


def test_engines_have_names() -> None:
    """`outbox` is the one without a name, `inline` is for scripts."""
    assert config(MAIL_ENGINE="threads").make_engine is ThreadsEngine
    assert config(MAIL_ENGINE="inline").make_engine is InlineEngine


def test_the_cause_of_a_failed_import_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The traceback tells which module is missing, unless it is the one that the key names."""
    (tmp_path / "that_needs_another.py").write_text("import no_such_module")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, cause in (("no_such_module", type(None)), ("that_needs_another", ImportError)):
        with pytest.raises(ConfigError) as caught:
            config(MAIL_ENGINE=f"{name}:factory")
        assert caught.value.faults == (
            "MAIL_ENGINE cannot be imported (ModuleNotFoundError); it must read"
            " package.module:name",
        )
        assert isinstance(caught.value.__cause__, cause)
