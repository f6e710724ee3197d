"""``recsys graph`` as a person runs it, on a small shop."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow.parquet as pq
import pytest
from typer.main import get_command

from data.types import ImageRecord, Item, Outfit, Region
from graph import open_store, sqlite_url
from graph.connect import is_neo4j
from graph.nodes import NODE_KINDS, RELATIONS
from recsys.cli.app import build
from recsys.cli.graph_session import By, Kind
from tests.neo4j_server import empty

Run = Callable[..., Any]

NO_DAY = "is no day; write year, month and day, as 2026-11-23"


def _image(number: int, *item_ids: str, style: str, created: str) -> ImageRecord:
    regions = tuple(
        Region(region_id=f"p{number}/상의#{n}", part="상의", slot="top", category="셔츠", item_id=item_id)
        for n, item_id in enumerate(item_ids)
    )
    return ImageRecord(image_id=f"p{number}", source="s", styles=(style,), created=created, regions=regions)


@pytest.fixture(params=("neo4j", "sqlite"))
def url(request: pytest.FixtureRequest, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The graph of the workspace, in either store."""
    if request.param == "sqlite":
        return sqlite_url(workspace / "graph.sqlite")
    server = str(request.getfixturevalue("neo4j_servers")[0])
    monkeypatch.setenv("RECSYS_GRAPH__URL", server)
    return server


@pytest.fixture
def stocked(workspace: Path, url: str) -> Path:
    """The workspace, its graph stocked."""
    _stock(url)
    return workspace


def _stock(url: str) -> None:
    """자켓 - 셔츠 in two photos, 셔츠 - 치마 in one, 치마 - 가방 in an outfit; 혼자 alone."""
    colours = {"자켓": "블랙", "셔츠": "화이트", "치마": "블랙", "가방": "레드", "혼자": "블랙"}
    with open_store(url) as store:
        if is_neo4j(url):
            empty(url)
        store.upsert_items(
            [
                Item(item_id=name, category=name, slot="top", source="s", attributes={"색상": (colour,)})
                for name, colour in colours.items()
            ]
        )
        store.upsert_images(
            [
                _image(1, "자켓", "셔츠", style="모던", created="2020-11-02"),
                _image(2, "자켓", "셔츠", style="로맨틱", created="2020-11-09"),
                _image(3, "셔츠", "치마", style="로맨틱", created="2020-11-16"),
            ]
        )
        store.upsert_outfits([Outfit(outfit_id="o", item_ids=("가방", "치마"), source="s")])


@pytest.fixture
def ask(recsys: Run, stocked: Path) -> Run:
    """Runs ``recsys graph ...`` twice, for a person and as JSON; both must succeed."""

    def run(*arguments: object) -> Any:
        ran = recsys("-w", stocked, "graph", *arguments)
        assert ran.status == 0, ran.err
        as_json = recsys("-w", stocked, "graph", *arguments, "--json")
        assert as_json.status == 0 and as_json.err == ran.err
        return ran, json.loads(as_json.out)

    return run


def test_neighbours(ask: Run) -> None:
    ran, answer = ask("neighbours", "셔츠", "--limit", "2")
    assert ran.out.startswith("셔츠 (item)\n\nCONTAINS (3)\n")
    assert "cut short: CONTAINS: the first 2 of 3 are shown" in ran.err
    assert answer["degrees"] == {"CONTAINS": 3, "IN_CATEGORY": 1, "HAS_ATTRIBUTE": 1}
    assert [edge["relation"] for edge in answer["edges"]] == ["CONTAINS", "CONTAINS", "IN_CATEGORY", "HAS_ATTRIBUTE"]
    _, answer = ask("neighbours", "색상=블랙", "--relation", "HAS_ATTRIBUTE")
    assert [edge["start"]["id"] for edge in answer["edges"]] == ["자켓", "치마", "혼자"]
    _, answer = ask("neighbours", "셔츠", "--kind", "category")
    assert answer["node"]["kind"] == "category"


