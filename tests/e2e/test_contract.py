"""The served OpenAPI document against the server, with every check schemathesis has."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import Deployment

CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_every_answer_is_as_documented_and_none_is_a_5xx(
    deploy: Callable[..., Deployment],
) -> None:
    deployment = deploy(rate_limit="1000000/minute")
    deployment.serve()
    schemathesis = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    done = subprocess.run(
        [
            schemathesis, "--config-file", str(CONFIG), "run", f"http://127.0.0.1:{deployment.port}/openapi.json",
            "--header", f"Authorization: Bearer {deployment.key}",
            # what is said of a file depends on its name, which no schema can tell
            "--exclude-path", "/translate_file", "--exclude-operation-id", "create_document",
            # a quota for the key in use ends its translations, with a status of DeepL's own
            "--exclude-path", "/v1/usage/keys/{key_id}",
            # nor what JSON the field of a form holds, nor what is Turtle
            "--exclude-path", "/reconcile", "--exclude-path", "/nif",
            "--checks", "all", "--max-examples", "15", "--seed", "1",
        ],
        capture_output=True, text=True, check=False, cwd=deployment.folder, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-12000:]
