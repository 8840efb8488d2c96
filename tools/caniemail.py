"""What mail clients understand, trimmed: `python tools/caniemail.py caniemail.json`.

The argument is `data/caniemail.json` of the npm package `caniemail` (`npm pack caniemail`), or what
https://www.caniemail.com/api/data.json answers. It writes src/flask_mailwright/lint/clients.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FAMILIES = {
    "Gmail": ("gmail", "desktop-webmail", "ios", "android"),
    "Outlook on Windows": ("outlook", "windows"),
    "Outlook.com": ("outlook", "outlook-com", "ios", "android"),
    "Apple Mail": ("apple-mail", "macos", "ios"),
    "Yahoo/AOL": ("yahoo", "desktop-webmail", "ios", "android"),
    "Samsung Email": ("samsung-email", "android"),
    "Thunderbird": ("thunderbird", "macos", "windows"),
    "Proton Mail": ("protonmail", "desktop-webmail", "ios", "android"),
}
"""Each with its name in the source, and its platforms; Outlook.com is the new Outlook, too."""
WORST_FIRST = "nauy"
"""no, almost, unknown, yes"""
KEPT = ("css", "html", "image")
SOURCE = "https://www.caniemail.com"
LICENCE = """MIT License

Copyright (c) 2019 HTeuMeuLeu

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
TARGET = Path(__file__).parent.parent / "src" / "flask_mailwright" / "lint" / "clients.json"


def main() -> None:
    """Read what the command line names and write what the package ships."""
    trimmed = trim(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    TARGET.write_text(json.dumps(trimmed, indent=1) + "\n", "utf-8")


def trim(source: dict[str, Any]) -> dict[str, Any]:
    """One letter for each feature and family: the worst of the family's platforms."""
    return {
        "source": SOURCE,
        "date": source["last_update_date"][:10],
        "licence": LICENCE.splitlines(),
        "letters": "y: yes, a: almost, n: no, u: unknown",
        "families": list(FAMILIES),
        "features": {
            feature["slug"]: "".join(_letter(feature["stats"], *each) for each in FAMILIES.values())
            for feature in source["data"]
            if feature["category"] in KEPT
        },
    }


def _letter(stats: dict[str, Any], client: str, *platforms: str) -> str:
    versions = [stats.get(client, {}).get(platform, {}) for platform in platforms]
    newest = [list(each.values())[-1][0] for each in versions if each]
    return min(newest, key=WORST_FIRST.index, default="u")


if __name__ == "__main__":
    main()