def test_together(ask: Run) -> None:
    ran, answer = ask("together", "셔츠")
    assert "worn with 셔츠, which is in 3 of 3 images" in ran.out
    assert answer["companions"][0] == {"item_id": "자켓", "count": 2, "images": 2, "lift": 1.0}
    assert [c["item_id"] for c in ask("together", "셔츠", "--by", "lift")[1]["companions"]] == ["자켓"]
    assert "worn with 혼자, which is in 0 of 3 images: none" in ask("together", "혼자")[0].out


def test_path(ask: Run) -> None:
    ran, answer = ask("path", "자켓", "가방")
    assert ran.out.startswith("1 way found\n") and ran.out.endswith(" (1 more over the same items)\n")
    assert "자켓 is seen in photo p1 with 셔츠 (both style 로맨틱 and style 모던), which is seen in photo p3" in ran.out
    assert len(answer["chains"][0]["links"]) == 3
    assert ask("path", "자켓", "혼자")[0].out == "no path within 3 steps from 자켓 to 혼자\n"
    strongest, _ = ask("path", "자켓", "혼자", "--strongest")
    assert "자켓 shares 색상 블랙 with 혼자" in strongest.out
    assert ask("path", "자켓", "치마", "--relation", "HAS_ATTRIBUTE", "--steps", "1")[1]["chains"]


def test_connects_and_explain(ask: Run) -> None:
    ran, answer = ask("connects", "자켓", "셔츠", "혼자")
    assert "2 groups that nobody wore together:\n  셔츠, 자켓\n  혼자\n" in ran.out
    assert answer["unconnected"] == [["셔츠", "혼자"], ["자켓", "혼자"]]
    assert ask("connects", "자켓", "셔츠")[0].out.startswith("all hang together\n")
    ran, answer = ask("explain", "자켓", "--context", "셔츠", "가방", "혼자")
    assert ran.out.startswith("자켓 beside 가방, 셔츠, 혼자: 자켓 is seen with 셔츠 in 2 photos (p1, p2)\n")
    assert "no path within 3 steps of photos and outfits from 자켓 to 혼자" in ran.out
    assert answer["unconnected"] == ["혼자"]
    assert {each["kind"] for each in answer["evidence"]} == {"image", "style", "path", "attribute"}
    assert {each["moved"] for each in answer["evidence"]} == {answer["release"]} == {answer["score"]} == {None}
    assert ask("explain", "자켓", "--context", "셔츠", "가방", "혼자", "--by", "strength")[1] == answer


def test_ego_and_export(ask: Run, tmp_path: Path) -> None:
    ran, answer = ask("ego", "가방", "--depth", "1")
    assert ran.out.startswith("가방 (item): 4 nodes, 3 edges\n")
    assert answer["nodes"][0] == {"node": {"kind": "item", "id": "가방", "value": ""}, "distance": 0}
    _, answer = ask("export", tmp_path / "all")
    assert answer["edges"] == pq.read_metadata(tmp_path / "all" / "edges.parquet").num_rows == 21
    _, answer = ask("export", tmp_path / "ego.graphml", "--around", "가방", "--depth", "1")
    assert set(nx.read_graphml(tmp_path / "ego.graphml")) == {
        "item:가방",
        "category:가방",
        "attribute:색상=레드",
        "outfit:o",
    }
    _, answer = ask("export", tmp_path / "whole.graphml")
    assert (answer["nodes"], answer["edges"]) == (8, 6)
    _, answer = ask("export", tmp_path / "ego", "--around", "가방", "--kind", "item", "--depth", "0")
    assert (answer["nodes"], answer["edges"]) == (1, 0)


