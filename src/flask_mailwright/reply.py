"""What became of one recipient: the relay's answer, or the reason why there is none."""

from __future__ import annotations

from typing import Literal, NamedTuple

Action = Literal["relayed", "delayed", "failed", "in_doubt", "suppressed"]


class Reply(NamedTuple):
    """One recipient's answer.

    `code` and `enhanced` are the relay's (RFC 5321 §4.2, RFC 3463); both are empty when no reply
    came. `transient` tells a failure that a later attempt may mend from one that it will not.
    """

    address: str
    action: Action
    code: int | None = None
    enhanced: str = ""
    text: str = ""
    transient: bool = False

    def __str__(self) -> str:
        return " ".join(filter(None, self._words()))

    def _words(self) -> tuple[str, ...]:
        code = "" if self.code is None else str(self.code)
        return (f"{self.address}:", self.action.replace("_", " "), code, self.enhanced, self.text)
