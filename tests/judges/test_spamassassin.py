"""The spam filter that judges the example's mails."""

from tests.judges.spamassassin import SpamAssassin

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


def test_it_knows_spam_when_it_sees_it(spamassassin: SpamAssassin) -> None:
    """The text that every filter must take for spam; the next mail is judged on its own."""
    spam = spamassassin.judge(b"Subject: spam\r\n\r\n" + GTUBE + b"\r\n")
    assert spam.score > 900
    assert spam.rules["GTUBE"] == 1000
    assert "GTUBE" not in spamassassin.judge(b"Subject: ham\r\n\r\nHello\r\n").rules
