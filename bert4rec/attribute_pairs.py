"""How the attribute values of items go together, read by weights of each pair of fields."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class AttributePairs:
    """The PMI of every value of Q context items with every value of C candidates.

    ``pmi`` [V + 1, V + 1], its last row and column 0 for a missing value; ``here`` [Q, F] value codes of the context
    items, ``there`` [Q, C, F] of the candidates, or [1, C, F] where all share them; ``fields`` [F] numbers the field of
    each column, from 0 to T - 1, and ``field_of`` [V + 1] that of each value. ``unsaid`` [Q, 1]: a value of which it
    says nothing that both items of a pair have it, -1 for none.
    """

    pmi: Tensor
    here: Tensor
    there: Tensor
    fields: Tensor
    field_of: Tensor
    unsaid: Tensor | None = None

    @property
    def n_fields(self) -> int:
        """Attribute fields, T."""
        return int(self.fields.max()) + 1 if len(self.fields) else 0

    def project(self, weight: Tensor) -> Tensor:
        """Sums [Q, C, H] over all pairs of values with ``weight`` [T, T, H]: a candidate's field, a context item's."""
        if not len(self.fields):
            return weight.new_zeros(len(self.here), self.there.shape[1], weight.shape[-1])
        shared = len(self.there) == 1 and len(self.here) > 0 and len(self.pmi) <= self.there.shape[1]
        return self._by_value(weight) if shared and self.unsaid is None else self._by_pair(weight)

    def total(self) -> Tensor:
        """Sums [Q, C] over all pairs of values, each weighing 1."""
        worth = self.pmi[self.here].sum(1)  # [Q, V+1]: of each value that a candidate could have
        theirs = self.there.flatten(1).expand(len(self.here), -1)  # [Q, C*F]
        total = worth.gather(1, theirs).view(len(self.here), *self.there.shape[1:]).sum(-1)
        if self.unsaid is None:
            return total
        mine, other = self._have(self.unsaid)
        return total - self.pmi.diagonal()[self.unsaid] * mine.sum(1, keepdim=True) * other.sum(-1)

    def _have(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """Which columns of the context items [Q, F] and of the candidates [Q, C, F] hold ``value`` [Q, 1]."""
        return self.here == value, self.there == value[..., None]

    def _by_pair(self, weight: Tensor) -> Tensor:
        """Looks up every pair, then weighs it."""
        (q, fields), c = self.here.shape, self.there.shape[1]
        tables = self.pmi[self.here].transpose(1, 2)  # [Q, V+1, F]: against each value of the other item
        first = torch.arange(q)[:, None, None] * len(self.pmi)
        found = tables.reshape(-1, fields).index_select(0, (first + self.there).reshape(-1))  # [Q*C*F, F]
        if self.unsaid is not None:
            mine, other = self._have(self.unsaid)
            found = found.view(q, c, fields, fields) * ~(other[..., None] & mine[:, None, None])
        weight = weight[self.fields][:, self.fields].flatten(0, 1)  # [F*F, H]
        return (found.view(q * c, fields * fields) @ weight).view(q, c, weight.shape[-1])

    def _by_value(self, weight: Tensor) -> Tensor:
        """Weighs every value that a candidate could have, then sums those that each has."""
        weight = weight.index_select(0, self.field_of).index_select(1, self.fields)  # [V+1, F, H]
        worth = torch.bmm(self.pmi[self.here].permute(2, 0, 1).contiguous(), weight).flatten(1)  # [V+1, Q*H]
        summed = functional.embedding_bag(self.there[0], worth, mode="sum")  # [C, Q*H]
        return summed.view(len(summed), len(self.here), -1).transpose(0, 1)
