"""The clients that LibreTranslate's users have, against a running server."""

from urllib.error import HTTPError

import httpx
import pytest
from deep_translator import LibreTranslator
from deep_translator.exceptions import AuthorizationException
from libretranslatepy import LibreTranslateAPI

from tests.e2e.clients.conftest import Server


def test_libretranslatepy_translates_detects_and_lists(server: Server) -> None:
    client = LibreTranslateAPI(server.url, api_key=server.key)
    assert client.translate("A good book.", "en", "de")
    assert client.detect("Das ist ein sehr schönes Buch.")[0]["language"] == "de"
    assert {"en", "de"} <= {each["code"] for each in client.languages()}


def test_libretranslatepy_is_refused_with_a_wrong_key(server: Server) -> None:
    client = LibreTranslateAPI(server.url, api_key="weft_0_wrong")
    with pytest.raises(HTTPError) as refused:
        client.translate("A good book.", "en", "de")
    assert refused.value.code == 403
    refused.value.close()


def test_deep_translator_translates_texts_and_batches(server: Server) -> None:
    client = LibreTranslator("en", "de", api_key=server.key, custom_url=f"{server.url}/")
    alone = client.translate("A good book.")
    assert alone
    assert client.translate_batch(["A good book.", "A good film."])[0] == alone


def test_deep_translator_is_refused_with_a_wrong_key(server: Server) -> None:
    client = LibreTranslator("en", "de", api_key="weft_0_wrong", custom_url=f"{server.url}/")
    with pytest.raises(AuthorizationException):
        client.translate("A good book.")


def test_a_suggestion_comes_as_a_page_sends_it_and_is_kept(server: Server) -> None:
    """As LibreTranslate's own page does: no client for Python makes suggestions."""
    form = {"q": "A fine book.", "s": "Ein feines Buch.", "source": "en", "target": "de",
            "api_key": server.key}  # fmt: skip
    assert httpx.post(f"{server.url}/suggest", data=form).json() == {"success": True}
    headers = {"Authorization": f"Bearer {server.key}"}
    listed = httpx.get(
        f"{server.url}/v1/memories/units", params={"domain": "suggestions"}, headers=headers
    ).json()
    assert [unit["translation"] for unit in listed["units"]] == ["Ein feines Buch."]
