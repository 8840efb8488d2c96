"""The example's mails: what their texts say, and what a spam filter says of them."""

from collections.abc import Mapping

import pytest

from flask_mailwright.compose.mime import read
from flask_mailwright.envelope import SealedMail
from flask_mailwright.lint import lint
from tests.examples.mails import GOLDEN, sealed_mails, text_of
from tests.judges.spamassassin import SpamAssassin

NAMES = (
    "welcome welcome.de confirm reset receipt digest invitation alert invoice newsletter plain"
    " new_user"
).split()


@pytest.fixture(scope="module")
def mails() -> Mapping[str, SealedMail]:
    """Each preview of the example, in each of its languages."""
    return sealed_mails()


def test_every_mail_is_looked_at(mails: Mapping[str, SealedMail]) -> None:
    """No preview is without a text that a person has read, and no such text without a preview."""
    assert list(mails) == NAMES
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_the_one_that_was_read(mails: Mapping[str, SealedMail], name: str) -> None:
    """`python -m tests.examples.mails` writes them anew, for a person to read."""
    assert text_of(mails[name]) == (GOLDEN / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_no_spam_filter_minds(
    mails: Mapping[str, SealedMail], spamassassin: SpamAssassin, name: str
) -> None:
    """A tenth of a point at most, of the five that make spam."""
    verdict = spamassassin.judge(mails[name].content)
    assert verdict.score <= 0.1, verdict.rules


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"plain"}))
def test_the_html_is_small_and_says_its_language(
    mails: Mapping[str, SealedMail], name: str
) -> None:
    """Far below what Gmail clips."""
    page = read(mails[name].content).html or ""
    language = "de" if name.endswith(".de") else "en"
    assert len(page.encode()) < 20_000
    assert f'lang="{language}" dir="ltr"' in page


def test_the_plain_mail_has_no_html(mails: Mapping[str, SealedMail]) -> None:
    """A `.txt` alone is text alone."""
    assert read(mails["plain"].content).html is None


def test_a_newsletter_can_be_left_with_one_click(mails: Mapping[str, SealedMail]) -> None:
    """RFC 8058; the link in the mail is the same."""
    content = read(mails["newsletter"].content)
    link = content.get("List-Unsubscribe").strip("<>")
    assert content.get("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert f'href="{link}"' in (content.html or "")


@pytest.mark.parametrize("name", NAMES)
def test_the_lint_has_nothing_to_say(mails: Mapping[str, SealedMail], name: str) -> None:
    """No finding of any level: not a note either."""
    assert lint(mails[name]) == []
