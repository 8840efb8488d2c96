"""A receipt as mail is written: tables in tables, a button for Outlook, a style sheet, a footer."""

from __future__ import annotations

from typing import NamedTuple

from jinja2 import Environment, Template


class Item(NamedTuple):
    name: str
    size: str
    count: int
    price: str


HEAD = """\
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:o="urn:schemas-microsoft-com:office:office" lang="en">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Your receipt {{ number }}</title>
<!--[if mso]>
<style type="text/css">table {border-collapse: collapse} td {font-family: Arial, sans-serif}</style>
<xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml>
<![endif]-->
<style>
body { margin: 0; padding: 0; width: 100% !important; background: #f4f4f7; color: #51545e }
body, td, th { font-family: "Nunito Sans", Helvetica, Arial, sans-serif }
h1 { margin-top: 0; color: #333333; font-size: 22px; font-weight: bold; text-align: left }
td, th { font-size: 16px }
p { margin: .4em 0 1.1875em; font-size: 16px; line-height: 1.625 }
p.sub { font-size: 13px; color: #6b6e76 }
a { color: #3869d4 }
.button { background: #3869d4; border-radius: 3px; color: #ffffff; display: inline-block; padding: 10px 18px; text-decoration: none }
.item { padding: 10px 0; color: #51545e; font-size: 15px; line-height: 18px }
.price { text-align: right; white-space: nowrap }
.total { font-weight: bold; color: #333333; border-top: 1px solid #eaeaec }
.footer p { color: #a8aaaf; text-align: center }
a:hover { text-decoration: underline }
@media only screen and (max-width: 600px) { .inner, .footer { width: 100% !important } }
@media (prefers-color-scheme: dark) { body, .inner { background: #333333 !important; color: #ffffff !important } }
</style>
</head>
"""
TOP = """\
<body dir="ltr">
<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all">
Thank you for your order {{ number }}.{% for _ in range(30) %}&nbsp;&zwnj;{% endfor %}
</div>
<table width="100%" cellpadding="0" cellspacing="0" role="presentation" style="background-color:#f4f4f7">
<tr><td align="center" style="padding:25px 0">
<a href="https://shop.example.com/"><img src="https://shop.example.com/logo.png" width="120" height="40" alt="Mug &amp; Co" style="border:0"></a>
</td></tr>
<tr><td align="center">
<!--[if mso]><table width="570" role="presentation"><tr><td><![endif]-->
<table class="inner" align="center" width="570" cellpadding="0" cellspacing="0" role="presentation" style="background-color:#ffffff">
<tr><td style="padding:45px">
<h1>Hi {{ name }},</h1>
<p>Thanks for your order <strong>{{ number }}</strong>. This mail is the receipt for your purchase; no payment is due.</p>
<table width="100%" cellpadding="0" cellspacing="0" role="presentation" style="margin:30px auto;text-align:center"><tr><td align="center">
<!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="{{ link }}" style="height:40px;width:200px" arcsize="8%" fillcolor="#3869d4"><center>Track your parcel</center></v:roundrect><![endif]-->
<!--[if !mso]><!--><a href="{{ link }}" class="button" target="_blank">Track your parcel</a><!--<![endif]-->
</td></tr></table>
"""
ITEMS = """\
<table width="100%" cellpadding="0" cellspacing="0">
<tr><th align="left" style="padding-bottom:8px">Item</th><th align="right">Qty</th><th align="right">Price</th></tr>
{% for item in items -%}
<tr>
<td width="70%" class="item" style="border-bottom:1px solid #eaeaec"><span class="name">{{ item.name }}</span><br><small>{{ item.size }}</small></td>
<td width="10%" class="item" align="right" style="border-bottom:1px solid #eaeaec">{{ item.count }}</td>
<td width="20%" class="item price" align="right" style="border-bottom:1px solid #eaeaec">{{ item.price }}</td>
</tr>
{% endfor -%}
<tr><td colspan="2" class="total" style="padding-top:12px">Total</td><td class="total price" align="right" style="padding-top:12px">{{ total }}</td></tr>
</table>
"""
END = """\
<p>If you have any questions about this receipt, reply to this mail or reach our
<a href="https://shop.example.com/support?order={{ number }}&amp;lang=en">support team</a>. We are glad to help.</p>
<ul><li>You may return what you do not like within 30 days.</li><li>Guarantee: <a href="https://shop.example.com/guarantee">two years</a>.</li></ul>
<p>Cheers,<br>The Mug &amp; Co team</p>
<table role="presentation" style="margin-top:25px;border-top:1px solid #eaeaec"><tr><td>
<p class="sub">If the button does not work, copy this address into your browser:</p>
<p class="sub"><a href="{{ link }}">{{ link }}</a></p>
</td></tr></table>
</td></tr></table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
<tr><td>
<table class="footer" align="center" width="570" cellpadding="0" cellspacing="0" role="presentation"><tr><td align="center" style="padding:45px">
<p class="sub">Mug &amp; Co, 1 Example Street, Vienna</p>
<p class="sub"><a href="https://shop.example.com/preferences">Preferences</a> &middot; <a href="https://shop.example.com/unsubscribe">Unsubscribe</a></p>
</td></tr></table>
</td></tr>
</table>
</body>
</html>
"""


def template() -> Template:
    return Environment(autoescape=True).from_string(HEAD + TOP + ITEMS + END)


def context(items: int) -> dict[str, object]:
    """What the template shows; 5 items make 8 KB, 32 make 20 KB."""
    return {
        "name": "Ann",
        "number": "2026-11-0815",
        "link": "https://shop.example.com/track/2026-11-0815?token=eyJhbGciOiJIUzI1NiJ9.c2hvcA.dG9rZW4",
        "total": "€ 421.50",
        "items": [
            Item(f"Blue mug, number {at}", "Size L, with a handle", at % 3 + 1, f"€ {at + 3}.50")
            for at in range(items)
        ],
    }
