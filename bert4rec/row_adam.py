"""Adam that touches only the rows of a table that a batch has read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch import Tensor


class RowAdam(torch.optim.Optimizer):
    """Adam (Kingma and Ba 2015) with decoupled weight decay; a parameter with a sparse gradient moves in its rows only.

    Lazy: moments of rows without a gradient stay as they are, instead of fading. On a table of which a batch reads a
    tenth a step costs a tenth. Sparse gradients are coalesced, with one sparse dimension.
    """

    def __init__(
        self, params: Iterable[Any], lr: float, betas: tuple[float, float] = (0.9, 0.98), eps: float = 1e-8
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": 0.0})

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Move every parameter that has a gradient; with a ``closure``, what that returns, called first."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)
        return loss

    def _move(self, parameter: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros(())
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        first, second = group["betas"]
        step = float(state["step"])
        rows = grad.indices()[0] if grad.is_sparse else None
        grad = grad.values() if rows is not None else grad
        moments = [state["exp_avg"], state["exp_avg_sq"]]
        mean, square = [m if rows is None else m[rows] for m in moments]
        mean.lerp_(grad, 1 - first)
        square.mul_(second).addcmul_(grad, grad, value=1 - second)
        scale = square.sqrt().div_(math.sqrt(1 - second**step)).add_(group["eps"])
        value = parameter if rows is None else parameter[rows]
        value.mul_(1 - group["lr"] * group["weight_decay"])
        value.addcdiv_(mean, scale, value=-group["lr"] / (1 - first**step))
        if rows is not None:
            for whole, part in zip((*moments, parameter), (mean, square, value), strict=True):
                whole.index_copy_(0, rows, part)
