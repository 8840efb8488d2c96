"""The project's commands; needs nothing but Python, its venv and pip."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST_PYTHON = (3, 11)
CHECKED = ("src", "tests", "tools", "dev.py", "examples", "benchmarks")


def main(argv: list[str]) -> None:
    """Run the command named first; all that follows it is the command's own."""
    commands = {
        "demo": demo,
        "test": test,
        "lint": lint,
        "bench": bench,
        "fuzz": fuzz,
        "crash": crash,
        "flask-mail": flask_mail,
    }
    parser = argparse.ArgumentParser(
        description="Each command makes or updates .venv before it starts.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{name:10} {run.__doc__}" for name, run in commands.items()),
    )
    parser.add_argument("command", nargs="?", choices=commands)
    command = parser.parse_args(argv[:1]).command
    if command is None:
        parser.print_help()
    else:
        check_python()
        commands[command](argv[1:])


def demo(arguments: list[str]) -> None:
    """Start the example app and its mail server; --once runs it headless."""
    install("demo", "-e", f"{ROOT}[html,markdown]")
    become("examples/flasky/demo.py", *arguments)


def test(arguments: list[str]) -> None:
    """Lint, types and all tests with the coverage gate; arguments go to pytest, without gate."""
    lint([])
    if arguments:
        print("-- pytest", *arguments, flush=True)
        become("-m", "pytest", *arguments)
    two_at_a_time = ("-n", "2", "--dist", "worksteal")
    gate = ("--cov", "--cov-report=term-missing:skip-covered")
    print("-- pytest", *two_at_a_time, flush=True)
    become("-m", "pytest", *two_at_a_time, *gate)


def lint(arguments: list[str]) -> None:
    """Ruff's checks, its formatting and mypy --strict."""
    install_tools()
    checked = [path for path in CHECKED if (ROOT / path).exists()]
    step("ruff check", "ruff", "check", *arguments, *checked)
    step("ruff format", "ruff", "format", "--check", *checked)
    step("mypy", "mypy", *checked)


def bench(arguments: list[str]) -> None:
    """Run benchmarks/NAME.py (NAME is compose when not given), our peers beside us."""
    install_tools()
    name, *rest = arguments or ["compose"]
    become(f"benchmarks/{name}.py", *rest)


def fuzz(arguments: list[str]) -> None:
    """Every property test with 20,000 examples, and the long proofs."""
    install_tools()
    os.environ["MAILWRIGHT_FUZZ"] = "1"
    become("-m", "pytest", "-m", "fuzz or hypothesis", "-o", "timeout=0", *arguments)


def crash(arguments: list[str]) -> None:
    """Kill processes while they send, and count what came: --kills 1000 --mails 20000 --help."""
    install_tools()
    become("-m", "tests.crash", *arguments)


def flask_mail(arguments: list[str]) -> None:
    """Flask-Mail's own tests against our module, on this Python or on those that are named."""
    install_tools()
    become("-m", "tests.flask_mail.suite", *arguments)


def check_python() -> None:
    """Exit with the way out when this Python is too old or cannot make a venv."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        sys.exit(f"Python {needed} or newer is needed; {sys.executable} is {sys.version}.")
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("This Python has no venv. On Debian and Ubuntu: apt install python3-venv")


def install_tools() -> None:
    """Install the package and everything that tests, lint and benchmarks need."""
    install("dev", "-e", str(ROOT), "-r", str(ROOT / "requirements/dev.txt"))


def install(name: str, *packages: str) -> None:
    """Install into .venv, unless nothing has changed since it was last done."""
    done, wanted = VENV / f"installed-{name}", requirements_digest()
    if PYTHON.exists() and done.exists() and done.read_text() == wanted:
        return
    started = time.monotonic()
    if not (PYTHON.exists() and any(VENV.glob("installed-*"))):
        venv.create(VENV, clear=True, with_pip=True)
    run("-m", "pip", "install", "-qq", "--disable-pip-version-check", *packages)
    done.write_text(wanted)
    report("install", started)


def requirements_digest() -> str:
    """What tells one state of the requirements from another."""
    files = [ROOT / "pyproject.toml", *sorted((ROOT / "requirements").glob("*.txt"))]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def step(name: str, *module_and_arguments: str) -> None:
    """Run a module of .venv and print its time; its failure ends the command."""
    started = time.monotonic()
    run("-m", *module_and_arguments)
    report(name, started)


def run(*arguments: str) -> None:
    """Run .venv's Python to its end; a failure there is our failure."""
    exit_code = subprocess.call([PYTHON, *arguments], cwd=ROOT)
    if exit_code:
        sys.exit(exit_code)


def become(*arguments: str) -> None:
    """Let .venv's Python take this process over, so that signals and exit code are its own."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), *arguments])


def report(name: str, started: float) -> None:
    """Print how long a step took."""
    print(f"-- {name}: {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
