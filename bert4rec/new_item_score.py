"""The score of new items: a linear reading of what they borrow, learned on items that were made new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bert4rec.appearance import Appearance, Index
from bert4rec.communities import Choices, communities, questions, without
from bert4rec.cooccurrence import Counts
from bert4rec.counting import fit_conditional_logit
from bert4rec.new_items import NewItemEvidence, Offered

LEAST_OUTFITS = 100
"""Outfits under which nothing is fitted."""

RIDGE = 0.3


@dataclass(frozen=True, slots=True)
class LookedUp:
    """New candidates as any context needs them, worked out once: of pairs, and their scores ``alone`` [C]."""

    offered: Offered
    alone: Tensor


@dataclass(frozen=True)
class NewItemScore:
    """Tables with the weights of their features: of pairs with a new item, then of a new candidate alone.

    Raises ValueError where there are more or fewer weights than features.
    """

    tables: NewItemEvidence
    weight: Tensor

    def __post_init__(self) -> None:
        wanted = self.tables.n_features + self.tables.n_alone
        if len(self.weight) != wanted:
            raise ValueError(f"{len(self.weight)} weights for {wanted} features of new items")

    @property
    def _of_pairs(self) -> Tensor:
        return self.weight[: self.tables.n_features]

    @property
    def _of_alone(self) -> Tensor:
        return self.weight[self.tables.n_features :]

    def score(
        self,
        context: Tensor,
        owner: Tensor,
        candidates: Tensor,
        new: Tensor,
        alone: Tensor,
        silent: Tensor | None = None,
    ) -> Tensor:
        """Scores [P, C] of ``candidates`` [P, C], 0 where nothing is new.

        ``context`` [Q] visible items, ``owner`` [Q] the row each belongs to, ``new`` [Q, C] pairs with a new item,
        ``alone`` [P, C] new candidates, ``silent`` [Q, 1] what is not told of a visible item and any candidate.
        """
        pairs = torch.zeros(new.shape)
        some = new.any(1)
        if some.any():
            offered = candidates if len(candidates) == 1 else candidates[owner[some]]
            features = self.tables.pairs(context[some], offered)
            if silent is not None:
                features = features * self.tables.told(silent[some])[:, None]
            pairs[some] = (features @ self._of_pairs) * new[some]
        visible = torch.bincount(owner, minlength=len(candidates)).clamp(min=1)[:, None]
        total = torch.zeros(candidates.shape).index_add(0, owner, pairs) / visible.sqrt()
        return total + (self.tables.alone(candidates) @ self._of_alone) * alone

    def looked_up(self, candidates: Tensor) -> LookedUp:
        """New ``candidates`` [C] for :meth:`of_new`."""
        return LookedUp(self.tables.offered(candidates[None]), self.tables.alone(candidates) @ self._of_alone)

    def of_new(self, context: Tensor, candidates: LookedUp) -> Tensor:
        """What :meth:`score` gives new candidates [C] beside the items of one context [L]."""
        pairs = self.tables.pairs(context, candidates.offered) @ self._of_pairs
        visible = torch.tensor(max(len(context), 1))
        return pairs.sum(0) / visible.sqrt() + candidates.alone

    def vectors(self, rows: Tensor) -> Tensor:
        """Items ``rows`` [n, D] such that the product with a :meth:`query` is the part of the score that products give.

        That is likeness, bilinear forms and popularity; shared values and borrowed counts are left to the score.
        """
        tables = self.tables
        kind = tables.category[rows]
        looks = [
            (look[rows] - typical[kind]) * look[rows].any(-1, keepdim=True)
            for look, typical in zip(tables.looks, tables.typical, strict=True)
        ]
        popular = tables.alone(rows) @ self._of_alone
        return torch.cat([*looks, tables.direction[rows].flatten(1), popular[:, None]], 1)

    def query(self, context: Tensor) -> Tensor:
        """What is looked for beside ``context`` [L], among :meth:`vectors`: [D]."""
        tables = self.tables
        cosines = self._of_pairs[: 2 * len(tables.looks) : 2]  # every other one is of borrowed counts
        forms = self._of_pairs[len(self._of_pairs) - len(tables.sign) :]
        looks = [w * look[context].sum(0) for w, look in zip(cosines, tables.looks, strict=True)]
        directions = (tables.direction[context].sum(0) * forms[:, None] * tables.sign).flatten()
        beside = torch.cat([*looks, directions]) / max(len(context), 1) ** 0.5
        return torch.cat([beside, beside.new_ones(1)])


def fit_new_item_weights(outfits: Sequence[Index], about: Appearance, *, shrink: float, seed: int) -> Tensor | None:
    """Weights for :class:`NewItemScore`: a conditional logit over questions about communities of items.

    Each community is cut out of the outfits in turn, so that its items are new to all tables; the questions are about
    outfits within it. Were single outfits held out instead, as for worn items, the tables would know their items from
    other outfits, and rare attribute values would be trusted for the items that they name.

    None where there are too few outfits to fit anything.
    """
    if len(outfits) < LEAST_OUTFITS:
        return None
    rng = np.random.default_rng([seed, 5])
    codes = about.codes
    made = []
    for community in communities(outfits, codes.n_items):
        rest, parts = without(outfits, community, codes.n_items)
        found = questions(parts, codes.category, rng)
        if found is None or not rest:
            continue
        rows = np.unique(np.concatenate([found.context, found.candidates.ravel()]))
        tables = NewItemEvidence.count(Counts.of(rest, codes, shrink), about, rows)
        made.append((torch.cat(list(_inputs(tables, found))), torch.from_numpy(found.wrong)))
    if not made:
        return None
    return fit_conditional_logit(((x, w, torch.zeros(w.shape)) for x, w in made), ridge=RIDGE)


def _inputs(tables: NewItemEvidence, found: Choices, size: int = 256) -> Iterator[Tensor]:
    """Features [P, C, n_features + n_alone] of questions, in chunks of ``size``."""
    owner, context = torch.from_numpy(found.owner), torch.from_numpy(found.context)
    for start in range(0, len(found.candidates), size):
        candidates = torch.from_numpy(found.candidates[start : start + size])
        here = (owner >= start) & (owner < start + size)
        row = owner[here] - start
        features = tables.pairs(context[here], candidates[row])
        empty = features.new_zeros(*candidates.shape, features.shape[-1])
        visible = torch.bincount(row, minlength=len(candidates))[:, None, None]
        yield torch.cat([empty.index_add(0, row, features) / visible.sqrt(), tables.alone(candidates)], -1)
