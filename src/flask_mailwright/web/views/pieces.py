"""What a kept mail and a preview have in common: the body, the source, the files, the findings."""

from __future__ import annotations

from flask import Response, request

from ...envelope import SealedMail
from ...lint import Finding, lint
from .. import body as bodies
from .. import files
from ..page import respond
from ..shown import Choice, Shown


def body_of(shown: Shown) -> Response:
    """The HTML, under the policy that keeps it still."""
    look = Choice.of(request.args, "html").look
    html = shown.parsed.html or ""
    text = bodies.body(html, shown.parsed.parts, look)
    return respond(
        text.encode("utf-8", "replace"), mimetype="text/html", headers=bodies.headers(look)
    )


def source_of(shown: Shown, name: str) -> Response:
    """To be kept."""
    headers = {
        "Content-Type": "message/rfc822",
        "Content-Disposition": files.disposition(name),
        "Content-Security-Policy": files.POLICY,
    }
    return respond(shown.content, headers=headers)


def file_of(shown: Shown, index: int) -> Response | None:
    """One part, to be kept."""
    if index >= len(shown.all_files):
        return None
    file = shown.all_files[index]
    return respond(file.part.data, headers=files.headers(file.part, file.name))


def findings_of(mail: SealedMail | bytes) -> list[Finding]:
    """What the lint says; while one develops, links lead to this machine, and should."""
    return [
        finding._replace(level="note") if finding.rule == "local-link" else finding
        for finding in lint(mail)
    ]
