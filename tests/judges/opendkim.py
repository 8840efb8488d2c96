"""Debian's OpenDKIM as the verifier of our signatures, RSA and Ed25519."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

PROGRAM = shutil.which("opendkim", path="/usr/sbin:/usr/bin")
_TOGETHER = 100
_END = re.compile(r"(?m)^opendkim: (\d+)\.eml: (?:verification|message not signed).*$")
_VERDICT = re.compile(r"dkim=(\w+)[^;]*?header\.a=([\w-]+)")


class OpenDkim:
    """Verifies files of a folder; `records` is all that DNS has."""

    def __init__(self, folder: Path, records: Mapping[str, str]) -> None:
        self._folder = folder
        published, self._settings = folder / "records", folder / "opendkim.conf"
        published.write_text("".join(f"{name} {text}\n" for name, text in records.items()))
        self._settings.write_text(
            f"Mode v\nSyslog no\nAlwaysAddARHeader yes\nTestPublicKeys {published}\n"
        )

    @staticmethod
    def missing() -> str | None:
        """Why it cannot run here, or None."""
        return None if PROGRAM else "not installed (apt install opendkim)"

    def verdicts(self, contents: Sequence[bytes]) -> list[list[tuple[str, str]]]:
        """Of each mail, for each of its signatures: its algorithm, and `pass` or `fail`.

        None of one whose From it cannot read.
        """
        found: list[list[tuple[str, str]]] = []
        for start in range(0, len(contents), _TOGETHER):
            found += self._together(contents[start : start + _TOGETHER])
        return found

    def _together(self, contents: Sequence[bytes]) -> list[list[tuple[str, str]]]:
        files = [self._folder / f"{number}.eml" for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        named = ",".join(file.name for file in files)
        command = [str(PROGRAM), "-x", str(self._settings), "-v", "-v", "-t", named]
        ran = subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, timeout=60, check=False
        )
        accounts = _END.split(ran.stdout)
        assert accounts[1::2] == [str(number) for number in range(len(files))], ran.stderr
        return [
            [(algorithm, verdict) for verdict, algorithm in _VERDICT.findall(account)]
            for account in accounts[0:-1:2]
        ]
