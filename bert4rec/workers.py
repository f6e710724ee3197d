"""The processes of one training: torchrun or ``accelerate launch`` starts them, accelerate connects them.

They compute on CPUs and speak over gloo, also where there is a GPU.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn

LONGEST_WAIT = timedelta(days=7)
"""How long a process waits for another one: the others wait while the main one embeds photos. One that has died ends
all at once, without any wait."""


class WorkersError(Exception):
    """Processes that were to train together do not."""


class Workers:
    """All processes of one training, as one of them sees them; by default this one alone.

    The same calls have to be made in the same order in all processes.
    """

    def __init__(self, accelerator: Any = None) -> None:
        self._accelerator = accelerator
        self.index: int = accelerator.process_index if accelerator else 0
        self.count: int = accelerator.num_processes if accelerator else 1

    @classmethod
    def joined(cls) -> Workers:
        """Those that a launcher started with this one, or this one alone.

        Raises
        ------
        WorkersError
            A launcher was asked for several processes and started one.
        """
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            from accelerate import Accelerator
            from accelerate.utils import InitProcessGroupKwargs

            group = InitProcessGroupKwargs(backend="gloo", timeout=LONGEST_WAIT)
            return cls(Accelerator(cpu=True, mixed_precision="no", kwargs_handlers=[group]))
        if "ACCELERATE_MIXED_PRECISION" in os.environ and "MASTER_ADDR" in os.environ and "RANK" not in os.environ:
            raise WorkersError(
                "`accelerate launch` was asked for several processes and started one, as it does where there are no "
                "GPUs: add --multi_gpu, which starts as many processes as asked for on CPUs too, or use "
                "`torchrun --nproc-per-node N`"
            )
        return cls()

    @property
    def main(self) -> bool:
        """Whether this is the process that reads, writes and speaks."""
        return self.index == 0

    def share(self, n: int) -> slice:
        """Which of n things in a row are this process's; the shares are equal but for one."""
        return slice(n * self.index // self.count, n * (self.index + 1) // self.count)

    def prepare(self, module: nn.Module) -> nn.Module:
        """A module whose gradients are the mean over all processes."""
        return module if self._accelerator is None else self._accelerator.prepare_model(module)

    def total(self, tensor: Tensor) -> Tensor:
        """The sum over all processes, the same bits in each."""
        return tensor if self._accelerator is None else self._accelerator.reduce(tensor, "sum")

    def hand_out(self, told: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> tuple[Any, dict[str, Tensor]]:
        """What the main process has, in every process; what the others pass means nothing.

        ``told`` is plain values, as JSON holds them.
        """
        if self._accelerator is None:
            return told, dict(tensors)
        layout = {name: (str(t.dtype).removeprefix("torch."), t.shape) for name, t in tensors.items()}
        head = torch.frombuffer(bytearray(json.dumps([told, layout]).encode()), dtype=torch.uint8)
        length = self._from_main(torch.tensor([len(head)]))
        head = self._from_main(head if self.main else torch.empty(int(length), dtype=torch.uint8))
        told, layout = json.loads(head.numpy().tobytes())
        got = {}
        for name, (dtype, shape) in layout.items():
            value = tensors[name].contiguous() if self.main else torch.empty(shape, dtype=getattr(torch, dtype))
            if value.numel():
                self._from_main(value.view(-1).view(torch.uint8))
            got[name] = value
        return told, got

    def _from_main(self, tensor: Tensor) -> Tensor:
        from accelerate.utils import broadcast

        sent: Tensor = broadcast(tensor)
        return sent

    @contextmanager
    def together(self) -> Iterator[None]:
        """Where all processes compute; says so in one line when another one has gone.

        Raises
        ------
        WorkersError
            Another process has ended before its time.
        """
        try:
            yield
        except RuntimeError as error:
            if self._accelerator is None or "gloo" not in str(error).lower():
                raise
            raise WorkersError(
                f"process {self.index} of {self.count}: another process of this training has ended; what it said last "
                "is the reason"
            ) from error

    def part(self) -> None:
        """Leave the others, when all is done."""
        if self._accelerator is not None:
            self._accelerator.end_training()
