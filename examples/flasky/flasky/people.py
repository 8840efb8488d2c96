"""Who is known here: a small SQLite store, one connection per request."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from flask import Flask, current_app, g
from werkzeug.security import check_password_hash, generate_password_hash

SCHEMA = """
CREATE TABLE IF NOT EXISTS guest (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS person (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password TEXT NOT NULL,
    confirmed INTEGER NOT NULL DEFAULT 0,
    reader INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS letter (number INTEGER PRIMARY KEY, subject TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS copy (
    letter INTEGER NOT NULL REFERENCES letter,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    ticket TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; `name` and `email` are all that a recipient needs."""

    number: int
    name: str
    email: str
    password: str = field(repr=False)
    confirmed: bool
    reader: bool

    @property
    def is_admin(self) -> bool:
        admin: str = current_app.config["FLASKY_ADMIN"]
        return self.email == admin


def init_app(app: Flask) -> None:
    Path(app.config["FLASKY_DATABASE"]).parent.mkdir(parents=True, exist_ok=True)
    app.teardown_appcontext(_disconnect)
    with app.app_context():
        database().executescript(SCHEMA)


def database() -> sqlite3.Connection:
    """This context's connection."""
    if "database" not in g:
        g.database = sqlite3.connect(current_app.config["FLASKY_DATABASE"])
    connection: sqlite3.Connection = g.database
    return connection


def greet(name: str) -> bool:
    """Note a guest; whether the name is new."""
    return _change("INSERT OR IGNORE INTO guest VALUES (?)", name)


def add(name: str, email: str, password: str, *, reader: bool) -> Person | None:
    """Open an account that waits for its confirmation; None when the address has one."""
    added = _change(
        "INSERT OR IGNORE INTO person (name, email, password, reader) VALUES (?, ?, ?, ?)",
        *(name, email, generate_password_hash(password), reader),
    )
    return by_email(email) if added else None


def by_number(number: int) -> Person | None:
    return _one("number = ?", number)


def by_email(email: str) -> Person | None:
    return _one("email = ?", email)


def sign_in(email: str, password: str) -> Person | None:
    """The person, if the password is theirs; an unknown address takes as long as a wrong one."""
    person = by_email(email)
    known = person.password if person else _nobodys_password()
    return person if check_password_hash(known, password) else None


def confirm(person: Person) -> None:
    _change("UPDATE person SET confirmed = 1 WHERE number = ?", person.number)


def set_password(person: Person, password: str) -> None:
    """Who came here through a link in a mail has shown that the address is theirs."""
    hashed = generate_password_hash(password)
    _change("UPDATE person SET password = ?, confirmed = 1 WHERE number = ?", hashed, person.number)


def readers() -> list[Person]:
    """Who gets the newsletter: whoever asked for it and confirmed the address."""
    return _some("reader AND confirmed ORDER BY number")


def stop_letters(email: str) -> None:
    _change("UPDATE person SET reader = 0 WHERE email = ?", email)


def _one(condition: str, value: object) -> Person | None:
    return next(iter(_some(condition, value)), None)


def _some(condition: str, *values: object) -> list[Person]:
    columns = "number, name, email, password, confirmed, reader"
    rows = database().execute(f"SELECT {columns} FROM person WHERE {condition}", values)
    return [
        Person(number, name, email, password, bool(confirmed), bool(reader))
        for number, name, email, password, confirmed, reader in rows
    ]


def _change(statement: str, *values: object) -> bool:
    with database() as transaction:
        return transaction.execute(statement, values).rowcount > 0


@cache
def _nobodys_password() -> str:
    return generate_password_hash("")


def _disconnect(error: BaseException | None) -> None:
    if connection := g.pop("database", None):
        connection.close()
