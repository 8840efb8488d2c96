"""The mail transaction at the test server: MAIL, RCPT, DATA and BDAT (RFC 5321 §3.3, RFC 3030)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .faults import Fault
from .ledger import Ledger, ReceivedMail
from .policy import Policy
from .session import Session
from .syntax import Refusal, option_value, parse_bdat, parse_mail, parse_rcpt, require_no_argument
from .voice import Voice
from .wire import Wire

TOO_BIG = "552 5.3.4 message exceeds the size limit"
NO_RECIPIENTS = "554 5.5.1 no valid recipients"


@dataclass(slots=True)
class _Transaction:
    """What MAIL, RCPT and BDAT have collected."""

    reverse_path: str
    mail_options: tuple[str, ...]
    recipients: list[str] = field(default_factory=list)
    rcpt_options: list[tuple[str, ...]] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    octets: int = 0

    @property
    def chunking(self) -> bool:
        return bool(self.chunks)

    @property
    def utf8(self) -> bool:
        return option_value(self.mail_options, "SMTPUTF8") is not None


class Intake:
    """Takes in the mails of one session."""

    def __init__(
        self, session: Session, *, wire: Wire, voice: Voice, policy: Policy, ledger: Ledger
    ) -> None:
        self._session = session
        self._wire = wire
        self._voice = voice
        self._policy = policy
        self._ledger = ledger
        self._mails = 0
        self._transaction: _Transaction | None = None

    @property
    def open(self) -> bool:
        """Whether a mail transaction is in progress."""
        return self._transaction is not None

    def clear(self) -> None:
        """Forget the transaction in progress."""
        self._transaction = None

    def mail(self, argument: str) -> None:
        """Begin a transaction, or say why not."""
        path, options = parse_mail(argument, self._session.keywords)
        self._voice.answer("mail", lambda: self._begin(path, options), (path,))

    def _begin(self, path: str, options: tuple[str, ...]) -> str:
        if not self._session.helo:
            raise Refusal("503 5.5.1 say EHLO or HELO first")
        if self._transaction is not None:
            raise Refusal("503 5.5.1 nested MAIL command")
        if self._policy.require_auth and self._session.username is None:
            raise Refusal("530 5.7.0 authentication required")
        if 0 < self._policy.size < int(option_value(options, "SIZE") or 0):
            raise Refusal(TOO_BIG)
        if self._mails == self._policy.close_after_mails:
            self._voice.end("421 4.7.0 too many mails on this connection")
        self._transaction = _Transaction(path, options)
        return "250 2.1.0 sender ok"

    def rcpt(self, argument: str) -> None:
        """Add a recipient, or say why not."""
        utf8 = self._transaction is not None and self._transaction.utf8
        recipient, options = parse_rcpt(argument, self._session.keywords, utf8=utf8)
        self._voice.answer("rcpt", lambda: self._add(recipient, options), (recipient,))

    def _add(self, recipient: str, options: tuple[str, ...]) -> str:
        transaction = self._transaction
        if transaction is None or transaction.chunking:
            raise Refusal("503 5.5.1 RCPT comes between MAIL and the content")
        if len(transaction.recipients) == self._policy.max_recipients:
            raise Refusal("452 4.5.3 too many recipients")
        transaction.recipients.append(recipient)
        transaction.rcpt_options.append(options)
        return "250 2.1.5 recipient ok"

    def data(self, argument: str) -> None:
        """Take the content up to the lone dot."""
        if not self._voice.answer("data", lambda: self._permit_data(argument), self._recipients()):
            return
        if fault := self._voice.fault_at("body", self._recipients()):
            self._interrupt(fault, lambda: self._wire.read_content() or b"")
        else:
            self._finish(self._wire.read_content(self._policy.size))

    def _permit_data(self, argument: str) -> str:
        require_no_argument(argument)
        if self._transaction is not None and self._transaction.chunking:
            raise Refusal("503 5.5.1 DATA and BDAT do not mix")
        self._require_recipients()
        return "354 end the content with a lone dot"

    def bdat(self, argument: str) -> None:
        """Take a chunk; its octets are read whatever the reply will be (RFC 3030 §2)."""
        self._session.require_offer("CHUNKING")
        count, last = parse_bdat(argument)
        if fault := self._voice.fault_at("bdat", self._recipients()):
            self._refuse_chunk(fault, count)
        elif count and (fault := self._voice.fault_at("body", self._recipients())):
            self._interrupt(fault, lambda: self._wire.skip_octets(count))
        else:
            self._take_chunk(count, last)

    def _take_chunk(self, count: int, last: bool) -> None:
        received = self._transaction.octets if self._transaction else 0
        if 0 < self._policy.size < received + count:
            self._wire.skip_octets(count)
            self._transaction = None
            raise Refusal(TOO_BIG)
        chunk = self._wire.read_octets(count)
        transaction = self._require_recipients()
        transaction.chunks.append(chunk)
        transaction.octets += count
        if last:
            self._finish(b"".join(transaction.chunks))
        else:
            self._voice.say(f"250 2.0.0 {count} octets received")

    def _refuse_chunk(self, fault: Fault, count: int) -> None:
        """A reply comes behind the octets, every other fault before them."""
        self._transaction = None
        if fault.reply is not None:
            self._wire.skip_octets(count)
            self._voice.act_out(fault)
        else:
            self._voice.act_out(fault)
            self._wire.skip_octets(count)

    def _interrupt(self, fault: Fault, skip_rest: Callable[[], object]) -> None:
        """Act out a fault in the middle of the content; the rest is read and thrown away."""
        self._transaction = None
        self._wire.await_input()
        self._voice.act_out(fault)
        self._wire.flush()
        skip_rest()

    def _finish(self, content: bytes | None) -> None:
        transaction, addresses = self._transaction, self._recipients()
        self._transaction = None
        self._voice.answer("final_dot", lambda: self._accept(transaction, content), addresses)

    def _accept(self, transaction: _Transaction | None, content: bytes | None) -> str:
        if transaction is None or not transaction.recipients:
            raise Refusal(NO_RECIPIENTS)
        if content is None:
            raise Refusal(TOO_BIG)
        self._mails += 1
        mail = ReceivedMail(
            reverse_path=transaction.reverse_path,
            recipients=tuple(transaction.recipients),
            content=content,
            mail_options=transaction.mail_options,
            rcpt_options=tuple(transaction.rcpt_options),
            username=self._session.username,
            tls=self._wire.tls,
            helo=self._session.helo,
            connection=self._session.connection,
        )
        return f"250 2.0.0 ok: queued as {self._ledger.accept(mail)}"

    def _recipients(self) -> tuple[str, ...]:
        return tuple(self._transaction.recipients) if self._transaction else ()

    def _require_recipients(self) -> _Transaction:
        """RFC 5321 §3.3: content needs MAIL and one accepted RCPT."""
        if self._transaction is None:
            raise Refusal("503 5.5.1 MAIL and RCPT come first")
        if not self._transaction.recipients:
            raise Refusal(NO_RECIPIENTS)
        return self._transaction
