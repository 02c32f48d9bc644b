import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.numerals import localised
from translate.quality import numbers


@pytest.mark.parametrize(
    ("source", "target", "written", "wanted"),
    [
        ("en", "de", "1,500", "1.500"),
        ("en", "de", "12,345,678.90", "12.345.678,90"),
        ("en", "fr", "2,300", "2\u202f300"),
        ("en", "fr", "1,299.5", "1\u202f299,5"),
        ("de", "en", "1.250", "1,250"),
        ("it", "en", "1.250,75", "1,250.75"),
        ("es", "fr", "1.250", "1\u202f250"),
        ("de", "pt", "1.250", "1.250"),
        ("en", "ja", "1,500", "1,500"),
        ("en", "pl", "1,500", "1,500"),
        ("fr", "en", "1 500", "1 500"),
    ],
)
def test_copied_thousands_are_parted_as_the_target_does(
    source: str, target: str, written: str, wanted: str
) -> None:
    assert localised(f"x {written} y.", f"a {written} b", source, target) == f"x {wanted} y."


@pytest.mark.parametrize(
    "text",
    [
        "4.5",
        "1.2.3",
        "2024-05-01",
        "192.168.100.200",
        "12:30",
        "1,23",
        "A1,500",
        "1,5000",
        "1,500,2",
    ],
)
def test_what_is_not_surely_thousands_stays(text: str) -> None:
    assert localised(text, text, "en", "de") == text


def test_what_the_model_wrote_its_own_way_stays() -> None:
    assert localised("1.500 und 2,500", "1,500", "en", "de") == "1.500 und 2,500"


@given(
    st.text(st.sampled_from("0123456789,. \u202f'ab-")), st.sampled_from(["de", "fr", "es", "ja"])
)
def test_no_number_becomes_another(text: str, target: str) -> None:
    assert numbers(localised(text, text, "en", target)) == numbers(text)
