"""Put questions to a scorer and report what it is worth, with intervals; write its answers down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import asdict, replace
from numpy.typing import NDArray

from evaluation import bootstrap as bs
from evaluation.files import write_lines
from evaluation.metrics import Places, accuracy, ndcg, places, recall, reciprocal_rank
from evaluation.questions import TASKS, Cir, Compat, Fitb, Questions
from evaluation.scorer import Scorer, Scores, checked, score_many

TOP = 50
"""How many items a retrieval answer names."""

Group = Callable[[Fitb | Compat | Cir], str]
"""Names the group that a question belongs to (``evaluation.groups`` has the usual ones)."""


class Metric(Struct, frozen=True, kw_only=True):
    """One number about one task: ``value`` within ``low``..``high`` (95 %).

    It is over ``n`` questions about ``outfits`` outfits.
    ``by`` and ``group`` say which questions where it is not all of them (``by="slot", group="shoes"``).
    """

    task: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    outfits: int
    by: str = ""
    group: str = ""


class Difference(Metric, frozen=True, kw_only=True):
    """What one scorer got less what the scorer ``against`` got, with the interval of the paired difference."""

    against: str


AnyMetric = TypeVar("AnyMetric", bound=Metric)


class Report(Struct, frozen=True):
    """What one scorer got."""

    scorer: str
    metrics: tuple[Metric, ...]

    def get(self, task: str, metric: str, *, by: str = "", group: str = "") -> Metric:
        """The metric of that name; raises KeyError naming those there are."""
        for m in self.metrics:
            if (m.task, m.metric, m.by, m.group) == (task, metric, by, group):
                return m
        there = sorted({f"{m.task}/{m.metric}" for m in self.metrics if (m.by, m.group) == (by, group)})
        raise KeyError(f"{task}/{metric} is not in the report of {self.scorer!r}: it has {', '.join(there) or 'none'}")


class Answers(Struct, frozen=True):
    """A scorer's scores for every question in order: an array a FITB or CIR question, a number a compat question."""

    scorer: str
    fitb: list[Scores]
    fitb_hard: list[Scores]
    compat: Scores
    compat_hard: Scores
    cir: list[Scores]


def ask(scorer: Scorer, questions: Questions) -> Answers:
    """Put every question to the scorer, a task at a time.

    Raises
    ------
    ValueError
        The scorer answers with the wrong shape or with NaN.
    """

    def choose(rows: Sequence[Fitb]) -> list[Scores]:
        return score_many(scorer, [q.context for q in rows], [q.candidates for q in rows])

    def judge(rows: Sequence[Compat]) -> Scores:
        return checked(scorer, scorer.score_outfits([q.items for q in rows]), len(rows)) if rows else np.zeros(0)

    return Answers(
        scorer=scorer.name,
        fitb=choose(questions.fitb),
        fitb_hard=choose(questions.fitb_hard),
        compat=judge(questions.compat),
        compat_hard=judge(questions.compat_hard),
        cir=score_many(scorer, [q.context for q in questions.cir], [q.pool for q in questions.cir]),
    )


def evaluate(
    scorer: Scorer,
    questions: Questions,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    groups: Mapping[str, Group] | None = None,
) -> Report:
    """Ask all questions and report every metric with its 95 % interval over outfits.

    Parameters
    ----------
    bootstrap
        Number of resamples; 0 leaves the bounds NaN.
    seed
        Of the resampling, the same outfits are drawn for every scorer.
    groups
        Further breakdowns by name: each metric also over the questions of every group that the function names.
    """
    return report(ask(scorer, questions), questions, bootstrap=bootstrap, seed=seed, groups=groups)


def report(
    answers: Answers,
    questions: Questions,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    groups: Mapping[str, Group] | None = None,
) -> Report:
    """The report of answers that were had before."""

    def measure(task: str, chosen: NDArray[np.int64]) -> list[Metric]:
        statistics = _statistics(task, answers, questions, chosen)
        return _intervals(task, statistics, _outfits(task, questions, chosen), (bootstrap, seed))

    return Report(answers.scorer, tuple(_all_and_in_groups(questions, groups, measure)))


def paired(
    first: Answers,
    second: Answers,
    questions: Questions,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    groups: Mapping[str, Group] | None = None,
) -> tuple[Difference, ...]:
    """Every metric of first minus second, with the interval of the paired difference; broken down as a report is."""
    return against_best(first, [second], questions, bootstrap=bootstrap, seed=seed, groups=groups)


def against_best(
    first: Answers,
    rivals: Sequence[Answers],
    questions: Questions,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    groups: Mapping[str, Group] | None = None,
) -> tuple[Difference, ...]:
    """Every metric of first minus that of the rival which has most of it, with the interval of the paired difference.

    The rival is chosen anew for each metric, and in ``groups`` for each group: who knows best which known items go
    together may know nothing of new ones. It is chosen on the questions asked, which favours the rivals. Of equal ones
    it is the earliest.

    Raises
    ------
    ValueError
        There is no rival.
    """
    if not rivals:
        raise ValueError(f"{first.scorer!r} has no rival to be compared with: give the answers of one or more")

    def measure(task: str, chosen: NDArray[np.int64]) -> list[Difference]:
        ours = _statistics(task, first, questions, chosen)
        theirs = [_statistics(task, rival, questions, chosen) for rival in rivals]
        outfits = _outfits(task, questions, chosen)
        best = {name: _highest([t[name] for t in theirs], len(set(outfits))) for name in ours}
        both = {name: bs.difference(statistic, theirs[best[name]][name]) for name, statistic in ours.items()}
        found = _intervals(task, both, outfits, (bootstrap, seed))
        return [Difference(**asdict(m), against=rivals[best[m.metric]].scorer) for m in found]

    return tuple(_all_and_in_groups(questions, groups, measure))