def test_surveys(ask: Run) -> None:
    assert [degree["degree"] for degree in ask("hubs", "--limit", "2")[1]["nodes"]] == [3, 2]
    assert "색상=블랙             3" in ask("hubs", "--kind", "attribute")[0].out
    assert ask("hubs", "--kind", "category")[0].out.startswith("categories with the most IN_CATEGORY")
    assert [degree["node"]["id"] for degree in ask("orphans")[1]["nodes"]] == ["혼자"]
    assert ask("orphans", "--kind", "image")[0].out.endswith("none\n")
    assert ask("duplicates", "--overlap", "0.1")[1]["pairs"] == []
    assert ask("merges", "--least", "0.9")[0].out.endswith("none\n")
    ran, answer = ask("communities", "--period", "month")
    assert "2020-11: 3 images" in ran.out and answer["periods"][0]["found"] == 1
    assert ask("communities", "--of", "item", "--period", "all")[1]["periods"][0]["pairs"][0]["weight"] == 2


def test_times(ask: Run) -> None:
    ran, answer = ask("changed", "2020-11-16")
    assert "since 2020-11-16: 1 images of 0 new shoots (2 before, 0 without a date), 1 new items, 1 seen" in ran.out
    assert answer["new_items"] == [{"id": "치마", "images": 1}]
    ran, answer = ask("trend", "자켓", "로맨틱")
    assert ran.out.startswith("item 자켓 with style 로맨틱: flat (p 1)\n")
    assert [week["shown"] for week in answer["weeks"]] == [0, 1, 0]
    assert answer["weeks"][0]["monday"] == "2020-11-02"
    assert len(ask("trend", "자켓", "--since", "2020-11-05", "--until", "2020-11-12")[1]["weeks"]) == 1
    assert len(ask("trend", "자켓", "--since", "2020-11-5", "--until", "2020-11-12")[1]["weeks"]) == 1


@pytest.mark.parametrize(
    "command", ["hubs", "duplicates", "trend 자켓", "path 자켓 치마", "explain 자켓 --context 셔츠"]
)
def test_no_time_is_said(ask: Run, command: str) -> None:
    ran, answer = ask(*command.split(), "--seconds", "0")
    assert "cut short: stopped after 0 s" in ran.err
    assert answer["cut"][0]["reason"] == "time"


