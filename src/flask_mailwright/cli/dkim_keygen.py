"""`flask mail dkim-keygen DOMAIN`: a new key, its record for DNS, and the configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ..compose.dkim.keys import KEY_TYPES, Key, KeyType, generate, load
from ..config.dkim import domain, selector
from .terminal import say

STRING = 255
"""Octets at most of one string of a TXT record (RFC 1035 §3.3)."""


def _by(reader: Callable[[Any], str]) -> Callable[..., str | None]:
    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        try:
            return None if value is None else reader(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return read


@click.command("dkim-keygen")
@click.argument("domain", callback=_by(domain))
@click.option("--selector", callback=_by(selector), help="[default: the algorithm and the month]")
@click.option("--algorithm", type=click.Choice(KEY_TYPES), default="rsa", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The key's file.")
def command(domain: str, selector: str | None, algorithm: KeyType, out: Path | None) -> None:
    """Make a key that signs mail of DOMAIN, and say what to put into DNS.

    A file that is there is never overwritten.
    """
    selector = selector or f"{algorithm}-{datetime.now(UTC):%Y%m}"
    file = out or Path(f"dkim-{domain}-{selector}.pem")
    key = _made(algorithm, file)
    for line in _report(domain, selector, key, file):
        say(line)


def _made(algorithm: KeyType, file: Path) -> Key:
    try:
        pem = generate(algorithm)
    except ValueError as error:
        raise click.ClickException(f"a key {error}") from None
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
    except FileExistsError:
        raise click.ClickException(
            f"{file} is there already: move it, or name another with --out or --selector"
        ) from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    return load(pem)


def _report(domain: str, selector: str, key: Key, file: Path) -> Iterator[str]:
    name = f"{selector}._domainkey.{domain}"
    yield f"The key is in {file}, which only you can read. Keep it out of version control."
    yield ""
    yield "DNS must have this TXT record. In a form of your provider:"
    yield f"  Name:  {name}"
    yield f"  Value: {key.record}"
    yield ""
    yield "In a zone file:"
    yield from zone_lines(name, key.record)
    yield ""
    yield "In the configuration:"
    yield f'  MAIL_DKIM_DOMAIN = "{domain}"'
    yield f'  MAIL_DKIM_SELECTOR = "{selector}"'
    yield f'  MAIL_DKIM_KEY = "{file.resolve()}"'
    if key.type == "ed25519":
        yield ""
        yield _BESIDE_RSA
    yield ""
    yield "Once the record is there, `flask mail check` compares it with the key."


_BESIDE_RSA = (
    "Many receivers do not verify Ed25519 yet: let an RSA key sign beside it (MAIL_DKIM, a list)."
)


def zone_lines(name: str, record: str) -> list[str]:
    """Of strings that DNS can bear.

    >>> for line in zone_lines("s._domainkey.example.com", "v=DKIM1; p="):
    ...     print(line.strip())
    s._domainkey.example.com. IN TXT (
    "v=DKIM1; p=" )
    """
    strings = [f'"{record[at : at + STRING]}"' for at in range(0, len(record), STRING)]
    return [f"  {name}. IN TXT (", *[f"    {each}" for each in strings[:-1]],
            f"    {strings[-1]} )"]  # fmt: skip
