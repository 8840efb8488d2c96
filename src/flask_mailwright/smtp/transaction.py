"""One mail: MAIL, RCPT, DATA and the content, and the truth about each recipient (RFC 5321 §3.3).

Content leaves only after the replies to its own MAIL and RCPT were read, so a talk that breaks
earlier has delivered to nobody.
"""

from __future__ import annotations

from ..envelope import SealedMail
from .capabilities import Capabilities
from .commands import Commands
from .content import StuffedContent
from .failure import Broken, misfit, out_of_turn, said
from .ledger import Ledger
from .replies import RelayReply
from .step import Dialogue, Step, ask


def hand_over(
    mail: SealedMail, offer: Capabilities, ledger: Ledger, *, dirty: bool
) -> Dialogue[bool]:
    """Hand `mail` to the relay for all who are open in `ledger`, and note each answer there.

    It takes as many transactions as the relay's limit on recipients asks for. `dirty` says that a
    transaction was left open, and so does what is returned.
    """
    commands = Commands.of(mail, offer)
    while ledger.open:
        if dirty:
            yield from _reset()
        dirty = yield from _transact(commands, mail.content, ledger)
    return dirty


def _reset() -> Dialogue[None]:
    reply = yield from ask(b"RSET\r\n", "rset", 2)
    if reply.category != 2:
        raise Broken(said(reply, "rset"), "rset", reply=reply)


def _transact(commands: Commands, content: bytes, ledger: Ledger) -> Dialogue[bool]:
    """One transaction; whether it is left open."""
    reply = yield from ask(commands.mail, "mail", 2)
    if reply.category != 2:
        return _refuse_mail(ledger, reply)
    accepted = yield from _name_recipients(commands, ledger)
    if not accepted:
        return True
    reply = yield from ask(b"DATA\r\n", "data", 3)
    if reply.category != 3:
        ledger.refuse(accepted, reply, "data")
        return True
    yield from _send_content(StuffedContent(content), len(content), accepted, ledger)
    return False


def _refuse_mail(ledger: Ledger, reply: RelayReply) -> bool:
    """530 asks for a login, which is no trouble of this mail (RFC 4954 §6)."""
    if reply.code == 530:
        raise misfit(reply, "mail", _LOGIN)
    ledger.refuse(ledger.open, reply, "mail")
    return False


def _name_recipients(commands: Commands, ledger: Ledger) -> Dialogue[list[int]]:
    """The recipients accepted; those behind a full relay stay open for the next transaction."""
    accepted: list[int] = []
    for place in ledger.open:
        reply = yield from ask(commands.rcpt[place], "rcpt", 2)
        if reply.category == 2:
            accepted.append(place)
        elif accepted and _full(reply):
            break
        else:
            ledger.refuse([place], reply, "rcpt", transient=reply.category == 4 or _full(reply))
    return accepted


def _full(reply: RelayReply) -> bool:
    """Too many recipients: 452, of old 552 (RFC 5321 §4.5.3.1.10), which now means a mailbox."""
    return reply.code == 452 or (reply.code == 552 and reply.enhanced in ("", "5.5.3"))


def _send_content(
    content: StuffedContent, octets: int, accepted: list[int], ledger: Ledger
) -> Dialogue[None]:
    shown = f"<content: {octets} octets>"
    try:
        (reply,) = yield Step(content.chunks(), 1, "final_dot", "final_dot", shown)
    except Broken as broken:
        _judge_break(broken, content, accepted, ledger)
        raise
    if reply.category == 3:
        raise _in_doubt(out_of_turn(reply, "final_dot"), accepted, ledger)
    _note(reply, "final_dot", accepted, ledger)


def _judge_break(
    broken: Broken, content: StuffedContent, accepted: list[int], ledger: Ledger
) -> None:
    """What a relay said before it broke off counts, unless it is a yes to half a content."""
    if broken.reply is not None and broken.reply.category in (4, 5):
        _note(broken.reply, broken.stage, accepted, ledger)
    elif content.whole(broken.handed):
        _in_doubt(broken, accepted, ledger)


def _in_doubt(broken: Broken, accepted: list[int], ledger: Ledger) -> Broken:
    broken.kind, broken.stage = "in_doubt", "final_dot"
    ledger.doubt(accepted, broken)
    return broken


def _note(reply: RelayReply, stage: str, accepted: list[int], ledger: Ledger) -> None:
    if reply.category == 2:
        ledger.relay(accepted, reply)
    else:
        ledger.refuse(accepted, reply, stage)


_LOGIN = "It wants a login: set MAIL_USERNAME and MAIL_PASSWORD (or user and password in MAIL_URL)."
