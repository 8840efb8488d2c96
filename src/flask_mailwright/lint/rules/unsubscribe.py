"""Mail of a list: its readers can leave it with one click (RFC 2369, RFC 8058)."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..reading import Reading

CLIENTS = ("Gmail", "Yahoo/AOL", "Apple Mail", "Outlook.com")
"""Those who show the button."""
BULK = ("bulk", "list")


def unsubscribe(reading: Reading) -> Iterator[Finding]:
    """The two fields, and that they lead somewhere safe."""
    ways = reading.mail.get("List-Unsubscribe").lower()
    if not ways:
        if _is_of_a_list(reading):
            yield _finding("there is no List-Unsubscribe, though this is mail of a list",
                           "mail", "Set message.list, which adds both fields, or add them:"
                           " List-Unsubscribe with an https link, and List-Unsubscribe-Post:"
                           " List-Unsubscribe=One-Click.")  # fmt: skip
        return
    where = reading.field("List-Unsubscribe")
    if "<" not in ways:
        yield _finding("List-Unsubscribe has no <> around its address, and is not understood",
                       where, "Write <https://...>.")  # fmt: skip
    elif "https:" not in ways:
        told = "is open to all who listen: it is http" if "http:" in ways else "needs a mail"
        yield _finding(f"leaving the list {told}, and not one click", where,
                       "Put an https link first; with an https MAIL_BASE_URL, message.list"
                       " does.")  # fmt: skip
    elif "one-click" not in reading.mail.get("List-Unsubscribe-Post").lower():
        yield _finding("there is a List-Unsubscribe but no List-Unsubscribe-Post, so that leaving"
                       " takes more than one click", where,
                       "Add List-Unsubscribe-Post: List-Unsubscribe=One-Click.")  # fmt: skip


def _is_of_a_list(reading: Reading) -> bool:
    get = reading.mail.get
    if get("Auto-Submitted").lower().startswith("auto-replied"):
        return False
    return bool(get("List-Id")) or get("Precedence").strip().lower() in BULK


def _finding(message: str, where: str, mend: str) -> Finding:
    return Finding("list-unsubscribe", "warn", message, where, CLIENTS, mend)
