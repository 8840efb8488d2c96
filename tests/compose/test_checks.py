import pytest

from flask_mailwright.compose.checks import Check, alternative, date, fields, listed, text
from flask_mailwright.errors import MessageError


def failing(*faults: str) -> str:
    """A check that always finds something."""
    raise MessageError(faults)


def test_check_goes_on_after_a_fault() -> None:
    """The stand-in takes the value's place, and all faults are told at the end."""
    check = Check()
    assert check("stand-in", failing, "one", "two") == "stand-in"
    assert check("", text, "body", "fine", "utf-8") == "fine"
    check("", failing, "three")
    with pytest.raises(MessageError) as caught:
        check.finish()
    assert caught.value.faults == ("one", "two", "three")


def test_check_without_fault_is_silent() -> None:
    """And other errors than MessageError are not its concern."""
    check = Check()
    check.finish()
    with pytest.raises(ZeroDivisionError):
        check(0, lambda: 1 // 0)


@pytest.mark.parametrize("second", [0, 951782400, 4102444799, 253402300799])
def test_date_is_what_the_standard_library_reads(second: int) -> None:
    """Leap days and far years too."""
    from email.utils import parsedate_to_datetime

    assert parsedate_to_datetime(date(second, 0)).timestamp() == second


def test_date_written_is_a_date_accepted() -> None:
    """What we write may be given back as a header."""
    written = date(None, 1_700_000_000)
    assert fields({"Date": written}) == {"Date": written}


def test_alternative_keeps_its_parameters() -> None:
    """The charset named there is the one used."""
    assert alternative("html", "utf-8") == ("text/html", "utf-8")
    kind, charset = alternative("Calendar; method=REQUEST; charset=LATIN1", "utf-8")
    assert kind == "text/Calendar; method=REQUEST; charset=LATIN1"
    assert charset == "iso-8859-1"


def test_listed_takes_any_iterable() -> None:
    """A generator is a list too."""
    assert listed((n for n in "ab"), "tags", str) == ("a", "b")
