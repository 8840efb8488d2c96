"""What a hostile mail's script does when it runs: it leaves its mark in every place there is."""

EVIL = "http://evil.example"
"""The browser finds it at the server `Outside`."""
MARK = "pwned-"


def script(name: str) -> str:
    """Free of angle brackets, ampersands and quotes, so that it fits into every attribute."""
    mark = f"`{MARK}{name}`"
    return ";".join(
        (
            f"console.log({mark})",
            f"new Image().src=`{EVIL}/pwned/{name}`",
            f"fetch(`/pwned/{name}`)",
            f"document.title={mark}",
            f"top===self?alert({mark}):0",  # two frames that do so at once make Chromium crash
            f"top.name={mark}",
        )
    )
