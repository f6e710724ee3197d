"""Limits and times: said where they cut."""

from __future__ import annotations

import pytest

from graph.explore.budget import Budget, Cut, Deadline, first


def test_a_deadline_is_looked_at_between_records():
    now = iter(range(100))
    deadline = Deadline(5, clock=lambda: float(next(now)))  # started at 0
    assert list(deadline.within("abcdefghij", every=2)) == list("abcdefgh")
    assert deadline.cuts() == (Cut("time", "stopped after 5 s; what was found by then is shown"),)


def test_a_deadline_in_time_cuts_nothing():
    deadline = Budget(seconds=100).start()
    assert list(deadline.within(range(600))) == list(range(600))
    assert deadline.cuts() == ()
    assert 0 < deadline.left() <= 100


def test_no_time_at_all_reads_nothing():
    deadline = Budget(seconds=0).start()
    assert list(deadline.within("abc")) == []
    assert deadline.left() == 0 and deadline.cuts()


def test_the_first_of_many():
    assert first("abc", 3, "letters") == (("a", "b", "c"), ())
    assert first("abc", 2, "letters") == (("a", "b"), (Cut("limit", "the first 2 of 3 letters are shown"),))
    assert first("", 0, "letters") == ((), ())


@pytest.mark.parametrize("wrong", [{"limit": -1}, {"seconds": -0.5}, {"seconds": float("nan")}, {"fan": -2}])
def test_budgets_are_not_negative(wrong):
    with pytest.raises(ValueError, match="must be 0 or more"):
        Budget(**wrong)
