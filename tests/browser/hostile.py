"""All the hostile mails there are."""

from __future__ import annotations

from .hostile_files import FILES
from .hostile_headers import HEADERS
from .hostile_pages import PAGES
from .hostile_scripts import SCRIPTS

HOSTILE_MAILS = (*SCRIPTS, *PAGES, *HEADERS, *FILES)
BY_NAME = {mail.name: mail for mail in HOSTILE_MAILS}
