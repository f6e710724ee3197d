"""Fitting what counting says before anything else is learned: a conditional logit over a handful of statistics.

McFadden, *Conditional logit analysis of qualitative choice behavior* (1974): which of the offered items was worn, from
linear utilities of each. The likelihood is concave and the weights are few, so that even a hundred outfits settle them;
a network that starts from there has only to learn what counting cannot say.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional

ITERATIONS = 100


def fit_conditional_logit(
    choices: Iterable[tuple[Tensor, Tensor, Tensor]], *, ridge: float, iterations: int = ITERATIONS
) -> Tensor:
    """Weights [E] under which the first candidate of every choice is likeliest, by L-BFGS.

    Parameters
    ----------
    choices
        Utilities' inputs [P, C, E], which candidates do not count [P, C] (never the first), and the log-probability
        with which each was drawn [P, C], as in :func:`bert4rec.model.masked_item_loss`.
    ridge
        Weight of the penalty |w|^2 on inputs of unit variance within a choice, beside the mean negative log-likelihood.
    """
    parts = list(choices)
    inputs = torch.cat([x for x, _, _ in parts])  # [P, C, E]
    inputs = inputs - inputs.mean(1, keepdim=True)  # of no effect on the likelihood
    wrong, log_q = (torch.cat([p[k] for p in parts]) for k in (1, 2))  # [P, C]
    scale = inputs.flatten(0, 1).std(0).clamp(min=1e-3)
    inputs = inputs / scale
    first = torch.zeros(len(inputs), dtype=torch.long)
    weight = torch.zeros(inputs.shape[-1], requires_grad=True)
    search = torch.optim.LBFGS([weight], max_iter=iterations, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        search.zero_grad()
        logits = (inputs @ weight - log_q).masked_fill(wrong, -1e9)
        value = functional.cross_entropy(logits, first) + ridge * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    search.step(loss)  # type: ignore[no-untyped-call]
    return weight.detach() / scale
