"""Measuring a release: its ranker and all simple ones on the same questions."""

from __future__ import annotations

import copy
import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from evaluation.baselines import (
    AttributePmi,
    BackdropLeak,
    ColourDistance,
    CooccurrenceCount,
    CooccurrenceSecondOrder,
    Popularity,
    Random,
)
from evaluation.groups import by_label, by_popularity, by_size, by_status
from evaluation.questions import TASKS, Cir, Compat, Fitb, Questions
from evaluation.scorer import Ids, Scorer, Scores
from evaluation.tasks import Answers, Difference, Group, against_best, paired
from recsys.errors import QueryError
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.embedding import Rows

COUNTS_ALONE = "the same, network silent"
PROBES = ("random", "backdrop colour (leak probe)", COUNTS_ALONE)
"""Rows of the table that say what chance, a leak and a part of the model give, and are no rankers to beat."""

Row = TypeVar("Row", Fitb, Compat, Cir)


class ReleaseScorer:
    """A release's outfit model as ``evaluation`` asks it: by item id, unknown ids passed over."""

    def __init__(self, contents: ReleaseContents, name: str = "BERT4Rec + GraphSAGE") -> None:
        self.name = name
        self._catalogue, self._scorer = contents.catalogue, contents.scorer

    def score(self, context: Ids, candidates: Ids) -> Scores:
        """Scores [len(candidates)]; a candidate that is not in the catalogue comes last."""
        return self.score_many([context], [candidates])[0]

    def score_many(self, contexts: Sequence[Ids], candidates: Sequence[Ids]) -> list[Scores]:
        """The same for many questions; those of one category and equal length are scored together."""
        out: list[Scores] = [np.zeros(0)] * len(contexts)
        batches: dict[int, list[int]] = {}
        kinds = self._scorer.codes.category
        for k, names in enumerate(candidates):
            known = self._catalogue.known(names)
            if len(known) == len(names) and len(np.unique(kinds[known])) == 1:
                batches.setdefault(len(names), []).append(k)
            else:
                out[k] = self._score_one(contexts[k], names)
        for members in batches.values():
            pools = np.stack([self._catalogue.known(candidates[k]) for k in members])
            scores = self._scorer.score_many([self._catalogue.known(contexts[k]) for k in members], pools)
            for k, row in zip(members, scores, strict=True):
                out[k] = row.astype(np.float64)
        return out

    def _score_one(self, context: Ids, names: Ids) -> Scores:
        there = np.array([name in self._catalogue for name in names], bool)
        scores = np.zeros(len(names))
        if there.any():
            known = self._catalogue.known(names)
            scores[there] = self._scorer.score(self._catalogue.known(context), known)
            scores[~there] = scores[there].min() - 1
        return scores

    def score_outfits(self, outfits: Sequence[Ids]) -> Scores:
        """Compatibility [len(outfits)]."""
        return self._scorer.score_outfits([self._catalogue.known(o) for o in outfits]).astype(np.float64)


def model_rows(contents: ReleaseContents) -> list[Scorer]:
    """The release's ranker and, where its network has a share in the score, what it is without it."""
    rows: list[Scorer] = [ReleaseScorer(contents)]
    if contents.model.gain.any():
        silent = copy.deepcopy(contents.model)
        silent.gain.zero_()
        rows.append(ReleaseScorer(dataclasses.replace(contents, model=silent), COUNTS_ALONE))
    return rows


def baselines(contents: ReleaseContents, appearance: dict[str, Rows]) -> list[Scorer]:
    """Every simple ranker, from the release's own outfits; those of appearance where there are vectors.

    ``appearance`` maps "colour" and "backdrop" to vectors of the catalogue's items.
    """
    items = contents.catalogue.items
    outfits = [[items[i].item_id for i in outfit] for outfit in contents.outfits]
    found: list[Scorer] = [
        Random(),
        Popularity.fit(outfits, items),
        CooccurrenceCount.fit(outfits),
        CooccurrenceSecondOrder.fit(outfits),
        AttributePmi.fit(outfits, items),
    ]
    for name, kind in (("colour", ColourDistance), ("backdrop", BackdropLeak)):
        if name in appearance and appearance[name][1].any():
            vectors, known = appearance[name]
            found.append(kind({items[k].item_id: vectors[k] for k in np.flatnonzero(known)}))
    return found


STATUS = "item"
"""The breakdown into known items and new ones."""


