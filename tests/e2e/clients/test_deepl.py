"""DeepL's official client for Python against a running server."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import deepl
import httpx
import pytest
from deepl.api_data import MultilingualGlossaryDictionaryEntries

from tests.e2e.clients.conftest import Server, limited_key


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


def test_usage_grows_until_the_quota_is_used_up(server: Server) -> None:
    with closing(deepl.DeepLClient(limited_key(server, 20), server_url=server.url)) as client:
        client.translate_text("A good book.", source_lang="EN", target_lang="DE")
        character = client.get_usage().character
        assert (character.count, character.limit) == (12, 20)
        with pytest.raises(deepl.QuotaExceededException):
            client.translate_text("A good book.", source_lang="EN", target_lang="DE")


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


def test_a_glossary_is_made_used_and_deleted(client: deepl.DeepLClient) -> None:
    glossary = client.create_glossary(
        "trade", "EN", "DE", {"hardcover": "Hardcoverausgabe", "paperback": "Taschenbuch"}
    )
    assert glossary.glossary_id in {each.glossary_id for each in client.list_glossaries()}
    assert client.get_glossary_entries(glossary)["paperback"] == "Taschenbuch"
    done = client.translate_text(
        "The hardcover is good.", source_lang="EN", target_lang="DE", glossary=glossary
    )
    assert "Hardcoverausgabe" in done.text  # type: ignore[union-attr]
    client.delete_glossary(glossary)
    with pytest.raises(deepl.GlossaryNotFoundException):
        client.get_glossary(glossary.glossary_id)


def test_a_multilingual_glossary_is_made_changed_and_deleted(client: deepl.DeepLClient) -> None:
    german = MultilingualGlossaryDictionaryEntries("EN", "DE", {"novel": "Roman"})
    french = MultilingualGlossaryDictionaryEntries("EN", "FR", {"novel": "roman"})
    glossary = client.create_multilingual_glossary("novels", [german])
    client.replace_multilingual_glossary_dictionary(glossary, french)
    client.update_multilingual_glossary_name(glossary, "books")
    found = client.get_multilingual_glossary(glossary.glossary_id)
    assert (found.name, len(found.dictionaries)) == ("books", 2)
    entries = client.get_multilingual_glossary_entries(glossary, "EN", "FR")
    assert "roman" in str(entries.dictionaries[0].entries)
    client.delete_multilingual_glossary_dictionary(glossary, source_lang="EN", target_lang="FR")
    client.delete_multilingual_glossary(glossary)
    assert glossary.glossary_id not in {
        each.glossary_id for each in client.list_multilingual_glossaries()
    }


def test_pairs_that_can_have_a_glossary_are_listed(client: deepl.DeepLClient) -> None:
    pairs = {(each.source_lang, each.target_lang) for each in client.get_glossary_languages()}
    assert ("en", "de") in pairs


def test_a_document_is_translated(client: deepl.DeepLClient, tmp_path: Path) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("A good book.")
    status = client.translate_document_from_filepath(source, target, target_lang="DE")
    assert status.done
    assert target.read_text() not in {"", "A good book."}


def test_a_translation_memory_is_listed_used_and_deleted(
    client: deepl.DeepLClient, server: Server
) -> None:
    unit = {"source": "en", "target": "de", "text": "A rare book.", "translation": "Ein Kleinod.",
            "domain": "antiques"}  # fmt: skip
    headers = {"Authorization": f"Bearer {server.key}"}
    httpx.put(f"{server.url}/v1/memories/units/t1", json=unit, headers=headers).raise_for_status()
    [memory] = [each for each in client.list_translation_memories() if each.name == "antiques"]
    assert (memory.source_language, memory.target_languages) == ("en", ["de"])
    assert client.get_translation_memory(memory).segment_count == 1
    [segment] = client.list_translation_memory_segments(memory)
    assert (segment.source_text, segment.targets[0].target_text) == ("A rare book.", "Ein Kleinod.")
    done = client.translate_text(
        "A rare book.", source_lang="EN", target_lang="DE",
        translation_memory=memory, translation_memory_threshold=80,
    )  # fmt: skip
    assert done.text == "Ein Kleinod."  # type: ignore[union-attr]
    client.delete_translation_memory(memory)
    with pytest.raises(deepl.DeepLException, match="no translation memory"):
        client.translate_text("A book.", target_lang="DE", translation_memory=memory)
