"""`import flask_mailwright` is free of side effects, in a fresh interpreter beside Flask's."""

import json
import subprocess
import sys
from typing import Any

import pytest

SCRIPT = r"""
import atexit, builtins, gc, json, locale, logging, os, signal, socket, sys, threading, warnings
import flask, mimetypes, email.charset

happened = []
forks = []
watched = "socket.", "subprocess.", "_thread.", "os.putenv", "os.fork", "os.mkdir", "signal."

def listen(event, arguments):
    if event.startswith(watched):
        happened.append(event)

def umask():
    found = os.umask(0o077)
    os.umask(found)
    return found

def state():
    root = logging.getLogger()
    return {
        "signal handlers": [repr(signal.getsignal(number)) for number in signal.valid_signals()],
        "exit functions": [atexit._ncallbacks(), len(threading._threading_atexits)],
        "fork functions": len(forks),
        "threads": [thread.name for thread in threading.enumerate()],
        "import path": [sys.path, list(map(repr, sys.meta_path)), list(map(repr, sys.path_hooks))],
        "warning filters": repr(warnings.filters),
        "root logger": [repr(root.handlers), root.level, logging.raiseExceptions, root.disabled],
        "logger class": repr([logging.getLoggerClass(), logging.getLogRecordFactory()]),
        "socket time-out": socket.getdefaulttimeout(),
        "socket functions": repr([socket.socket, socket.getaddrinfo, socket.create_connection]),
        "locale": locale.setlocale(locale.LC_ALL),
        "mimetypes": [mimetypes.inited, len(mimetypes.types_map)],
        "email charsets": repr(sorted(email.charset.CHARSETS.items())),
        "open files": sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else [],
        "environment": dict(os.environ),
        "working directory": [os.getcwd(), umask()],
        "hooks": repr([sys.excepthook, sys.unraisablehook, threading.excepthook, sys.gettrace()]),
        "limits": [sys.getrecursionlimit(), threading.stack_size(), gc.get_threshold()],
        "builtins": sorted(vars(builtins)),
        "watched events": list(happened),
    }

register = os.register_at_fork
os.register_at_fork = lambda **functions: forks.append(functions) or register(**functions)
sys.addaudithook(listen)
loaded, before = set(sys.modules), json.dumps(state())
import flask_mailwright
after = json.dumps(state())
print(f"[{before}, {after}, {json.dumps(sorted(set(sys.modules) - loaded))}]")
"""
STATES = (
    "signal handlers|exit functions|fork functions|threads|import path|warning filters|root logger"
    "|logger class|socket time-out|socket functions|locale|mimetypes|email charsets|open files"
    "|environment|working directory|hooks|limits|builtins|watched events"
).split("|")
HEAVY = (
    "asyncio multiprocessing concurrent idna email mimetypes smtplib sqlite3 xml http unittest"
    " jinja2 sqlalchemy celery rq cryptography css_inline pytest"
).split()


class Import:
    """The process before and after `import flask_mailwright`, and the modules it loaded."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "error", "-c", SCRIPT]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
        self.before: dict[str, Any]
        self.after: dict[str, Any]
        self.loaded: list[str]
        self.before, self.after, self.loaded = json.loads(done.stdout)


@pytest.fixture(scope="module")
def imported() -> Import:
    """One import for all tests of this file."""
    return Import()


@pytest.mark.parametrize("state", STATES)
def test_the_process_stays_as_it_was(imported: Import, state: str) -> None:
    """An application that imports us and sends nothing notices nothing."""
    assert imported.after[state] == imported.before[state]


def test_every_state_is_compared(imported: Import) -> None:
    """The list above leaves out nothing that the script looks at."""
    assert set(STATES) == set(imported.before)


@pytest.mark.parametrize("package", HEAVY)
def test_nothing_heavy_is_loaded(imported: Import, package: str) -> None:
    """What Flask has not loaded anyway waits until a mail needs it."""
    assert [name for name in imported.loaded if name.partition(".")[0] == package] == []


def test_test_tools_are_not_loaded(imported: Import) -> None:
    """Production does not carry the server that tests talk to."""
    assert [name for name in imported.loaded if name.startswith("flask_mailwright.testing")] == []
