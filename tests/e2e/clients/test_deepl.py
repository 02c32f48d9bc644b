"""DeepL's official client for Python against a running server."""

from collections.abc import Iterator
from contextlib import closing

import deepl
import pytest

from tests.e2e.clients.conftest import Server


@pytest.fixture
def client(server: Server) -> Iterator[deepl.DeepLClient]:
    with closing(deepl.DeepLClient(server.key, server_url=server.url)) as client:
        yield client


def test_texts_are_translated_and_billed(client: deepl.DeepLClient) -> None:
    one = client.translate_text("A good book.", target_lang="DE")
    assert isinstance(one, deepl.TextResult)
    assert (one.detected_source_lang, one.billed_characters) == ("EN", 12)
    many = client.translate_text(["A good book.", "42"], target_lang="FR")
    assert [each.text for each in many][1] == "42"  # type: ignore[union-attr]


def test_markup_survives(client: deepl.DeepLClient) -> None:
    text = "<p>A <b>good</b> book by {author}.</p>"
    done = client.translate_text(text, source_lang="EN", target_lang="DE", tag_handling="html")
    assert done.text.count("<b>") == done.text.count("</b>") == 1
    assert "{author}" in done.text


def test_languages_are_listed(client: deepl.DeepLClient) -> None:
    assert "EN" in {each.code.upper() for each in client.get_source_languages()}
    targets = {each.code.upper(): each for each in client.get_target_languages()}
    assert targets["EN-GB"].supports_formality is False


def test_a_wrong_key_is_an_authorization_error(server: Server) -> None:
    with (
        closing(deepl.DeepLClient("weft_0_wrong", server_url=server.url)) as client,
        pytest.raises(deepl.AuthorizationException),
    ):
        client.translate_text("A good book.", target_lang="DE")


def test_what_is_not_supported_says_so(client: deepl.DeepLClient) -> None:
    with pytest.raises(deepl.DeepLException, match="formality"):
        client.translate_text("A good book.", target_lang="DE", formality="more")
    with pytest.raises(deepl.DeepLException, match="does not rephrase"):
        client.rephrase_text("A good book.", target_lang="DE")
