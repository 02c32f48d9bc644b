import pytest

from translate.languages import NAMES, canonical, name, resolve


@pytest.mark.parametrize(
    ("given", "code"),
    [("en", "en"), ("EN-US", "en"), ("pt_BR", "pt"), (" de ", "de"), ("zh-CN", "zh"),
     ("zh-Hant-TW", "zh-hant"), ("zh_TW", "zh-hant"), ("ger", "de"), ("deu", "de"), ("nb-NO", "nb"),
     ("no", "nb"), ("xx", "xx"), ("Q-1", "q-1")],
)  # fmt: skip
def test_codes_are_known_in_all_their_spellings(given: str, code: str) -> None:
    assert canonical(given) == code


def test_every_known_code_is_its_own_canonical_form() -> None:
    assert all(canonical(code) == code for code in NAMES)


def test_names_are_english_and_unknown_codes_name_themselves() -> None:
    assert name("DE") == "German"
    assert name("xx") == "xx"


def test_a_code_resolves_only_to_a_supported_language() -> None:
    assert resolve("EN-GB", ["de", "en"]) == "en"
    assert resolve("fr", ["de", "en"]) is None
