"""Small mails to be looked at, made without the package's own writer."""

from __future__ import annotations

from email.message import EmailMessage

from flask_mailwright.lint import Finding, lint

TEXT = "Your order is on its way, and will be there on Monday at noon."
HTML = f'<html lang="en"><body><p>{TEXT}</p></body></html>'


def eml(html: str | None = HTML, text: str | None = TEXT, **fields: str) -> bytes:
    """A mail with these parts; `List_Id` names the field List-Id."""
    message = EmailMessage()
    fields = {"Subject": "Your order", **fields}
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    if text is not None:
        message.set_content(text, cte="8bit")
    if html is not None and text is not None:
        message.add_alternative(html, subtype="html", cte="base64")
    elif html is not None:
        message.set_content(html, subtype="html", cte="base64")
    return message.as_bytes()


def page(body: str, head: str = "", text: str = TEXT) -> str:
    """A document whose text goes with `TEXT`."""
    return f'<html lang="en"><head>{head}</head><body><p>{text}</p>\n{body}</body></html>'


def found(body: str, head: str = "") -> list[Finding]:
    """What is found in a mail that is in order but for this."""
    return lint(eml(page(body, head)))


def rules(findings: list[Finding]) -> list[str]:
    """Levels and names."""
    return [f"{each.level} {each.rule}" for each in findings]
