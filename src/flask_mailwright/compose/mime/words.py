"""Header fields: folding at 78 and encoded-words (RFC 5322 §2.2.3, RFC 2047)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from ...address import Address
from .charsets import carries

WIDTH = 78
WORD = 75
"""Octets an encoded-word may have; a line that holds one has at most 76 (RFC 2047 §2)."""
LIMIT = 998
_FRAME = len("=?utf-8?q??=")
_FIRST = 60
"""What fits behind the longest name of a field with addresses."""
VERBATIM = ("list-", "message-id", "in-reply-to", "references", "resent-message-id")
"""How the fields begin that are never encoded (RFC 2369 §2, RFC 2047 §5)."""

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PIECE = re.compile(r" *[^ ]+")
_ESCAPED = re.compile(r'(["\\])')
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/ ")


def text_field(name: str, value: str, charset: str = "utf-8") -> str:
    """An unstructured field; encoded whole if a reader could take it for anything else."""
    if is_plain(value):
        if len(name) + len(value) < WIDTH - 1:
            return f"{name}: {value}\r\n"
        # Some readers make one space of all that stands around a fold.
        if "  " not in value and fits_verbatim(name, value):
            return verbatim_field(name, value)
    return fold(name, encoded_words(value, WORD - len(name) - 1, charset))


def verbatim_field(name: str, value: str) -> str:
    """A field that is never encoded, such as List-Unsubscribe: ASCII, folded at its spaces."""
    if len(name) + len(value) < WIDTH - 1:
        return f"{name}: {value}\r\n"
    return "\r\n".join([*_fold_text(name, value), ""])


def fits_verbatim(name: str, value: str) -> bool:
    """Whether `verbatim_field` needs no line over 998."""
    return max(map(len, _fold_text(name, value))) <= LIMIT


def address_field(name: str, addresses: Iterable[Address], charset: str = "utf-8") -> str:
    """A list of mailboxes, each with its display name as atoms, quoted or encoded."""
    *firsts, last = [_mailbox(address, charset) for address in addresses]
    tokens = [token for box in firsts for token in (*box[:-1], f"{box[-1]},")] + last
    return fold(name, tokens)


def fold(name: str, tokens: list[str]) -> str:
    """`name: token token ...`, on a new line wherever the next token would not fit."""
    line = f"{name}: {' '.join(tokens)}\r\n"
    return line if len(line) <= WIDTH else _folded(name, tokens)


def _folded(name: str, tokens: list[str]) -> str:
    lines, line = [], f"{name}:"
    for token in tokens:
        if len(line) + len(token) > WORD and line:
            lines.append(line)
            line = ""
        line = f"{line} {token}"
    return "\r\n".join([*lines, line, ""])


def is_plain(value: str) -> bool:
    """Whether readers show these very characters when they stand in a field as they are."""
    return (
        value.isascii()
        and value.isprintable()
        and "=?" not in value
        and value[:1] != " " != value[-1:]
    )


def encoded_words(text: str, first: int = WORD, charset: str = "utf-8") -> list[str]:
    """`text` as encoded-words of whole characters: `first` octets at most, then 75 each.

    In UTF-8 where `charset` cannot carry it.
    """
    if first < WORD // 2:
        first = WORD
    if charset != "utf-8" and carries(charset, text):
        return list(_words_of(charset, text, first))
    octets = len(text.encode())
    if sum(map(_q_cost, text)) <= -(-octets // 3) * 4:
        return [_q(piece) for piece in _pieces(text, _q_cost, first - _FRAME, WORD - _FRAME)]
    room, more = ((width - _FRAME) // 4 * 3 for width in (first, WORD))
    return [_b(piece) for piece in _pieces(text, _octets, room, more)]


def _words_of(charset: str, text: str, room: int) -> Iterator[str]:
    """A charset may shift between alphabets, so that a word's size is known when it is made."""
    piece = ""
    for character in text:
        if piece and len(_b(piece + character, charset)) > room:
            yield _b(piece, charset)
            piece, room = "", WORD
        piece += character
    yield _b(piece, charset)


def _pieces(text: str, cost: Callable[[str], int], room: int, more: int) -> Iterator[str]:
    start = used = 0
    for index, character in enumerate(text):
        size = cost(character)
        if used + size > room:
            yield text[start:index]
            start, used, room = index, 0, more
        used += size
    yield text[start:]


def _octets(character: str) -> int:
    return len(character.encode())


def _q_cost(character: str) -> int:
    return 1 if character in _SAFE else 3 * len(character.encode())


def _q(piece: str) -> str:
    return f"=?utf-8?q?{''.join(map(_q_character, piece))}?="


def _q_character(character: str) -> str:
    if character == " ":
        return "_"
    if character in _SAFE:
        return character
    return "".join(f"={octet:02X}" for octet in character.encode())


def _b(piece: str, charset: str = "utf-8") -> str:
    octets = binascii.b2a_base64(piece.encode(charset), newline=False)
    return f"=?{charset}?b?{octets.decode('ascii')}?="


def _fold_text(name: str, value: str) -> list[str]:
    first, *pieces = _PIECE.findall(value) or [""]
    lines = [f"{name}: {first}"]
    for piece in pieces:
        if len(lines[-1]) + len(piece) > WIDTH:
            lines.append(piece)
        else:
            lines[-1] += piece
    return lines


def _mailbox(address: Address, charset: str) -> list[str]:
    if not address.name:
        return [address.wire]
    return [*_display_name(address.name, charset), f"<{address.wire}>"]


@lru_cache(maxsize=256)
def _display_name(name: str, charset: str) -> Sequence[str]:
    if is_plain(name):
        if len(name) < WORD - 5 and _ATOMS.fullmatch(name):
            return name.split(" ")
        escaped = _ESCAPED.sub(r"\\\1", name)
        if len(escaped) < _FIRST - 1:
            return [f'"{escaped}"']
    return encoded_words(name, _FIRST, charset)
