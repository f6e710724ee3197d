from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import asdict, replace

from evaluation.groups import by_label, by_popularity, by_size, by_status
from evaluation.questions import Cir, Compat, Fitb, Questions
from evaluation.scorer import score_many
from evaluation.table import as_json, by_group, differences, plain
from evaluation.tasks import Difference, Metric, against_best, ask, evaluate, paired, predictions


class ByNumber:
    """An item's score is the number in its id."""

    def __init__(self, name: str = "number", sign: float = 1.0) -> None:
        self.name = name
        self.sign = sign

    def score(self, context: Sequence[str], candidates: Sequence[str]) -> np.ndarray:
        return self.sign * np.array([float(c[1:]) for c in candidates])

    def score_outfits(self, outfits: Sequence[Sequence[str]]) -> np.ndarray:
        return self.sign * np.array([np.mean([float(i[1:]) for i in o]) for o in outfits])


class Batched(ByNumber):
    calls = 0

    def score_many(self, contexts, candidates):
        self.calls += 1
        return [self.score(c, k) for c, k in zip(contexts, candidates, strict=True)]


POOL = tuple(f"i{n}" for n in range(100))
QUESTIONS = Questions(
    fitb=(
        Fitb("o1", ("i0",), ("i1", "i2", "i3", "i4"), 3),
        Fitb("o1", ("i0",), ("i1", "i2", "i3", "i9"), 0),
        Fitb("o2", ("i0", "i7"), ("i5", "i2", "j5", "i4"), 0),
    ),
    compat=(Compat("o1", ("i4", "i6"), 1), Compat("o1", ("i4", "i0"), 0), Compat("o2", ("i1", "i1", "i1"), 1)),
    cir=(Cir("o1", ("i0",), "i95", POOL), Cir("o2", ("i0", "i7"), "i50", POOL), Cir("o3", (), "i99", POOL)),
)


def test_values_by_hand() -> None:
    report = evaluate(ByNumber(), QUESTIONS, bootstrap=100)
    assert report.get("fitb", "accuracy").value == pytest.approx((1 + 0 + 0.5) / 3)
    assert report.get("compat", "auc").value == 0.5  # 5 beats 2, 1 does not
    assert report.get("cir", "recall@10").value == pytest.approx(2 / 3)  # places 5, 50, 1
    assert report.get("cir", "recall@50").value == 1.0
    assert report.get("cir", "mrr").value == pytest.approx((1 / 5 + 1 / 50 + 1) / 3)
    assert report.get("cir", "ndcg@10").value == pytest.approx((1 / np.log2(6) + 1) / 3)
    fitb = report.get("fitb", "accuracy")
    assert (fitb.n, fitb.outfits) == (3, 2)
    assert fitb.low <= fitb.value <= fitb.high
    assert {m.task for m in report.metrics} == {"fitb", "compat", "cir"}


def test_no_questions_no_metrics() -> None:
    report = evaluate(ByNumber(), Questions())
    assert report.metrics == ()
    with pytest.raises(KeyError, match="fitb/accuracy is not in the report of 'number'"):
        report.get("fitb", "accuracy")


def test_breakdowns() -> None:
    slots = {"i4": "top", "i1": "top", "i5": "bag", "i95": "bag"}
    used = {"i4": 12, "i5": 2, "i6": 2, "i1": 5}
    groups = {"slot": by_label(slots), "size": by_size(), "use": by_popularity(used)}
    report = evaluate(ByNumber(), QUESTIONS, bootstrap=0, groups=groups)
    assert report.get("fitb", "accuracy", by="slot", group="top").value == 0.5
    assert report.get("fitb", "accuracy", by="slot", group="bag").value == 0.5
    assert report.get("fitb", "accuracy", by="size", group="3").n == 1
    assert report.get("fitb", "accuracy", by="use", group="11+").value == 1.0
    assert report.get("fitb", "accuracy", by="use", group="4-10").value == 0.0
    assert report.get("cir", "recall@10", by="slot", group="unknown").value == 0.5
    assert report.get("cir", "recall@10", by="size", group="1").value == 1.0
    with pytest.raises(KeyError):
        report.get("compat", "auc", by="size", group="3")  # a single positive has no AUC


