"""A draft as each library's own message."""

from __future__ import annotations

import flask_mail
import flask_mailman

from benchmarks.drafts import FILE_NAME, FILE_TYPE, SENDER, Draft
from flask_mailwright import Message


def flask_mail_message(draft: Draft) -> flask_mail.Message:
    message = flask_mail.Message(
        draft.subject, [draft.recipient], draft.body, draft.html or None, sender=str(SENDER)
    )
    if draft.file:
        message.attach(FILE_NAME, "/".join(FILE_TYPE), draft.file)
    return message


def flask_mailman_message(draft: Draft) -> flask_mailman.EmailMultiAlternatives:
    message = flask_mailman.EmailMultiAlternatives(
        draft.subject, draft.body, str(SENDER), [draft.recipient]
    )
    if draft.html:
        message.attach_alternative(draft.html, "text/html")
    if draft.file:
        message.attach(FILE_NAME, draft.file, "/".join(FILE_TYPE))
    return message


def our_message(draft: Draft) -> Message:
    message = Message(draft.subject, [draft.recipient], draft.body, draft.html or None)
    if draft.file:
        message.attach(FILE_NAME, "/".join(FILE_TYPE), draft.file)
    return message
