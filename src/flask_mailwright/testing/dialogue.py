"""The server's side of one SMTP talk (RFC 5321), with the faults placed for it."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable

from . import sasl
from .faults import FaultPlan
from .intake import Intake
from .ledger import Ledger, Login
from .policy import Policy
from .sabotage import misbehave
from .session import Session
from .syntax import Refusal, require_no_argument
from .voice import Voice
from .wire import Ended, Idle, LineTooLong, Wire

MAY_HAVE_MORE_BEHIND = ("BDAT", "STARTTLS")  # chunks do; after STARTTLS it is thrown away


class Dialogue:
    """One talk over one wire; `run` returns when it is over."""

    def __init__(
        self, wire: Wire, *, policy: Policy, faults: FaultPlan, ledger: Ledger, connection: int
    ) -> None:
        self._wire = wire
        self._policy = policy
        self._ledger = ledger
        self._voice = voice = Voice(wire, faults)
        self._session = session = Session(connection)
        self._intake = Intake(session, wire=wire, voice=voice, policy=policy, ledger=ledger)
        self._pipelines = policy.pipelines
        self._turned_away = False
        self._commands: dict[str, Callable[[str], object]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._intake.mail,
            "RCPT": self._intake.rcpt,
            "DATA": self._intake.data,
            "BDAT": self._intake.bdat,
            "RSET": self._rset,
            "NOOP": self._noop,
            "VRFY": self._vrfy,
            "HELP": self._help,
            "QUIT": self._quit,
        }

    def run(self) -> None:
        """Greet and obey until one side ends the talk."""
        with contextlib.suppress(Ended):
            try:
                self._converse()
            except OSError:  # the peer is gone, or what it said was not TLS
                self._wire.drop()

    def _converse(self) -> None:
        try:
            self._open()
            while True:
                self._obey(self._wire.read_line())
        except Idle:
            self._voice.end("421 4.4.2 idle for too long")
        except LineTooLong:
            self._voice.end("500 5.5.2 line too long")

    def _open(self) -> None:
        if fault := self._voice.fault_at("connect"):
            misbehave(self._wire, fault)
        if self._policy.implicit_tls:
            self._start_tls()
        banner = f"220 {self._policy.hello} ESMTP ready"
        self._turned_away = not self._voice.answer("banner", lambda: banner)

    def _obey(self, line: bytes) -> None:
        text = line.decode("utf-8", "surrogateescape")
        self._ledger.hear(text)
        verb, _, argument = text.partition(" ")
        verb = verb.upper()
        try:
            self._check(line, verb)
            self._commands[verb](argument.strip(" "))
        except Refusal as refusal:
            self._voice.say(str(refusal))

    def _check(self, line: bytes, verb: str) -> None:
        """Refuse what is no command, or comes when no command may come."""
        if b"\r" in line or b"\n" in line or b"\0" in line:
            raise Refusal("500 5.5.2 bare CR, bare LF and NUL are not allowed")
        if verb not in self._commands:
            raise Refusal("500 5.5.2 command not recognized")
        if self._turned_away and verb != "QUIT":
            raise Refusal("503 5.5.1 no service here; use QUIT")
        if self._talks_out_of_turn(verb):
            self._voice.end("554 5.5.0 synchronization error: PIPELINING was not offered")

    def _talks_out_of_turn(self, verb: str) -> bool:
        if self._pipelines or not self._wire.has_input:
            return False
        return verb not in MAY_HAVE_MORE_BEHIND

    # greeting, TLS and login

    def _ehlo(self, name: str) -> None:
        announced = self._policy.announced(tls=self._wire.tls)
        self._voice.answer("ehlo", lambda: self._greet(name, announced))

    def _helo(self, name: str) -> None:
        self._voice.answer("helo", lambda: self._greet(name, ()))

    def _greet(self, name: str, announced: tuple[str, ...]) -> str:
        if not name or " " in name:
            raise Refusal("501 5.5.4 syntax: EHLO or HELO with your name")
        self._session.greet(name, announced)
        self._intake.clear()
        *firsts, last = (self._policy.hello, *announced)
        return "\r\n".join([*(f"250-{line}" for line in firsts), f"250 {last}"])

    def _starttls(self, argument: str) -> None:
        if self._voice.answer("starttls", lambda: self._permit_tls(argument)):
            self._session.forget()
            self._intake.clear()
            self._start_tls()

    def _permit_tls(self, argument: str) -> str:
        require_no_argument(argument)
        if self._wire.tls:
            raise Refusal("503 5.5.1 TLS is active")
        self._session.require_offer("STARTTLS")
        return "220 2.0.0 ready to start TLS"

    def _start_tls(self) -> None:
        if fault := self._voice.fault_at("tls"):
            self._wire.await_input()
            self._voice.act_out(fault)
            self._wire.hang_up()
            raise Ended
        if self._policy.tls is not None:
            self._wire.start_tls(self._policy.tls)

    def _auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        mechanism = mechanism.upper()
        self._session.require_offer("AUTH")
        if self._session.username is not None or self._intake.open:
            raise Refusal("503 5.5.1 AUTH comes once, and not within a mail transaction")
        if mechanism not in self._policy.auth_mechanisms:
            raise Refusal("504 5.5.4 mechanism not offered")
        first = sasl.decode(initial) if initial else None
        credentials = sasl.read_credentials(mechanism, first, self._challenge)
        self._voice.answer("auth", lambda: self._log_in(credentials), (credentials.username,))

    def _challenge(self, challenge: bytes) -> bytes:
        self._voice.say("334 " + base64.b64encode(challenge).decode("ascii"))
        line = self._wire.read_line().decode("utf-8", "surrogateescape")
        self._ledger.hear(line)
        return sasl.decode(line)

    def _log_in(self, credentials: sasl.Credentials) -> str:
        name, mechanism = credentials.username, credentials.mechanism
        accepted = (self._policy.users or {}).get(name) == credentials.password
        self._ledger.admit(Login(name, mechanism, self._wire.tls, accepted))
        if not accepted:
            if mechanism in ("XOAUTH2", "OAUTHBEARER"):
                self._challenge(sasl.OAUTH_FAULT)
            raise Refusal("535 5.7.8 username and password not accepted")
        self._session.username = name
        return "235 2.7.0 authentication successful"

    # the other commands

    def _rset(self, argument: str) -> None:
        self._voice.answer("rset", lambda: self._clear(argument))

    def _clear(self, argument: str) -> str:
        require_no_argument(argument)
        self._intake.clear()
        return "250 2.0.0 ok"

    def _noop(self, argument: str) -> None:
        self._voice.answer("noop", lambda: "250 2.0.0 ok")

    def _vrfy(self, argument: str) -> None:
        if not argument:
            raise Refusal("501 5.5.4 syntax: VRFY user")
        self._voice.say("252 2.5.2 cannot verify, will try to deliver")

    def _help(self, argument: str) -> None:
        self._voice.say("214 2.0.0 " + " ".join(self._commands))

    def _quit(self, argument: str) -> None:
        require_no_argument(argument)
        self._voice.answer("quit", lambda: f"221 2.0.0 {self._policy.hello} closing")
        self._wire.hang_up()
        raise Ended