def groups(contents: ReleaseContents, *, every: bool) -> dict[str, Group]:
    """Breakdowns: known items and new ones; with ``every`` also by slot, by outfit size, and by how many outfits hold
    the item."""
    degree = Counter(contents.catalogue.items[i].item_id for outfit in contents.outfits for i in outfit)
    slots = {item.item_id: item.slot for item in contents.catalogue.items}
    always: dict[str, Group] = {STATUS: by_status(degree)}
    if not every:
        return always
    return {**always, "slot": by_label(slots), "size": by_size(), "popularity": by_popularity(degree)}


def against_baselines(
    given: Sequence[Answers], questions: Questions, groups: Mapping[str, Group], *, bootstrap: int
) -> tuple[Difference, ...]:
    """The first of ``given``, the release's ranker, less the best baseline of each metric; known and new items apart
    too.

    ``PROBES`` are no baselines to beat.
    """
    rivals = [one for one in given[1:] if one.scorer not in PROBES]
    return against_best(given[0], rivals, questions, bootstrap=bootstrap, groups={STATUS: groups[STATUS]})


def against_silent(
    given: Sequence[Answers], questions: Questions, groups: Mapping[str, Group], *, bootstrap: int
) -> tuple[Difference, ...]:
    """The first of ``given``, the release's ranker, less itself with its network silent: what the network adds, known
    and new items apart too. Nothing where the network has no share."""
    silent = [one for one in given[1:] if one.scorer == COUNTS_ALONE]
    if not silent:
        return ()
    return paired(given[0], silent[0], questions, bootstrap=bootstrap, groups={STATUS: groups[STATUS]})


def rename(questions: Questions, names: dict[str, str]) -> Questions:
    """Questions with ids replaced where ``names`` has them (regions by the items that they show)."""

    def new(ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(names.get(i, i) for i in ids)

    return Questions(
        fitb=tuple(replace(q, context=new(q.context), candidates=new(q.candidates)) for q in questions.fitb),
        fitb_hard=tuple(replace(q, context=new(q.context), candidates=new(q.candidates)) for q in questions.fitb_hard),
        compat=tuple(replace(q, items=new(q.items)) for q in questions.compat),
        compat_hard=tuple(replace(q, items=new(q.items)) for q in questions.compat_hard),
        cir=tuple(
            replace(q, context=new(q.context), target=names.get(q.target, q.target), pool=new(q.pool))
            for q in questions.cir
        ),
    )


def ids_of(questions: Questions) -> set[str]:
    """Every item id that questions name."""
    found: set[str] = set()
    for choice in (*questions.fitb, *questions.fitb_hard):
        found.update(choice.context, choice.candidates)
    for outfit in (*questions.compat, *questions.compat_hard):
        found.update(outfit.items)
    for search in questions.cir:
        found.update(search.context, search.pool)
    return found


class _Choice(Struct):
    scores: list[float]


class _Whole(Struct):
    score: float


class _Top(Struct):
    top: list[str]


def read_answers(folder: Path, questions: Questions, names: dict[str, str]) -> Answers:
    """Read predictions that some other ranker wrote for the same questions, as the table's next row.

    Raises
    ------
    QueryError
        A file does not fit its questions; the message names file and line.
    """
    found = {task: _read(folder / f"{task}.jsonl", task, len(getattr(questions, task))) for task in TASKS}
    tops = [
        _from_top([names.get(i, i) for i in a.top], q.pool) for a, q in zip(found["cir"], questions.cir, strict=True)
    ]
    return Answers(
        scorer=folder.parent.name if folder.name in ("valid", "test") else folder.name,
        fitb=[np.array(a.scores) for a in found["fitb"]],
        fitb_hard=[np.array(a.scores) for a in found["fitb_hard"]],
        compat=np.array([a.score for a in found["compat"]]),
        compat_hard=np.array([a.score for a in found["compat_hard"]]),
        cir=tops,
    )


def _read(file: Path, task: str, wanted: int) -> list:  # type: ignore[type-arg]
    if not wanted:
        return []
    kind = {"fitb": _Choice, "fitb_hard": _Choice, "cir": _Top}.get(task, _Whole)
    decoder = msgspec.json.Decoder(kind)
    rows = []
    try:
        for line in file.read_bytes().splitlines():
            rows.append(decoder.decode(line))
    except (OSError, msgspec.DecodeError) as error:
        raise QueryError(f"{file}:{len(rows) + 1}: cannot be read: {error}") from error
    if len(rows) != wanted:
        raise QueryError(f"{file}: {len(rows)} answers, but {wanted} questions were asked")
    return rows


def _from_top(top: Sequence[str], pool: Sequence[str]) -> NDArray[np.float64]:
    rank = {item: k for k, item in enumerate(top)}
    return np.array([-rank.get(item, len(pool)) for item in pool], np.float64)
