"""Cursors that we did not make: every listing answers them alike."""

import base64

import pytest
from fastapi.testclient import TestClient

from linkage.cursor import encode

FORGED = [
    "!!",
    "9" * 5_000,
    encode([True]),
    encode([2**63]),
    encode([True, True]),
    encode([2**63 - 1, 2**63 - 1]),
    *(
        base64.urlsafe_b64encode(text.encode()).decode()
        for text in ("2024-01-01 \0", "0001-01-01T00:00+10:00 a")
    ),
]
LISTINGS = ["items", "imports", "sources", "entities", "works", "translation-jobs",
            "memories/units"]  # fmt: skip


@pytest.mark.parametrize("cursor", FORGED)
@pytest.mark.parametrize("listing", LISTINGS)
def test_a_forged_cursor_is_told_as_such(client: TestClient, listing: str, cursor: str) -> None:
    answer = client.get(f"/v1/{listing}", params={"cursor": cursor})
    assert answer.status_code == 404, answer.text
    assert "the cursor is not one of ours" in answer.json()["detail"]
