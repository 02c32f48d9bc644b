"""Files and the web into the catalogue, by the processes of a deployment."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import WEFT, Deployment
from tests.support import wait_until
from tests.web import WebServer

FIXTURES = Path(__file__).parents[1] / "fixtures" / "sources"
FEED = """<rss version="2.0"><channel><title>t</title>
<item><title>{}</title><link>http://e.example/1</link></item></channel></rss>"""


def weft(deployment: Deployment, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WEFT, *arguments], env={"COLUMNS": "200"} | deployment.environment,
        cwd=deployment.folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    """20,000 items, every hundredth of them bad."""
    file = tmp_path / "big.jsonl"
    lines = (
        json.dumps({"id": n, "title": f"Title {n}", "kind": "book" if n % 100 else "?"})
        for n in range(20_000)
    )
    file.write_text("\n".join(lines))
    return file


def test_import_that_was_killed_goes_on_and_reports_every_error_once(
    deploy: Callable[..., Deployment], big_file: Path
) -> None:
    deployment = deploy()
    process = deployment.start("import", str(big_file))

    def some_are_in() -> bool:
        with deployment.database.reading() as session:
            return (
                session.connection().exec_driver_sql("SELECT count(*) FROM items").scalar_one() > 0
            )

    wait_until(some_are_in, 60, deployment.logs())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    errors = deployment.folder / "errors.jsonl"
    again = weft(deployment, "import", str(big_file), "--errors", str(errors), "--json")
    assert "Going on behind record" in again.stderr
    summary = json.loads(again.stdout)
    assert (summary["created"], summary["updated"], summary["unchanged"]) == (19_800, 0, 0)
    assert summary["failed"] == 200
    lines = [json.loads(line)["line"] for line in errors.read_text().splitlines()]
    assert lines == list(range(1, 20_000, 100))


def test_every_format_is_imported_by_its_name_or_content(deploy: Callable[..., Deployment]) -> None:
    deployment = deploy()
    for name, created, failed in (
        ("onix21_reference.xml", 4, 3), ("onix30_short.xml", 1, 0), ("feed.rss", 3, 1),
        ("amazon_search_items.json", 2, 0), ("book_json_ld.html", 1, 0),
    ):  # fmt: skip
        done = weft(deployment, "import", str(FIXTURES / name), "--json")
        summary = json.loads(done.stdout)
        assert (summary["created"], summary["failed"]) == (created, failed), name
        assert done.returncode == (2 if failed else 0)
    shown = weft(deployment, "import", str(FIXTURES / "onix21_reference.xml"))
    assert "line 57 gw-5: not well-formed XML" in shown.stderr
    refused = weft(deployment, "import", str(FIXTURES / "sitemap.xml"))
    assert (refused.returncode, "weft sources add" in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr
    kindless = deployment.folder / "kindless.jsonl"
    kindless.write_text('{"id": 1, "title": "x"}')
    assert "--set FIELD=VALUE" in weft(deployment, "import", str(kindless)).stderr
    headless, table = deployment.folder / "headless.csv", deployment.folder / "errors.csv"
    headless.write_bytes("näme\n".encode("latin-1"))
    failed = weft(deployment, "import", str(headless), "--errors", str(table))
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    assert "no column" in table.read_text().splitlines()[1]


def test_workers_poll_what_is_subscribed_to_and_answers_follow(
    deploy: Callable[..., Deployment], web: WebServer
) -> None:
    web.put("/feed", FEED.format("Solaris by Lem, read anew"))
    deployment = deploy(fetch_private="true", sweep_seconds="1")
    client = deployment.serve()
    deployment.start("worker", "--processes", "1")
    book = {"kind": "book", "title": "Solaris", "creators": ["Stanisław Lem"]}
    client.put("/v1/items/solaris", json=book).raise_for_status()

    def is_related() -> bool:
        links = client.get("/v1/items/solaris/related").raise_for_status().json()["links"]
        return "e:http://e.example/1" in [link["target"]["id"] for link in links]

    assert not is_related()
    body = {"kind": "feed", "url": f"{web.url}/feed", "source": "e"}
    source = client.post("/v1/sources", json=body).json()["id"]
    item = "/v1/items/e:http://e.example/1"
    wait_until(lambda: client.get(item).status_code == 200, 60, deployment.logs())
    wait_until(is_related, 2, "what a worker stored was not found within 2 s")
    web.put("/feed", FEED.format("Second"))
    client.post(f"/v1/sources/{source}/run")
    wait_until(lambda: client.get(item).json()["title"] == "Second", 60, deployment.logs())
    assert client.get(f"/v1/sources/{source}").json()["state"] == "ok"
    assert client.delete(f"/v1/sources/{source}").is_success
    assert not is_related()


def test_sources_are_run_from_the_command_line(
    deploy: Callable[..., Deployment], web: WebServer
) -> None:
    web.put("/feed", FEED.format("Title"))
    web.put("/broken", "<html>none</html>")
    deployment = deploy(fetch_private="true")
    added = weft(deployment, "sources", "add", f"{web.url}/feed", "--kind", "feed", "--every",
                 "15m", "--json")  # fmt: skip
    source = json.loads(added.stdout)
    assert source["every_seconds"] == 900
    ran = weft(deployment, "sources", "run", source["id"])
    assert "1 created" in ran.stdout
    weft(deployment, "sources", "add", f"{web.url}/broken", "--kind", "feed")
    started = time.monotonic()
    everything = weft(deployment, "sources", "run")
    assert everything.returncode == 2
    assert "not a feed" in everything.stdout
    assert time.monotonic() - started < 60
    deployment.environment["COLUMNS"] = "40"
    listed = weft(deployment, "sources", "list").stdout
    assert f"{source['id']}  feed  {web.url}/feed" in listed
    assert "failing" in listed
    assert "ok" in listed
    removed = weft(deployment, "sources", "remove", source["id"])
    assert "1 items with it" in removed.stdout
    assert "no source" in weft(deployment, "sources", "remove", source["id"]).stderr
    wrong = weft(
        deployment, "sources", "add", "https://e.example", "--kind", "feed", "--every", "x"
    )
    assert (wrong.returncode, "15m" in wrong.stderr) == (1, True)
