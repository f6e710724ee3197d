from __future__ import annotations

from pathlib import Path

import pytest

from data.checks import CheckSettings
from recsys.errors import SettingsError
from recsys.settings import Settings, load_settings, section


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "recsys.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults() -> None:
    settings = load_settings()
    assert settings.graph.url == "sqlite:///{workspace}/graph.sqlite"
    assert settings.encoders == ("garment", "efficientnet-lite0")


def test_the_workspace_file_is_found_and_a_named_one_replaces_it(tmp_path: Path) -> None:
    written(tmp_path, "[training]\nseed = 3\nthreads = 2\n")
    assert load_settings(workspace=tmp_path).training.seed == 3
    other = tmp_path / "other.toml"
    other.write_text("[training]\nseed = 4\n")
    settings = load_settings(other, workspace=tmp_path)
    assert (settings.training.seed, settings.training.threads) == (4, None)


def test_the_environment_has_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_TRAINING__SEED", "9")
    settings = load_settings(written(tmp_path, "[training]\nseed = 3\nthreads = 2\n"))
    assert (settings.training.seed, settings.training.threads) == (9, 2)


def test_an_empty_variable_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_GRAPH__URL", "")
    monkeypatch.setenv("RECSYS_TRAINING__SEED", "")
    monkeypatch.setenv("RECSYS_ENCODERS", "")
    assert load_settings() == Settings.model_construct()
    settings = load_settings(written(tmp_path, "[graph]\nurl = 'sqlite:///other.sqlite'\n[training]\nseed = 3\n"))
    assert (settings.graph.url, settings.training.seed) == ("sqlite:///other.sqlite", 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[trainign]\nseed = 1",
            r"recsys\.toml: trainign: unknown key; did you mean training\? known are api, bert4rec, ",
        ),
        ("[training]\nsede = 1", r"recsys\.toml: training\.sede: unknown key; did you mean seed\? known are seed, thr"),
        ("[training]\nseed = 'x'", r"recsys\.toml: training\.seed: .*integer.*, given 'x'"),
        ("[training]\nthreads = 0", r"training\.threads: .*greater than 0, given 0"),
        ("training = ", r"recsys\.toml: is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(written(tmp_path, text))


def test_two_mistakes_are_both_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"graph\.path: unknown key.*importing\.batch"):
        load_settings(written(tmp_path, "[graph]\npath = 'x'\n[importing]\nbatch = -1\n"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("RECSYS_TRAINIGN__SEED", "1", "environment: RECSYS_TRAINIGN__SEED: unknown; did you mean training"),
        ("RECSYS_TRAINING__SEDE", "1", "environment: RECSYS_TRAINING__SEDE: unknown key; did you mean seed"),
        ("RECSYS_TRAINING__SEED", "one", "environment: RECSYS_TRAINING__SEED: .*given 'one'"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=message):
        load_settings()


def test_the_variable_of_the_workspace_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_WORKSPACE", "shop")
    assert load_settings().training.seed == 0


def test_a_missing_named_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such settings file"):
        load_settings(tmp_path / "absent.toml")


def test_a_section_becomes_the_class_that_it_configures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_CHECKS__SKIP", '["face", "dpi"]')
    monkeypatch.setenv("RECSYS_CHECKS__MIN_SIDE", "30")
    rules = section("checks", load_settings().checks, CheckSettings)
    assert (rules.skip, rules.min_side, rules.max_side) == (("face", "dpi"), 30, CheckSettings().max_side)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"skip": 3}, r"settings: checks\.skip: Expected `array`, got `int`"),
        ({"skip": "[1"}, r"settings: checks: Input data was truncated"),
        ({"min_side": "wide"}, r"settings: checks\.min_side: Expected `int`"),
        ({"skip": ["fase"]}, r"settings: checks: skip: fase given; the rules are"),
        ({"skipp": []}, r"settings: checks\.skipp: unknown key; did you mean skip\?"),
    ],
)
def test_a_wrong_value_of_a_section_is_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        section("checks", values, CheckSettings)


def test_vectors_in_neo4j_need_a_graph_there(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"recsys\.toml: index\.kind: 'neo4j' given, but graph\.url names no Neo4j server"
    ):
        load_settings(written(tmp_path, "[index]\nkind = 'neo4j'\n"))
    url = "bolt+s://user:secret@host:7687/shop"
    assert load_settings(written(tmp_path, f"[index]\nkind = 'neo4j'\n[graph]\nurl = '{url}'\n")).index.kind == "neo4j"
    for wrong, said in (("kind = 'annoy'", "'faiss' or 'neo4j'"), ("seconds = 0", "greater than 0")):
        with pytest.raises(SettingsError, match=rf"index\.{wrong.split()[0]}: .*{said}"):
            load_settings(written(tmp_path, f"[index]\n{wrong}\n"))
