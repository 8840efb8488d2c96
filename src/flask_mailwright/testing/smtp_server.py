"""A real SMTP server on a real loopback socket, for tests and demos (RFC 5321)."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Self, Unpack

from .dialogue import Dialogue
from .faults import Fault, FaultPlan, Placing, Stage
from .ledger import Ledger, Login, ReceivedMail
from .policy import Policy
from .wire import Wire

BACKLOG = 512
JOIN = 5.0  # seconds `stop` waits for one thread, which only a slow `on_mail` can hold up


class SMTPServer:
    """A mail server for tests: correct until told otherwise, one thread per connection.

    >>> import smtplib
    >>> with SMTPServer() as server:
    ...     fault = server.refuse("rcpt", 550, address="bob@example.com")
    ...     with smtplib.SMTP(server.host, server.port, "client") as client:
    ...         refused = client.sendmail(
    ...             "me@example.com", ["ann@example.com", "bob@example.com"], "Subject: hi"
    ...         )
    ...     server.wait(1)[0].recipients
    ('ann@example.com',)

    Args:
        host, port: where to listen; port 0 takes a free one.
        tls: a server-side context; offers STARTTLS (RFC 3207), or with `implicit_tls` speaks TLS
            from the first octet (RFC 8314).
        users: name -> password (or OAuth token); offers AUTH, before TLS too.
        require_auth: 530 to MAIL before a login.
        auth_mechanisms: of PLAIN, LOGIN, XOAUTH2, OAUTHBEARER.
        pipelining, chunking, smtputf8, eightbit: whether RFC 2920, 3030, 6531, 6152 are offered.
            A client that pipelines without the offer gets 554 and is hung up on.
        size: octets a mail may have (RFC 1870); 0 is no limit.
        max_recipients: 452 4.5.3 to the RCPT after so many.
        latency: seconds of round trip. Replies leave so much later than what they answer came.
        hello: the name in the banner and the EHLO reply.
        close_after_mails: 421 to the MAIL after so many mails of one connection.
        idle_timeout: seconds of silence after which a connection gets 421.
        extensions: lines announced by EHLO in place of all others; what is announced is done.
        keep: False stores nothing and counts the mails, for benchmarks.
        on_mail: called with each mail in the thread of its connection, before the 250.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        users: Mapping[str, str] | None = None,
        require_auth: bool = False,
        auth_mechanisms: Sequence[str] = ("PLAIN", "LOGIN"),
        pipelining: bool = True,
        chunking: bool = True,
        smtputf8: bool = True,
        eightbit: bool = True,
        size: int = 0,
        max_recipients: int | None = None,
        latency: float = 0.0,
        hello: str | None = None,
        close_after_mails: int | None = None,
        idle_timeout: float | None = None,
        extensions: Sequence[str] | None = None,
        keep: bool = True,
        on_mail: Callable[[ReceivedMail], object] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._policy = Policy(
            hello=hello or "localhost",
            tls=tls,
            implicit_tls=implicit_tls,
            users=users,
            require_auth=require_auth,
            auth_mechanisms=auth_mechanisms,
            pipelining=pipelining,
            chunking=chunking,
            smtputf8=smtputf8,
            eightbit=eightbit,
            size=size,
            max_recipients=max_recipients,
            close_after_mails=close_after_mails,
            extensions=extensions,
        )
        self._latency = latency
        self._idle_timeout = idle_timeout
        self._ledger = Ledger(keep=keep, on_mail=on_mail)
        self._faults = FaultPlan()
        self._lock = threading.Lock()
        self._talks: dict[Wire, threading.Thread] = {}
        self._connections = 0
        self._stopping = threading.Event()
        self._acceptor: threading.Thread | None = None

    # life

    def start(self) -> None:
        """Listen. After `stop` it listens again on the same port, with all it has seen."""
        if self._acceptor is not None:
            raise RuntimeError("the server is running: call stop() before start()")
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, self.port), family=family, backlog=BACKLOG)
        self.port = listener.getsockname()[1]
        self._stopping = threading.Event()
        self._alarm, alarmed = socket.socketpair()
        self._acceptor = threading.Thread(
            target=self._accept, args=(listener, alarmed), name="smtp-accept", daemon=True
        )
        self._acceptor.start()

    def stop(self) -> None:
        """Close all sockets, stalled ones too, and return when the threads are gone."""
        if self._acceptor is None:
            return
        self._stopping.set()
        self._alarm.close()
        self._acceptor.join(JOIN)
        self._acceptor = None
        with self._lock:
            talks = dict(self._talks)
        for wire in talks:
            wire.abort()
        for thread in talks.values():
            thread.join(JOIN)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _accept(self, listener: socket.socket, alarmed: socket.socket) -> None:
        with listener, alarmed, selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(alarmed, selectors.EVENT_READ)
            while not self._stopping.is_set():
                if any(key.fileobj is listener for key, _ in selector.select()):
                    self._welcome(listener.accept()[0])

    def _welcome(self, sock: socket.socket) -> None:
        wire = Wire(
            sock,
            stopping=self._stopping,
            latency=self._latency,
            idle_timeout=self._idle_timeout,
        )
        with self._lock:
            self._connections += 1
            thread = threading.Thread(
                target=self._talk,
                args=(wire, self._connections),
                name=f"smtp-{self._connections}",
                daemon=True,
            )
            self._talks[wire] = thread
        thread.start()

    def _talk(self, wire: Wire, connection: int) -> None:
        try:
            Dialogue(
                wire,
                policy=self._policy,
                faults=self._faults,
                ledger=self._ledger,
                connection=connection,
            ).run()
        finally:
            with self._lock:
                del self._talks[wire]
            wire.close()

    # what it saw

    @property
    def url(self) -> str:
        """`smtp://127.0.0.1:PORT`, with implicit TLS `smtps://`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'smtps' if self._policy.implicit_tls else 'smtp'}://{host}:{self.port}"

    @property
    def mails(self) -> list[ReceivedMail]:
        """All accepted mails so far, in the order of acceptance."""
        return self._ledger.mails

    @property
    def count(self) -> int:
        """How many mails were accepted, with `keep=False` too."""
        return self._ledger.count

    @property
    def commands(self) -> list[str]:
        """All command lines so far, with the secrets of AUTH as they came, without content."""
        return self._ledger.commands

    @property
    def logins(self) -> list[Login]:
        """All finished AUTH exchanges so far."""
        return self._ledger.logins

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        return self._connections

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._talks)

    def wait(self, n: int = 1, timeout: float = 5.0) -> list[ReceivedMail]:
        """All mails, as soon as `n` were accepted; AssertionError after `timeout` seconds."""
        return self._ledger.wait(n, timeout)

    # misbehaviour on demand

    def fault(
        self,
        stage: Stage,
        way: str | bytes,
        *,
        times: int | None = 1,
        after: int = 0,
        address: str | None = None,
        accept: bool = False,
        pace: float = 0.05,
    ) -> Fault:
        """Misbehave at a stage of the talk; of several faults due the first placed is acted out.

        Args:
            stage: connect, banner, ehlo, helo, starttls, tls (in place of the ServerHello), auth
                (credentials read), mail, rcpt, data, bdat (in place of a chunk), body (amid the
                content), final_dot (content read, BDAT LAST too), rset, noop or quit.
            way: a reply ("450 4.2.0 try later", sent verbatim, CRLF within included; 421 closes;
                one that agrees is said while the command is obeyed); "drop" (FIN), "reset" (RST),
                "stall" (silence), "trickle" (an endless reply, one octet each `pace` seconds),
                "endless" (continuation lines without end), "endless-line" (a line without end),
                "garbage"; or bytes, sent verbatim.
            times: how often; None is always.
            after: how many occurrences pass before the first.
            address: only for this reverse-path (mail), recipient (rcpt), user (auth), or for a
                mail that has this recipient (data, bdat, body, final_dot).
            accept: at final_dot, store the mail all the same: the client is left in doubt.
            pace: seconds between the octets of "trickle".
        """
        fault = Fault(stage, way, times, after, address, accept, pace)
        self._faults.place(fault)
        return fault

    def refuse(self, stage: Stage, code: int, **placing: Unpack[Placing]) -> Fault:
        """Answer a stage with a reply of this code; the keywords are those of `fault`."""
        return self.fault(stage, f"{code} {code // 100}.0.0 refused on demand", **placing)

    def drop(self, stage: Stage, **placing: Unpack[Placing]) -> Fault:
        """Close with FIN in place of a reply; the keywords are those of `fault`."""
        return self.fault(stage, "drop", **placing)

    def reset(self, stage: Stage, **placing: Unpack[Placing]) -> Fault:
        """Close with RST in place of a reply; the keywords are those of `fault`."""
        return self.fault(stage, "reset", **placing)

    def stall(self, stage: Stage, **placing: Unpack[Placing]) -> Fault:
        """Never answer, with the connection open; the keywords are those of `fault`."""
        return self.fault(stage, "stall", **placing)

    def clear_faults(self) -> None:
        """Behave from now on."""
        self._faults.clear()