def test_known_and_new_items_apart_in_a_table_in_order() -> None:
    used = {"i4": 12, "i1": 5, "i5": 2}
    groups = {"item": by_status(used), "use": by_popularity(used)}
    reports = [evaluate(ByNumber(name), QUESTIONS, bootstrap=0, groups=groups) for name in ("one", "two")]
    lines = by_group(reports, "use", interval=False).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells[0][:2] == ["use", "scorer"]
    assert [row[:2] for row in cells[2:]] == [[g, s] for g in ("0", "1-3", "4-10", "11+") for s in ("one", "two")]
    assert [row[2] for row in cells[2::2]] == ["–", ".500", ".000", "1.000"]
    assert {row.split("|")[1].strip() for row in by_group(reports, "item").splitlines()[2:]} == {"known", "new"}
    assert by_group(reports, "slot") == ""


def test_paired_difference() -> None:
    up, down = ask(ByNumber(), QUESTIONS), ask(ByNumber("down", -1.0), QUESTIONS)
    by_name = {(m.task, m.metric): m for m in paired(up, down, QUESTIONS, bootstrap=50)}
    assert by_name["cir", "recall@10"].value == pytest.approx(2 / 3)
    assert all(m.value == m.low == m.high == 0 for m in paired(up, up, QUESTIONS, bootstrap=50))


def test_paired_difference_of_known_and_of_new_items() -> None:
    """Up answers the question about i4 and half of that about i5 (j5 is its equal), down that about i1."""
    up, down = ask(ByNumber(), QUESTIONS), ask(ByNumber("down", -1.0), QUESTIONS)
    groups = {"item": by_status({"i4", "i5", "i6", "i95"})}
    found = paired(up, down, QUESTIONS, bootstrap=50, groups=groups)
    values = {(m.task, m.metric, m.group): (m.value, m.n) for m in found if m.by == "item"}
    assert values["fitb", "accuracy", "known"] == (0.75, 2)  # (1 - 0 + .5 - 0) / 2
    assert values["fitb", "accuracy", "new"] == (-1.0, 1)  # 0 - 1
    assert values["cir", "recall@10", "known"] == (1.0, 1)  # places 5 and 96
    assert values["cir", "recall@10", "new"] == (0.5, 2)  # places 50 and 51, 1 and 100
    assert values["compat", "auc", "new"] == (-1.0, 2)  # 1 is not above 2, -1 is above -2
    assert ("compat", "auc", "known") not in values  # one positive has no AUC
    whole = [m for m in found if not m.by]
    assert whole == list(paired(up, down, QUESTIONS, bootstrap=50))
    assert [m.value for m in whole if m.task == "fitb"] == [pytest.approx(0.5 / 3)]
    assert {m.against for m in found} == {"down"}
    backward = paired(down, up, QUESTIONS, bootstrap=0, groups=groups)
    assert [m.value for m in backward] == [pytest.approx(-m.value) for m in found]


class Constant(ByNumber):
    """All candidates are equal, all outfits are."""

    def score(self, context: Sequence[str], candidates: Sequence[str]) -> np.ndarray:
        return np.zeros(len(candidates))

    def score_outfits(self, outfits: Sequence[Sequence[str]]) -> np.ndarray:
        return np.zeros(len(outfits))


def test_each_metric_has_its_own_best_rival_and_so_has_each_group() -> None:
    """Of three blanks up fills 1, 0, 1/2, down 0, 1, 0, and who ties all a quarter each; retrieval has places 5, 50, 1
    for up and 96, 51, 100 for down."""
    up, down, even = (ask(s, QUESTIONS) for s in (ByNumber(), ByNumber("down", -1.0), Constant("even")))
    groups = {"item": by_status({"i4", "i5", "i6", "i95"})}
    for rivals in ([down, even], [even, down]):
        found = against_best(up, rivals, QUESTIONS, bootstrap=0, groups=groups)
        told = {(m.task, m.metric, m.group): (m.against, pytest.approx(m.value)) for m in found}
        assert told["fitb", "accuracy", ""] == ("down", 1.5 / 3 - 1 / 3)
        assert told["fitb", "accuracy", "known"] == ("even", 0.75 - 0.25)
        assert told["fitb", "accuracy", "new"] == ("down", 0 - 1)
        assert told["cir", "recall@10", ""] == ("even", 2 / 3 - 0.1)
        assert told["cir", "recall@10", "new"] == ("even", 0.5 - 0.1)
        assert told["compat", "auc", "new"] == ("down", 0 - 1)
        assert told["compat", "auc", ""][1] == 0  # all three have a half
        assert told["compat", "auc", ""][0] == rivals[0].scorer, "of equals the earliest"
    assert {m.against for m in against_best(down, [up, even], QUESTIONS, bootstrap=0) if m.task == "fitb"} == {"number"}
    with pytest.raises(ValueError, match="'number' has no rival"):
        against_best(up, [], QUESTIONS)


