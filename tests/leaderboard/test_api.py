"""JSON and CSV: the same rows as the page."""

import io

import polars as pl
import pytest

from banzuke.leaderboard.links import api_model_url, api_url
from banzuke.leaderboard.schemas import BoardList, BoardRowsPage, ModelDetail, Problem
from tests.leaderboard.serving import HOSTILE_NAMES, table_outcomes

QUERY = "?type=chat&sort=score:B&per_page=all"


def test_boards_are_listed(client):
    listed = BoardList.model_validate(client.get("/api/v1/boards").json())
    assert [(board.name, board.n_models) for board in listed.boards] == [
        ("hostile", len(HOSTILE_NAMES)),
        ("quiz", 120),
        ("table", 130),
    ]
    assert [board.has_predictions for board in listed.boards] == [False, True, False]
    assert [board.has_items for board in listed.boards] == [True, True, False]


def test_json_csv_and_page_hold_the_same_rows_in_the_same_order(client):
    document = client.get(f"/api/v1/boards/table.json{QUERY}").json()
    BoardRowsPage.model_validate(document)
    names = [row["model"] for row in document["rows"]]
    assert document["matched"] == len(names) == 65
    table = pl.read_csv(io.BytesIO(client.get(f"/api/v1/boards/table.csv{QUERY}").content))
    assert table["model"].to_list() == names
    page = client.get(f"/boards/table{QUERY}").text
    places = [page.index(f"<bdi>{name}</bdi>") for name in names]
    assert places == sorted(places)


def test_scores_are_the_stored_ones(client):
    outcomes = table_outcomes()
    document = client.get("/api/v1/boards/table.json?per_page=all").json()
    for row in document["rows"]:
        index = outcomes.model_index[row["model"]]
        found = [row["scores"][name]["score"] for name in outcomes.item_ids]
        assert found == pytest.approx(outcomes.scores[index].tolist(), abs=1e-6)
        assert row["average"] == pytest.approx(float(outcomes.scores[index].mean()), abs=1e-5)
    assert [row["rank"] for row in document["rows"]] == list(range(1, 131))


def test_a_benchmark_named_like_a_column_keeps_its_own(client):
    table = pl.read_csv(io.BytesIO(client.get("/api/v1/boards/table.csv?per_page=all").content))
    assert table["rank"].to_list() == list(range(1, 131))
    assert table["rank (benchmark)"].max() <= 1


def test_predicted_cells_are_marked(client):
    record = client.get("/api/v1/boards/quiz/models/org-0/model-100").json()
    assert record["scores"]["bench2"] == {
        "score": 0.36,
        "status": "predicted",
        "standard_error": None,
        "coverage": 0.0,
        "lower": 0.31,
        "upper": 0.42,
    }
    assert record["average"] is None
    row = client.get("/api/v1/boards/quiz.json?q=model-100&predicted=1").json()["rows"][0]
    assert row["average_is_predicted"] is True
    assert row["average_lower"] < row["average"] < row["average_upper"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_come_back_as_they_are(client, name):
    record = ModelDetail.model_validate(client.get(api_model_url("hostile", name)).json())
    assert record.model == name


def test_csv_does_not_start_a_formula(client):
    table = pl.read_csv(io.BytesIO(client.get(api_url("hostile", ".csv")).content))
    names = table["model"].to_list()
    assert not [name for name in names if name.startswith(("=", "+", "-", "@"))]
    assert f"'{HOSTILE_NAMES[9]}" in names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/boards/nope.json", 404),
        ("/api/v1/boards/nope.csv", 404),
        ("/api/v1/boards/table/models/nope", 404),
        ("/api/v1/boards/table/models", 422),
        ("/api/v1/nope", 404),
        ("/api/v1/boards/table.json?sort=speed", 400),
        ("/api/v1/boards/table.csv?page=x", 422),
    ],
)
def test_problems_are_one_json_sentence(client, path, status):
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate(response.json())
    assert problem.status == status
    assert len(problem.detail) > 10


def test_only_get_is_answered(client):
    response = client.post("/api/v1/boards")
    assert response.status_code == 405
    assert response.json()["detail"] == "method not allowed"
    assert response.headers["allow"] == "GET"


def test_the_openapi_page_lists_every_operation_and_parameter(client):
    document = client.get("/api/v1/openapi.json").json()
    page = client.get("/api/docs").text
    assert len(document["paths"]) >= 6
    for path, methods in document["paths"].items():
        assert f"<code>{path}</code>" in page
        for parameter in methods["get"].get("parameters", []):
            assert f"<code>{parameter['name']}</code>" in page
    for name in ("BoardRowsPage", "BenchmarkScore", "ModelDetail", "Problem"):
        assert f'id="{name}"' in page


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize(
    "path", ["/api/v1/boards/table.json", "/api/v1/boards/table.csv?q=net-1", "/api/v1/boards"]
)
def test_what_the_client_has_already_is_not_sent_again(client, path, encoding):
    first = client.get(path, headers={"Accept-Encoding": encoding})
    tag = first.headers["etag"]
    assert tag.startswith('"')  # strong
    for known in (tag, f'"other", {tag}', "*"):
        again = client.get(path, headers={"Accept-Encoding": encoding, "If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert known == "*" or again.headers["etag"] == tag
    other = client.get(path, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_file_that_the_client_has_already_is_not_sent_again(client, encoding):
    first = client.get("/static/app.css", headers={"Accept-Encoding": encoding})
    tag = first.headers["etag"]
    known = {"Accept-Encoding": encoding, "If-None-Match": tag}
    again = client.get("/static/app.css", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/static/app.css", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/boards/quiz", "/api/v1/boards", "/static/app.css", "/no"])
def test_head_is_get_without_content(client, path):
    plain = {"Accept-Encoding": "identity"}
    whole, head = client.get(path, headers=plain), client.head(path, headers=plain)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == whole.headers.get(name)


def test_normalised_rows_are_on_one_scale(client):
    def rows(query: str) -> list[dict]:
        return client.get(f"/api/v1/boards/quiz.json?per_page=all&{query}").json()["rows"]

    raw, scaled = ({row["model"]: row for row in rows(q)} for q in ("", "normalised=1"))
    table = pl.read_csv(
        io.BytesIO(client.get("/api/v1/boards/quiz.csv?per_page=all&normalised=1").content)
    )
    assert table.height == len(scaled)
    for row in table.iter_rows(named=True):
        before, after = raw[row["model"]]["scores"], scaled[row["model"]]["scores"]
        for name, cell in after.items():
            for key, shift in (("score", 0.25), ("lower", 0.25), ("standard_error", 0.0)):
                if before[name][key] is not None:
                    expected = (before[name][key] - shift) / 0.75
                    assert cell[key] == pytest.approx(expected, abs=2e-6)
                    column = name if key == "score" else f"{name} {key}"
                    assert row[column] == pytest.approx(cell[key], abs=1e-6)
        if row["average"] is not None:
            mean = sum(cell["score"] for cell in after.values()) / len(after)
            assert row["average"] == pytest.approx(mean, abs=2e-6)


def test_a_packed_answer_has_a_tag_of_its_own(client):
    path = "/api/v1/boards/table.json"
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.content == plain.content
