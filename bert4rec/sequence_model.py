"""The sequence model: what a user takes next, or hidden items of a sequence; the transformer of the outfit model.

Sun et al., *BERT4Rec* (2019); with ``causal`` Kang and McAuley, *SASRec* (2018). Departure: one table embeds items and
scores them, and the map before it is linear.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from bert4rec.sequence_config import SequenceConfig
from bert4rec.sequences import SequenceBatch
from bert4rec.transformer import MaskedTransformer


class SequenceModel(MaskedTransformer):
    """Reads sequences of items; ``items.weight`` [N, hidden] is what items are read and scored with."""

    def __init__(self, n_items: int, config: SequenceConfig) -> None:
        super().__init__()
        width = config.hidden
        self.config = config
        self.items = nn.Embedding(n_items, width)
        self.mask = nn.Parameter(torch.zeros(width))
        self.dropout = nn.Dropout(config.dropout)
        self.build(config)
        for weight in (self.items.weight, self.mask, None if self.position is None else self.position.weight):
            if weight is not None:
                nn.init.normal_(weight, std=0.02)
        self._start_as_mean()

    def _start_as_mean(self) -> None:
        """At first expect what is like the mean of what is read: values, and the last map, start as they are.

        One table embeds and scores, so that items which come together need only move together; from random maps that
        has to be learned first, which a small catalogue's few actions an item do not suffice for.
        """
        with torch.no_grad():
            nn.init.eye_(self.out.weight)
            for block in self.encoder.layers:
                attention = block.self_attn
                width = attention.embed_dim
                nn.init.eye_(attention.in_proj_weight[2 * width :])
                nn.init.eye_(attention.out_proj.weight)

    def forward(self, batch: SequenceBatch, table: Tensor | None = None) -> Tensor:
        """What is expected at each place asked [P, hidden]; its products with the items' embeddings are the logits.

        ``table`` [K, hidden] stands for the items where the batch counts in places of it.
        """
        table = self.items.weight if table is None else table
        x = torch.where(batch.masked[..., None], self.mask, functional.embedding(batch.tokens, table))  # [R, L, hidden]
        x = self.read(self.dropout(x), batch.present, causal=self.config.causal)
        return self.out(x[batch.rows, batch.columns])  # type: ignore[no-any-return]
