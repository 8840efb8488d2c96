"""Flask-Mail's own tests against our module: `python3 dev.py flask-mail --help`.

They are fetched with the source archive of the last release that holds them, run under the name
`flask_mail`, and thrown away.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

RELEASE = "flask-mail==0.9.1"
"""0.10.0 has left its tests out of the archive; all but one of them are those of 0.9.1."""
NEEDED = ("mock", "speaklater==1.3")
ROOT = Path(__file__).resolve().parents[2]
RUN = """
import sys, unittest
from flask_mailwright import flask_mail
flask_mail.install()
flask_mail.PY3 = True  # what 0.9.1 has besides
unittest.TestCase.assertEquals = unittest.TestCase.assertEqual  # gone in Python 3.12
tests = unittest.defaultTestLoader.loadTestsFromName("tests")
result = unittest.TextTestRunner(verbosity=0).run(tests)
passed = result.testsRun - len(result.failures) - len(result.errors)
print(f"{passed} of {result.testsRun} pass on Python {sys.version.split()[0]}")
raise SystemExit(not result.wasSuccessful())
"""


def main() -> None:
    """Run them on each Python that is named; exit code 0 when all pass on all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", default=[sys.executable], metavar="PYTHON")
    pythons = parser.parse_args().pythons
    raise SystemExit(max(map(run, pythons)))


def run(python: str) -> int:
    """The exit code of their tests on one Python, in an environment of its own."""
    with TemporaryDirectory() as folder:
        subprocess.check_call([python, "-m", "venv", f"{folder}/venv"])
        ours = [f"{folder}/venv/bin/python", "-m"]
        pip = [*ours, "pip", "--disable-pip-version-check"]
        subprocess.check_call([*pip, "install", "-qq", str(ROOT), *NEEDED])
        subprocess.check_call(
            [*pip, "download", "-qq", "--no-deps", "--no-binary", ":all:", RELEASE, "-d", folder]
        )
        unpack(Path(folder))
        return subprocess.call([ours[0], "-c", RUN], cwd=folder)


def unpack(folder: Path) -> None:
    """Their tests, out of the archive."""
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        (name,) = [each for each in source.getnames() if each.endswith("/tests.py")]
        tests = source.extractfile(name)
        assert tests is not None
        (folder / "tests.py").write_bytes(tests.read())


if __name__ == "__main__":
    main()