def test_differences_in_words() -> None:
    def less(task: str, name: str, value: float, group: str = "", bound: float = math.nan) -> Difference:
        shared = Metric(task=task, metric=name, value=value, low=value - bound, high=value + bound, n=9, outfits=4)
        by = "item" if group else ""
        return Difference(**asdict(replace(shared, by=by, group=group)), against=f"{group or 'all'} best")

    whole = [less("fitb", "accuracy", 0.25, bound=0.125), less("cir", "mrr", 0.5), less("compat", "auc", math.nan)]
    whole.append(less("compat_hard", "auc", 0))
    parts = [less("fitb", "accuracy", -0.5, "known"), less("cir", "recall@10", 0.75, "new", 0.25)]
    assert differences([*whole, *parts], "against x") == [
        "against x: fitb accuracy +0.250 (+0.125 to +0.375), all best; compat_hard auc +0.000, all best",
        "against x, known items: fitb accuracy -0.500, known best",
        "against x, new items: cir recall@10 +0.750 (+0.500 to +1.000), new best",
    ]
    assert differences(parts[:1] * 2 + whole, "against all best") == [
        "against all best: fitb accuracy +0.250 (+0.125 to +0.375); compat_hard auc +0.000"
    ], "a name that the heading says is not said again"
    assert len(differences([*whole, parts[0]], "against x")) == 1, "a single group is all there is"


def test_batch_form_is_used_and_gives_the_same() -> None:
    batched = Batched()
    assert evaluate(batched, QUESTIONS, bootstrap=20) == evaluate(ByNumber(), QUESTIONS, bootstrap=20)
    assert batched.calls > 0


def test_predictions_follow_the_questions(tmp_path: Path) -> None:
    predictions(ByNumber(), QUESTIONS, tmp_path / "out")
    lines = {p.name: [json.loads(x) for x in p.read_text().splitlines()] for p in (tmp_path / "out").iterdir()}
    assert sorted(lines) == ["cir.jsonl", "compat.jsonl", "fitb.jsonl"]
    assert lines["fitb.jsonl"][1] == {"scores": [1.0, 2.0, 3.0, 9.0]}
    assert lines["compat.jsonl"] == [{"score": 5.0}, {"score": 2.0}, {"score": 1.0}]
    assert [len(x["top"]) for x in lines["cir.jsonl"]] == [50, 50, 50]
    assert lines["cir.jsonl"][0]["top"][:2] == ["i99", "i98"]


class Broken(ByNumber):
    def __init__(self, answer: np.ndarray) -> None:
        super().__init__("broken")
        self.answer = answer

    def score(self, context, candidates):
        return self.answer


@pytest.mark.parametrize("answer", [np.zeros(3), np.zeros((4, 1)), np.array([0.0, 1.0, np.nan, 2.0])])
def test_wrong_answers_of_a_scorer_are_refused(answer: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'broken'"):
        predictions(Broken(answer), QUESTIONS, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_contexts_and_candidates_must_match() -> None:
    with pytest.raises(ValueError, match="1 contexts and 2 lists"):
        score_many(ByNumber(), [["i1"]], [["i1"], ["i2"]])


def test_table_of_reports() -> None:
    reports = [evaluate(ByNumber(), QUESTIONS), evaluate(ByNumber("down", -1.0), QUESTIONS, bootstrap=0)]
    text = plain(reports, interval=False).splitlines()
    assert text[0].split("|")[1:5] == [" scorer ", " FITB ", " AUC  ", " R@10 "]
    assert ".500" in text[2]
    assert "(" in plain(reports)
    data = json.loads(json.dumps(as_json(reports)))
    assert data[1]["metrics"][0]["low"] is None
    assert data[0]["metrics"][0]["value"] == 0.5
