"""The table of ``recsys evaluate``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recsys.pipeline import measuring
from recsys.pipeline.measuring import COUNTS_ALONE, PROBES, ReleaseScorer

Run = Callable[..., Any]


def test_evaluation_puts_every_baseline_beside_the_model(
    recsys: Run, trained: Path, shop: Path, tmp_path: Path
) -> None:
    questions, oracle = trained / "sample/questions/test", trained / "sample/truth/oracle/test"
    options = ("--bootstrap", 20, "--answers", oracle, "--predictions", tmp_path)
    ran = recsys("-w", shop, "evaluate", "--questions", questions, *options, "--json")
    assert ran.status == 0
    names = [report["scorer"] for report in ran.json["reports"]]
    assert names[0] == "BERT4Rec + GraphSAGE"
    assert {"random", "popularity", "attribute PMI", "oracle", "backdrop colour (leak probe)"} <= set(names)
    for task, key in (("fitb", "scores"), ("compat", "score")):
        asked = (questions / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()
        given = [json.loads(line) for line in (tmp_path / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()]
        assert len(given) == len(asked)
        assert all(list(answer) == [key] for answer in given)


def write(folder: Path, questions: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    (folder / "fitb.jsonl").write_text("".join(json.dumps(q) + "\n" for q in questions), encoding="utf-8")
    return folder


def test_figures_are_those_of_the_answers_and_differences_are_the_ranker_less_the_best_baseline(
    recsys: Run, trained: Path, shop: Path, tmp_path: Path
) -> None:
    """Of twelve questions, what the ranker puts first is called right in nine; then what it puts last in all."""
    lines = (trained / "sample/questions/test/fitb.jsonl").read_text(encoding="utf-8").splitlines()
    asked = write(tmp_path / "asked", [json.loads(line) for line in lines[:12]])
    ran = recsys("-w", shop, "evaluate", "--questions", asked, "--bootstrap", 0, "--predictions", tmp_path, "--json")
    assert ran.status == 0
    given = [json.loads(line)["scores"] for line in (tmp_path / "fitb.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(len(set(scores)) == len(scores) for scores in given)
    best, last = ([scores.index(pick(scores)) for scores in given] for pick in (max, min))

    def measured(name: str, right: list[int]) -> tuple[float, float, float]:
        """Accuracy of the ranker and of the best baseline, and the difference that is told."""
        planted = [json.loads(line) | {"answer": k} for line, k in zip(lines[:12], right, strict=True)]
        said = recsys(
            "-w", shop, "evaluate", "--questions", write(tmp_path / name, planted), "--bootstrap", 0, "--json"
        ).json
        accuracy = {
            r["scorer"]: m["value"]
            for r in said["reports"]
            for m in r["metrics"]
            if m["metric"] == "accuracy" and not m["by"]
        }
        (told,) = [m for m in said["difference"] if m["metric"] == "accuracy" and not m["by"]]
        return accuracy["BERT4Rec + GraphSAGE"], accuracy[told["against"]], told["value"]

    own, rival, difference = measured("mostly", best[:9] + last[9:])
    assert own == pytest.approx(9 / 12)
    assert difference == pytest.approx(own - rival) and difference > 0
    own, rival, difference = measured("never", last)
    assert own == 0
    assert difference == pytest.approx(-rival) and difference < 0


def test_each_difference_is_from_the_baseline_that_has_most_of_it(recsys: Run, trained: Path, shop: Path) -> None:
    ran = recsys("-w", shop, "evaluate", "--questions", trained / "sample/questions/test", "--bootstrap", 0, "--json")
    ours, *others = [
        (r["scorer"], {(m["task"], m["metric"], m["by"], m["group"]): m["value"] for m in r["metrics"]})
        for r in ran.json["reports"]
    ]
    rivals = {name: values for name, values in others if name not in PROBES}
    assert {"popularity", "co-occurrence 1st+2nd", "attribute PMI"} <= rivals.keys()
    found = {(m["task"], m["metric"], m["by"], m["group"]): m for m in ran.json["difference"]}
    assert found.keys() == ours[1].keys() and any(by == "item" for _, _, by, _ in found)
    for key, difference in found.items():
        best = max(values[key] for values in rivals.values())
        assert rivals[difference["against"]][key] == best
        assert difference["value"] == pytest.approx(ours[1][key] - best)


@pytest.mark.parametrize("share", [True, False])
def test_what_the_network_adds_is_told_where_it_has_a_share(
    share: bool, recsys: Run, trained: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that answers as counts do adds nothing."""
    names = ("BERT4Rec + GraphSAGE", *([COUNTS_ALONE] if share else []))
    monkeypatch.setattr(measuring, "model_rows", lambda contents: [ReleaseScorer(contents, name) for name in names])
    asked = ("-w", shop, "evaluate", "--questions", trained / "sample/questions/test", "--bootstrap", 0)
    lines = recsys(*asked).out.splitlines()
    [baseline] = [line for line in lines if line.startswith("against the best baseline: ")]
    silent = [line for line in lines if line.startswith(f"against {COUNTS_ALONE}: fitb accuracy +0.000; ")]
    assert COUNTS_ALONE not in baseline and len(silent) == share
    assert ("in this release the network has no share" in "".join(lines)) != share
    told = recsys(*asked, "--json").json
    assert {m["value"] for m in told["difference_silent"]} == ({0.0} if share else set())
    assert COUNTS_ALONE not in {m["against"] for m in told["difference"]}


def test_without_resamples_no_interval_is_shown(recsys: Run, trained: Path, shop: Path) -> None:
    questions = trained / "sample" / "questions" / "test"
    ran = recsys("-w", shop, "evaluate", "--questions", questions, "--bootstrap", 0, "--breakdown")
    assert ran.status == 0
    tables = [line.split("|")[1].strip() for line in ran.out.splitlines() if "| FITB" in line]
    assert tables in (["scorer", "slot", "size", "popularity"], ["scorer", "item", "slot", "size", "popularity"])
    assert "nan" not in ran.out and "fitb accuracy " in ran.out.splitlines()[-1] and "(" not in ran.out.splitlines()[-1]


def test_a_folder_without_questions_is_an_error(recsys: Run, shop: Path, tmp_path: Path) -> None:
    ran = recsys("-w", shop, "evaluate", "--questions", tmp_path)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert f"{tmp_path}: there are no questions" in ran.err and "fitb.jsonl" in ran.err
