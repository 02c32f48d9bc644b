import re

import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_pages_of_documentation_load_nothing_from_elsewhere(client: TestClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    loaded = re.findall(r"<(?:script|link|img)[^>]* (?:src|href)=\"([^\"]+)\"", answer.text)
    assert loaded
    for address in loaded:
        assert address.startswith("/docs/assets/")
        assert client.get(address).status_code == 200
