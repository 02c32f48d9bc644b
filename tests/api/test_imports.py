import gzip
import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.linkage.sources.test_warc import archive

FIXTURES = Path(__file__).parents[1] / "fixtures" / "sources"


def post(client: TestClient, name: str, content_type: str, query: str = "") -> dict:
    content = (FIXTURES / name).read_bytes()
    answer = client.post(
        f"/v1/items:batch{query}", content=content, headers={"Content-Type": content_type}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("name", "content_type", "created", "failed"),
    [
        ("onix21_reference.xml", "application/xml", 4, 3),
        ("onix30_short.xml", "text/xml; charset=utf-8", 1, 0),
        ("amazon_get_items.json", "application/json", 1, 3),
        ("feed.rss", "application/rss+xml", 3, 1),
        ("feed.atom", "application/atom+xml", 1, 0),
        ("feed.rss", "application/xml", 3, 1),
        ("book_json_ld.html", "text/html; charset=utf-8", 1, 0),
    ],
)
def test_content_type_tells_the_format(
    client: TestClient, name: str, content_type: str, created: int, failed: int
) -> None:
    summary = post(client, name, content_type)
    assert (summary["created"], summary["failed"]) == (created, failed)


def test_csv_is_read_with_what_the_query_adds(client: TestClient) -> None:
    answer = client.post(
        "/v1/items:batch?kind=book&source=shop&marketplace=www.amazon.de",
        content=b"id,title,asin\n1,Dune,0441172717\n",
        headers={"Content-Type": "text/csv"},
    )
    assert answer.json()["created"] == 1
    item = client.get("/v1/items/1").json()
    assert (item["kind"], item["source"]) == ("book", "shop")
    assert item["url"] == "https://www.amazon.de/dp/0441172717"


def test_format_can_be_forced_and_a_body_packed(client: TestClient) -> None:
    content = gzip.compress((FIXTURES / "onix21_short.xml").read_bytes())
    answer = client.post("/v1/items:batch?format=onix", content=content)
    assert answer.json()["created"] == 1
    packed = client.post(
        "/v1/items:batch", content=content, headers={"Content-Type": "application/gzip"}
    )
    assert packed.json()["unchanged"] == 1


def test_product_that_onix_deletes_is_removed(client: TestClient) -> None:
    client.put("/v1/items/gw-7", json={"kind": "book", "title": "Old"})
    assert post(client, "onix21_reference.xml", "application/xml")["removed"] == 1
    assert client.get("/v1/items/gw-7").status_code == 404


def test_other_types_are_refused_with_the_list_of_those_taken(client: TestClient) -> None:
    answer = client.post(
        "/v1/items:batch", content=b"x", headers={"Content-Type": "application/pdf"}
    )
    assert answer.status_code == 415
    assert "text/csv" in answer.json()["detail"]


def test_unreadable_body_is_an_error_in_the_summary(client: TestClient) -> None:
    for content_type, body in (("text/csv", b"no,header\n"), ("application/gzip", b"\x00")):
        answer = client.post(
            "/v1/items:batch", content=body, headers={"Content-Type": content_type}
        )
        assert answer.json()["failed"] == 1
        assert answer.json()["errors"][0]["reason"]


def test_body_that_unpacks_too_far_is_given_up(client: TestClient) -> None:
    bomb = gzip.compress((b'{"id": 1}' + b" " * 1_000_000 + b"\n") * 40)
    summary = client.post("/v1/items:batch", content=bomb).json()
    assert (
        "larger than"
        in client.get(f"/v1/imports/{summary['import_id']}/errors").text.splitlines()[-1]
    )


def test_pages_for_which_no_time_is_left_are_errors_to_be_sent_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ("a", "200 OK", "text/html", b"<title>A page</title><p>Text</p>")
    options = {"content": archive(page, page), "headers": {"Content-Type": "application/warc"}}
    with monkeypatch.context() as patched:
        patched.setattr("api.routes.items.READING_SECONDS", 0.0)
        summary = client.post("/v1/items:batch", **options).json()
    assert (summary["created"], summary["failed"]) == (0, 2)
    assert summary["errors"][0]["id"] == "https://harbour.example/a"
    assert "no time left" in summary["errors"][0]["reason"]
    assert client.post("/v1/items:batch", **options).json()["created"] == 1


def test_every_error_can_be_downloaded(client: TestClient) -> None:
    lines = b"\n".join(b'{"id": "%d"}' % number for number in range(1_500))
    summary = client.post("/v1/items:batch", content=lines).json()
    assert len(summary["errors"]) == 1_000
    answer = client.get(f"/v1/imports/{summary['import_id']}/errors")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert "attachment" in answer.headers["content-disposition"]
    errors = [json.loads(line) for line in answer.text.splitlines()]
    assert len(errors) == 1_500
    assert errors[-1] == {
        "line": 1_500, "unit": "line", "id": "1499", "reason": "kind: is required",
        "is_warning": False,
    }  # fmt: skip


def test_imports_are_listed_and_shown(client: TestClient) -> None:
    made = [post(client, "feed.rss", "application/rss+xml")["import_id"] for _ in range(3)]
    first = client.get("/v1/imports?limit=2").json()
    rest = client.get("/v1/imports", params={"cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["imports"] + rest["imports"]] == made[::-1]
    shown = client.get(f"/v1/imports/{made[0]}").json()
    assert (shown["state"], shown["created"], shown["failed"]) == ("done", 3, 1)
    assert client.get("/v1/imports/im_unknown").status_code == 404
    assert client.get("/v1/imports/im_unknown/errors").status_code == 404


def test_errors_are_downloaded_as_a_table_too(client: TestClient) -> None:
    summary = client.post("/v1/items:batch", content=b'{"id": "1"}').json()
    path = f"/v1/imports/{summary['import_id']}/errors"
    answer = client.get(path, params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "-errors.csv" in answer.headers["content-disposition"]
    header, row = answer.text.splitlines()
    assert (header, row) == (
        "line,unit,id,reason,is_warning", "1,line,1,kind: is required,False"
    )  # fmt: skip
    assert client.get(path, params={"format": "xlsx"}).status_code == 422
