"""The charsets of mail by the names that its readers know (IANA's registry, RFC 2978)."""

from __future__ import annotations

from encodings import normalize_encoding
from encodings.aliases import aliases

_BY_CODEC = {
    "utf_8": "utf-8",
    "ascii": "us-ascii",
    "latin_1": "iso-8859-1",
    **{f"iso8859_{n}": f"iso-8859-{n}" for n in (*range(2, 11), *range(13, 17))},
    **{f"cp125{n}": f"windows-125{n}" for n in range(9)},
    "koi8_r": "koi8-r",
    "koi8_u": "koi8-u",
    "iso2022_jp": "iso-2022-jp",
    "euc_jp": "euc-jp",
    "shift_jis": "shift_jis",
    "gb2312": "gb2312",
    "gbk": "gbk",
    "gb18030": "gb18030",
    "big5": "big5",
    "euc_kr": "euc-kr",
    "tis_620": "tis-620",
}
_ONLY_READ = frozenset(
    "big5hkscs cp866 cp874 cp932 cp949 hz iso2022_kr mac_roman"
    " utf_7 utf_8_sig utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le".split()
)


def mime_name(label: str) -> str | None:
    """The name to write for a charset that text may travel in; None when it should not.

    >>> mime_name("latin-1"), mime_name("hex")
    ('iso-8859-1', None)
    """
    return _BY_CODEC.get(_codec(label))


def decode(octets: bytes, label: str) -> str:
    r"""The text; octets or charsets that nobody knows are shown as well as can be.

    >>> decode(b"caf\xe9", "ISO-8859-1"), decode(b"caf\xe9", "x-unheard-of")
    ('café', 'caf\ufffd')
    """
    codec = _codec(label)
    known = codec in _BY_CODEC or codec in _ONLY_READ
    return octets.decode(codec if known else "utf-8", "replace")


def carries(charset: str, text: str) -> bool:
    """Whether `text` comes out as it went in."""
    try:
        octets = text.encode(charset)
        return charset == "utf-8" or octets.decode(charset) == text
    except UnicodeError:
        return False


def _codec(label: str) -> str:
    name = normalize_encoding(label[:40]).lower()
    return aliases.get(name, name)
