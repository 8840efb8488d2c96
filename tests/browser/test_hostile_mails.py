from collections.abc import Iterator
from typing import Any

import pytest

from .chromium import Chromium, Window
from .exposure import Exposure, Look
from .hostile import HOSTILE_MAILS
from .hostile_mails import ALL_VIEWS, HostileMail
from .mailbox import make_mailbox
from .naive import make_naive
from .outside import Outside
from .payload import MARK
from .served import Served, served

SAFE = Exposure([], [], [], [], [], [])
NUMBERS = {mail.name: number for number, mail in enumerate(HOSTILE_MAILS, 1)}
HARMFUL = [mail for mail in HOSTILE_MAILS if mail.harm != "old"]


def _look(window: Window, site: Served, outside: Outside, mail: HostileMail) -> Look:
    return Look(window, site, outside, NUMBERS[mail.name], mail)


def _every_fifth(mails: list[HostileMail]) -> list[Any]:
    fuzz = pytest.mark.fuzz
    return [
        pytest.param(mail, id=mail.name, marks=[fuzz] if place % 5 else [])
        for place, mail in enumerate(mails)
    ]


def _name(mail: HostileMail) -> str:
    return mail.name


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Ours, with all the hostile mails in it."""
    folder = str(tmp_path_factory.mktemp("instance"))
    mails = [mail.sealed() for mail in HOSTILE_MAILS]
    with served(lambda _url: make_mailbox(folder, mails)) as site:
        yield site


@pytest.fixture(scope="module")
def naive() -> Iterator[Served]:
    """One that takes mails for pages of its own."""
    with served(lambda _url: make_naive(HOSTILE_MAILS)) as site:
        yield site


@pytest.fixture(scope="module")
def reader(chromium: Chromium) -> Iterator[Window]:
    """Who opens one mail after the other."""
    with chromium.window() as window:
        yield window


@pytest.mark.parametrize("mail", HOSTILE_MAILS, ids=_name)
def test_a_mail_can_do_nothing(
    reader: Window, mailbox: Served, outside: Outside, mail: HostileMail
) -> None:
    """No script, no request, no way off the page, nothing over its controls, nothing written."""
    assert _look(reader, mailbox, outside, mail).everywhere() == SAFE


@pytest.mark.fuzz
@pytest.mark.parametrize("mail", HOSTILE_MAILS, ids=_name)
def test_a_mail_can_do_nothing_in_any_view(
    reader: Window, mailbox: Served, outside: Outside, mail: HostileMail
) -> None:
    """Nor where nothing of what is hostile in it should show at all."""
    everywhere = mail._replace(views=ALL_VIEWS)
    assert _look(reader, mailbox, outside, everywhere).everywhere() == SAFE


@pytest.mark.parametrize("mail", _every_fifth(HARMFUL))
def test_a_naive_page_falls_for_it(
    reader: Window, naive: Served, outside: Outside, mail: HostileMail
) -> None:
    """Else the mail would prove nothing; the other mails are tried by `fuzz`."""
    assert _look(reader, naive, outside, mail).until(mail.harm)


def test_the_list_of_all_of_them_does_nothing(
    reader: Window, mailbox: Served, outside: Outside
) -> None:
    """Whatever their senders, recipients and subjects are; the news of one that comes, neither."""
    harmless = HOSTILE_MAILS[0]._replace(name="list", views=())
    assert Look(reader, mailbox, outside, "", harmless).everywhere() == SAFE
    capture = mailbox.app.extensions["mailwright"].capture
    for mail in HOSTILE_MAILS:
        capture.sent(mail.sealed()._replace(id=f"{mail.name}-again", app=mailbox.app.name))
    reader.page.locator("#rows .new").first.wait_for()
    assert not [said for said in reader.said if said.text.startswith(MARK)]
    assert not outside.hits
