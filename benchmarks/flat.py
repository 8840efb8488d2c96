"""How much memory our client needs for mails without end: `python -m benchmarks.flat PORT MAILS`.

In a process of its own, for the high-water mark is the process's. Linux only.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from benchmarks.contestants import Load, Where, app_for
from benchmarks.drafts import text_and_html
from benchmarks.messages import our_message
from flask_mailwright import Mail

STATUS = Path("/proc/self/status")
SETTLED = 5000
"""Mails behind which memory should stay as it is."""


def main() -> None:
    port, mails = map(int, sys.argv[1:])
    app = app_for(Where(port), MAIL_URL=f"smtp://127.0.0.1:{port}")
    mail = Mail(app)
    settled = 0.0
    load = Load(text_and_html, range(mails))
    for number, receipt in enumerate(mail.send_many(map(our_message, load)), 1):
        receipt.raise_for_failure()
        if number == SETTLED:
            settled = megabytes("VmRSS")
    last, most = megabytes("VmRSS"), megabytes("VmHWM")
    mail.close()
    print(json.dumps({"settled": settled, "last": last, "most": most}))


def megabytes(field: str) -> float:
    found = re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text())
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    main()
