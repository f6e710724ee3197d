"""What the release is compared with when it is measured."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.groups import by_status
from evaluation.questions import Fitb, Questions
from evaluation.tasks import Answers
from recsys.pipeline.measuring import COUNTS_ALONE, PROBES, STATUS, against_baselines, against_silent

FOUR = ("a", "b", "c", "d")
ASKED = Questions(
    fitb=(Fitb("o1", (), FOUR, 0), Fitb("o2", (), FOUR, 0), Fitb("o3", (), FOUR, 1), Fitb("o4", (), FOUR, 1)),
    fitb_hard=(Fitb("o1", (), FOUR, 0), Fitb("o2", (), FOUR, 1)),
)
GROUPS = {STATUS: by_status({"a"}), "slot": by_status({"b"})}


def _chose(name: str, fitb: str, hard: str) -> Answers:
    """A scorer that puts these candidates first, one letter a question."""
    chosen = [[np.array([float(c == letter) for c in FOUR]) for letter in letters] for letters in (fitb, hard)]
    return Answers(name, chosen[0], chosen[1], np.zeros(0), np.zeros(0), [])


OURS = _chose("ours", "aabc", "ab")  # right 3 of 4, 2 of 2; known 2 of 2, new 1 of 2
COUNT = _chose("count", "aacc", "dd")  # 2 of 4, none; known 2, new none
LOOKS = _chose("looks", "cdbd", "ad")  # 1 of 4, 1 of 2; known none, new 1
PROBE = [_chose(name, "aabb", "ab") for name in PROBES if name != COUNTS_ALONE]
SILENT = _chose(COUNTS_ALONE, "aabb", "ad")  # 4 of 4, 1 of 2


def test_the_best_baseline_is_that_of_the_metric_and_of_known_and_of_new_items() -> None:
    found = against_baselines([OURS, SILENT, *PROBE, COUNT, LOOKS], ASKED, GROUPS, bootstrap=0)
    assert {(m.task, m.by, m.group): (m.against, m.value) for m in found} == {
        ("fitb", "", ""): ("count", pytest.approx(0.25)),
        ("fitb", STATUS, "known"): ("count", 0.0),
        ("fitb", STATUS, "new"): ("looks", 0.0),
        ("fitb_hard", "", ""): ("looks", 0.5),
        ("fitb_hard", STATUS, "known"): ("looks", 0.0),
        ("fitb_hard", STATUS, "new"): ("count", 1.0),
    }


def test_what_the_network_adds_is_told_apart_from_the_best_baseline() -> None:
    given = [OURS, SILENT, *PROBE, COUNT, LOOKS]
    found = against_silent(given, ASKED, GROUPS, bootstrap=50)
    assert {m.against for m in found} == {COUNTS_ALONE}
    assert {(m.task, m.by, m.group): m.value for m in found} == {
        ("fitb", "", ""): -0.25,
        ("fitb", STATUS, "known"): 0.0,
        ("fitb", STATUS, "new"): -0.5,
        ("fitb_hard", "", ""): 0.5,
        ("fitb_hard", STATUS, "known"): 0.0,
        ("fitb_hard", STATUS, "new"): 1.0,
    }
    assert all(m.low <= m.value <= m.high for m in found if m.outfits > 1)
    assert against_silent([OURS, *PROBE, COUNT, LOOKS], ASKED, GROUPS, bootstrap=50) == ()