QUESTIONS = [
    "neighbours 셔츠",
    "neighbours p1",
    "neighbours 색상=블랙 --relation HAS_ATTRIBUTE --limit 2",
    "together 셔츠",
    "together 셔츠 --by lift",
    "path 자켓 가방",
    "path 자켓 혼자",
    "path 자켓 혼자 --strongest",
    "connects 자켓 셔츠 혼자",
    "explain 자켓 --context 셔츠 가방 혼자",
    "ego 자켓 --depth 2",
    "ego 자켓 --depth 4 --limit 5",
    "hubs",
    "hubs --kind attribute --limit 2",
    "orphans",
    "orphans --kind image",
    "duplicates --overlap 0",
    "merges --least 0",
    "communities --period month",
    "communities --of item --period all",
    "changed 2020-11-09",
    "trend 자켓 로맨틱",
    "export {out} --around 셔츠 --depth 3",
    "export {out}/graph.graphml",
]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_both_stores_answer_every_question_alike(
    recsys: Run, stocked: Path, neo4j_servers: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stock(neo4j_servers[0])
    commands = {name for name, command in get_command(build()).commands["graph"].commands.items()}  # type: ignore[attr-defined]
    assert {question.split()[0] for question in QUESTIONS} == commands - {"copy", "import-files", "delete"}
    for question in QUESTIONS:
        answers, written = [], []
        for place in ("", neo4j_servers[0]):
            monkeypatch.setenv("RECSYS_GRAPH__URL", place)
            (tmp_path / "out").mkdir()
            ran = recsys("-w", stocked, "graph", *question.format(out=tmp_path / "out").split(), "--json")
            assert ran.status == 0, ran.err
            answers.append((ran.out, ran.err))
            written.append({file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()})
            shutil.rmtree(tmp_path / "out")
        assert answers[0] == answers[1], question
        assert written[0] == written[1], question


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["neighbours", "자켓켓"], "node '자켓켓' is not stored; did you mean '자켓'?"),
        (["together", "셔츄"], "item '셔츄' is not stored"),
        (
            ["path", "자켓", "p3"],
            "item 'p3' is not stored: it is the id of an image; give one of its items, such as '셔츠' or '치마'",
        ),
        (["trend", "색상=블랔"], "node '색상=블랔' is not stored; did you mean '색상=블랙'?"),
        (["trend", "p1"], "image p1: an image has no trend"),
        (["hubs", "--kind", "style", "--relation", "CONTAINS"], "style nodes have no CONTAINS; they have HAS_STYLE"),
        (["changed", "gestern"], f"Invalid value for 'since': 'gestern' {NO_DAY}"),
        (["trend", "자켓", "--since", "gestern"], f"Invalid value for '--since': 'gestern' {NO_DAY}"),
        (["trend", "자켓", "--until", "2020-02-30"], f"Invalid value for '--until': '2020-02-30' {NO_DAY}"),
        (["explain", "자켓"], "Missing option '--context'"),
        (
            ["explain", "자켓", "--context", "셔츠", "--by", "score"],
            "there is no release yet; `recsys train` makes one",
        ),
        (["explain", "자켓", "--context", "셔츠", "--release", "x"], "release 'x': is not in"),
        (["explain", "자켓", "--context", "셔츠", "--release", "x", "--by", "strength"], "leave --release out"),
        (["neighbours", "자켓", "--kind", "attribute"], "write name=value"),
    ],
)
def test_what_cannot_be_answered_is_one_line(recsys: Run, stocked: Path, arguments: list[str], words: str) -> None:
    ran = recsys("-w", stocked, "graph", *arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert words in ran.err


@pytest.mark.parametrize(
    "target", ["workspace", "sqlite:///{workspace}/graph.sqlite", "sqlite:///{workspace}/../shop/graph.sqlite"]
)
def test_a_store_is_not_copied_into_itself(recsys: Run, workspace: Path, target: str) -> None:
    ran = recsys("-w", workspace, "graph", "copy", "workspace", target.format(workspace=workspace))
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "nothing to copy. Give another store as TO" in ran.err
    assert not (workspace / "graph.sqlite").exists(), "nothing was opened"


def test_a_server_is_not_copied_into_itself_under_another_name(
    recsys: Run, workspace: Path, neo4j_servers: list[str]
) -> None:
    _stock(neo4j_servers[0])
    other = neo4j_servers[0].replace("neo4j://127.0.0.1", "bolt://localhost")
    ran = recsys("-w", workspace, "graph", "copy", neo4j_servers[0], other)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "nothing to copy. Give another store as TO" in ran.err


def test_a_copy_from_a_file_that_is_not_there_makes_none(recsys: Run, stocked: Path, tmp_path: Path) -> None:
    wrong, backup = tmp_path / "typo.sqlite", tmp_path / "backup.sqlite"
    for command in (
        ("copy", f"sqlite:///{wrong}", f"sqlite:///{backup}"),
        ("import-files", tmp_path / "files", "--from", f"sqlite:///{wrong}"),
    ):
        answer = recsys("-w", stocked, "graph", *command)
        assert answer.status == 1
        assert "typo.sqlite: there is no such file" in answer.err
    assert not wrong.exists()


def test_a_copy_into_another_file_holds_the_same(recsys: Run, stocked: Path) -> None:
    ran = recsys("-w", stocked, "graph", "copy", "workspace", sqlite_url(stocked / "backup.sqlite"))
    assert ran.status == 0 and "both hold 3 images, 5 items, 1 outfits and 6 links: checksums agree" in ran.out


def test_kinds_are_those_of_the_graph() -> None:
    assert tuple(Kind) == NODE_KINDS and tuple(By) == RELATIONS