def predictions(scorer: Scorer, questions: Questions, folder: Path) -> None:
    """Write the scorer's answers, one line a question in the questions' order; each file whole or not at all.

    ``fitb.jsonl`` and ``fitb_hard.jsonl`` hold ``{"scores": [one a candidate]}``, ``compat.jsonl`` and
    ``compat_hard.jsonl`` ``{"score": number}``, ``cir.jsonl`` ``{"top": [50 item ids, best first]}``; equal scores
    stand in the pool's order.
    """
    write_predictions(ask(scorer, questions), questions, folder)


def write_predictions(answers: Answers, questions: Questions, folder: Path) -> None:
    """Write answers that were had before as ``predictions`` does."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for task in ("fitb", "fitb_hard"):
        if getattr(questions, task):
            write_lines(folder / f"{task}.jsonl", ({"scores": s.tolist()} for s in getattr(answers, task)))
    for task in ("compat", "compat_hard"):
        if getattr(questions, task):
            write_lines(folder / f"{task}.jsonl", ({"score": s} for s in getattr(answers, task).tolist()))
    if questions.cir:
        tops = (top(s, q.pool) for s, q in zip(answers.cir, questions.cir, strict=True))
        write_lines(folder / "cir.jsonl", ({"top": t} for t in tops))


def top(scores: Scores, ids: Sequence[str], k: int = TOP) -> list[str]:
    """The k best ids, best first; equal scores keep their order."""
    return [ids[i] for i in np.argsort(-scores, kind="stable")[:k]]


def _all_and_in_groups(
    questions: Questions,
    groups: Mapping[str, Group] | None,
    measure: Callable[[str, NDArray[np.int64]], Sequence[AnyMetric]],
) -> Iterator[AnyMetric]:
    """What ``measure`` finds of each task for the positions of all its questions, then for those of each group."""
    for task in TASKS:
        rows: Sequence[Fitb | Compat | Cir] = getattr(questions, task)
        if not rows:
            continue
        yield from measure(task, np.arange(len(rows)))
        for by, group_of in (groups or {}).items():
            names = np.array([group_of(q) for q in rows])
            for name in sorted(set(names.tolist())):
                part = measure(task, np.flatnonzero(names == name))
                yield from (replace(m, by=by, group=name) for m in part if not np.isnan(m.value))


def _outfits(task: str, questions: Questions, chosen: NDArray[np.int64]) -> list[str]:
    rows = getattr(questions, task)
    return [rows[i].outfit for i in chosen]


def _highest(statistics: Sequence[bs.Statistic], outfits: int) -> int:
    """Which statistic is highest over all outfits, the first of equal ones; one without a value is never."""
    values = [float(statistic(np.ones((1, outfits)))[0]) for statistic in statistics]
    return max(range(len(values)), key=lambda k: -np.inf if np.isnan(values[k]) else values[k])


def _statistics(
    task: str, answers: Answers, questions: Questions, chosen: NDArray[np.int64]
) -> dict[str, bs.Statistic]:
    rows = [getattr(questions, task)[i] for i in chosen]
    clusters = bs.clusters_of([q.outfit for q in rows])
    if task.startswith("compat"):
        labels = np.array([q.label for q in rows], np.int64)
        return {"auc": bs.auc_statistic(getattr(answers, task)[chosen], labels, clusters)}
    given = [getattr(answers, task)[i] for i in chosen]
    values = _choice_values(rows, given) if task.startswith("fitb") else _retrieval_values(rows, given)
    return {name: bs.mean_statistic(v, clusters) for name, v in values.items()}


def _choice_values(rows: Sequence[Fitb], given: Sequence[Scores]) -> dict[str, Scores]:
    return {"accuracy": accuracy(places(given, [q.answer for q in rows]))}


def _retrieval_values(rows: Sequence[Cir], given: Sequence[Scores]) -> dict[str, Scores]:
    at: Places = places(given, [q.pool.index(q.target) for q in rows])
    return {
        "recall@10": recall(at, 10),
        "recall@30": recall(at, 30),
        "recall@50": recall(at, 50),
        "mrr": reciprocal_rank(at),
        "ndcg@10": ndcg(at, 10),
    }


def _intervals(
    task: str, statistics: Mapping[str, bs.Statistic], outfits: Sequence[str], draws: tuple[int, int]
) -> list[Metric]:
    size = len(set(outfits))
    metrics = []
    for name, statistic in statistics.items():
        i = bs.interval(statistic, size, np.random.default_rng(draws[1]), resamples=draws[0])
        metrics.append(
            Metric(task=task, metric=name, value=i.value, low=i.low, high=i.high, n=len(outfits), outfits=size)
        )
    return metrics
