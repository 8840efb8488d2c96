"""What DNS has of the keys that sign: the same, another, none, or one that was taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from ..compose.dkim.keys import Key
from ..compose.dkim.signer import Identity
from ..errors import MailError
from ..txt import Records

Found = Literal["equal", "different", "missing", "revoked", "unknown"]


class Published(NamedTuple):
    """What was found under the name of a key, in words, with what to do; `record` is what belongs.

    `unknown`: nobody could tell, or the key itself is not to be had.
    """

    name: str
    found: Found
    told: str
    record: str = ""

    @property
    def wrong(self) -> bool:
        """Whether receivers cannot verify what is signed with it."""
        return self.found in ("different", "missing", "revoked")


def published(identity: Identity, txt: Callable[[str], Records]) -> Published:
    """Compare one key with DNS (RFC 6376 §3.6.1)."""
    name = identity.name
    try:
        key = identity.source.current()
        records = txt(name)
    except MailError as error:
        return Published(name, "unknown", str(error))
    return Published(name, *_judged(key, records), key.record)


def _judged(key: Key, records: Records) -> tuple[Found, str]:
    found = [tags for tags in map(_tags, records) if "p" in tags]
    if not found:
        return "missing", "DNS has no key there; publish the record, or wait until it is seen"
    if len(found) > 1:
        return "different", "DNS has several keys there, of which receivers take any; leave one"
    (tags,) = found
    if not tags["p"]:
        return "revoked", "its key was taken back (p= is empty); sign with another selector"
    if (tags["p"], tags.get("k", "rsa")) != (key.public, key.type):
        return "different", "DNS has another key there; publish the record, or sign with its key"
    return _restricted(tags)


def _restricted(tags: dict[str, str]) -> tuple[Found, str]:
    """The key is there; what else stands there may keep it from counting."""
    if tags.get("v", "DKIM1") != "DKIM1":
        return "different", "its v= is not DKIM1, so receivers pass over it"
    if "sha256" not in _listed(tags.get("h", "sha256")):
        return "different", "its h= does not allow sha256, with which mail is signed"
    if not {"*", "email"} & _listed(tags.get("s", "*")):
        return "different", "its s= does not allow e-mail"
    if "y" in _listed(tags.get("t", "")):
        return "equal", "DNS has this key; t=y says that it is tried out only: take that away"
    return "equal", "DNS has this key"


def _listed(value: str) -> set[str]:
    return set(value.split(":"))


def _tags(record: str) -> dict[str, str]:
    """Without white space, which may stand anywhere in the value of p=."""
    pairs = [pair.partition("=") for pair in record.split(";")]
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}
