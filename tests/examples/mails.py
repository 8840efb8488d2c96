"""The example's mails, from its previews; run as a program it writes their texts to `golden/`.

    python -m tests.examples.mails && git diff tests/examples/golden

A person reads what changed before it is committed.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from examples.flasky.flasky import create_app
from flask_mailwright.appstate import AppState
from flask_mailwright.compose.mime import read
from flask_mailwright.envelope import SealedMail

GOLDEN = Path(__file__).with_name("golden")


def sealed_mails() -> dict[str, SealedMail]:
    """Each preview in each of its languages, as it would leave: "welcome", "welcome.de"."""
    with TemporaryDirectory() as folder:
        app = create_app(
            {
                "SECRET_KEY": "test",
                "FLASKY_DATABASE": Path(folder, "flasky.sqlite"),
                "MAIL_BASE_URL": "https://flasky.example",
                "TESTING": True,
            }
        )
        return dict(_sealed(app.extensions["mailwright"]))


def _sealed(state: AppState) -> Iterator[tuple[str, SealedMail]]:
    for name, preview in state.previews.items():
        for locale in preview.locales or (None,):
            stem = name if locale in (None, "en") else f"{name}.{locale}"
            yield stem, state.preview(name, locale)


def text_of(mail: SealedMail) -> str:
    """The text part as a reader sees it, but for the link that is another one each day."""
    text = read(mail.content).text
    assert text is not None
    return re.sub(r"(?<=/_unsubscribe/)[\w-]+", "...", text.replace("\r\n", "\n"))


def write() -> None:
    """Replace the golden texts by those of today."""
    for file in GOLDEN.glob("*.txt"):
        file.unlink()
    for name, mail in sealed_mails().items():
        (GOLDEN / f"{name}.txt").write_text(text_of(mail), "utf-8")


if __name__ == "__main__":
    write()
