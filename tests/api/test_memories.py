from fastapi.testclient import TestClient

from tests.api.conftest import MakeClient
from translate import chunks
from workers.runtime import Runtime

UNIT = {"source": "en", "target": "de", "text": "A gripping novel.", "translation": "Fesselnd!"}
TMX = """<tmx version="1.4"><header srclang="en"/><body>
<tu tuid="t1"><tuv xml:lang="en"><seg>A gripping novel.</seg></tuv>
<tuv xml:lang="de"><seg>Ein fesselnder Roman.</seg></tuv></tu>
<tu tuid="t2"><tuv xml:lang="en"><seg>lonely</seg></tuv></tu></body></tmx>"""


def translated(client: TestClient, text: str, **options: object) -> dict:
    body = {"text": text, "source": "en", "target": "de"} | options
    answer: dict = client.post("/v1/translations", json=body).json()["translations"][0]
    return answer


def test_a_file_is_taken_in_used_and_given_back(client: TestClient) -> None:
    summary = client.post("/v1/memories:import", content=TMX).json()
    assert (summary["created"], summary["failed"]) == (1, 1)
    assert summary["errors"] == [
        {"place": "line 4", "id": "t2", "reason": "has no two languages with text"}
    ]
    answer = translated(client, "A gripping  novel!")
    assert answer["text"] == "Ein fesselnder Roman!"
    assert answer["memory"] == {"match": "exact", "score": 0.99, "tuid": "t1", "share": 1.0}
    exported = client.get("/v1/memories:export")
    assert exported.headers["Content-Type"] == "application/x-tmx+xml"
    assert client.post("/v1/memories:import", content=exported.text).json()["unchanged"] == 1


def test_a_correction_wins_from_then_on_also_inside_jobs(
    client: TestClient, runtime: Runtime
) -> None:
    client.post("/v1/memories:import", content=TMX)
    body = {"items": [{"id": "a", "text": UNIT["text"], "source": "en"}], "targets": ["de"]}
    job = client.post("/v1/translation-jobs", json=body).json()["id"]
    posted = client.post("/v1/translations/corrections", json=UNIT)
    assert posted.status_code == 200
    assert posted.json()["is_correction"] is True
    assert translated(client, UNIT["text"])["text"] == "Fesselnd!"
    assert chunks.run_next(runtime.database.transaction, runtime.translator, job, lease=60)
    assert client.get(f"/v1/translation-jobs/{job}/results").json()["text"] == "Fesselnd!"
    client.delete(f"/v1/memories/units/{posted.json()['tuid']}")
    assert translated(client, UNIT["text"])["text"] == "Ein fesselnder Roman."


def test_units_are_put_listed_counted_and_deleted(client: TestClient) -> None:
    for name in ("a/1", "b"):
        assert client.put(f"/v1/memories/units/{name}", json=UNIT).status_code == 200
    page = client.get("/v1/memories/units?limit=1").json()
    assert [unit["tuid"] for unit in page["units"]] == ["a/1"]
    rest = client.get("/v1/memories/units", params={"cursor": page["next_cursor"]}).json()
    assert ([unit["tuid"] for unit in rest["units"]], rest["next_cursor"]) == (["b"], None)
    assert client.get("/v1/memories/units/b").json()["units"] == rest["units"]
    assert client.get("/v1/memories").json()["memories"] == [
        {"source": "en", "target": "de", "domain": "", "units": 2, "corrections": 2}
    ]
    assert client.delete("/v1/memories/units/b").status_code == 204
    assert client.get("/v1/memories/units/b").status_code == 404
    assert client.delete("/v1/memories?source=fr").json() == {"removed": 0}
    assert client.delete("/v1/memories").json() == {"removed": 1}


def test_the_memory_can_be_kept_to_exact_matches_or_left_alone(client: TestClient) -> None:
    text = "The old book about the stormy sea is very good."
    body = UNIT | {"text": text, "translation": "Das alte Buch ist gut."}
    client.post("/v1/translations/corrections", json=body)
    other = text.replace("is", "was")
    fuzzy = translated(client, other)
    assert (fuzzy["status"], fuzzy["checks"]) == ("needs_review", ["fuzzy"])
    assert translated(client, other, memory="exact")["memory"] is None
    assert translated(client, other, memory_threshold=0.99)["memory"] is None
    assert translated(client, text, memory="off")["memory"] is None
    assert translated(client, text, domain="art")["memory"]["match"] == "exact"


def test_a_domains_units_serve_it_alone(client: TestClient) -> None:
    client.post("/v1/translations/corrections", json=UNIT | {"domain": "art"})
    assert translated(client, UNIT["text"])["memory"] is None
    assert translated(client, UNIT["text"], domain="art")["text"] == "Fesselnd!"


def test_a_memory_is_its_tenants(make_client: MakeClient) -> None:
    make_client("owner").put("/v1/memories/units/t1", json=UNIT)
    stranger = make_client("stranger")
    assert translated(stranger, UNIT["text"])["memory"] is None
    assert stranger.get("/v1/memories").json() == {"memories": []}
    assert "Fesselnd" not in stranger.get("/v1/memories:export").text
    assert stranger.delete("/v1/memories").json() == {"removed": 0}
