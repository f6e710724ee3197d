"""GraphSAGE on two node types: input encoders, mean-aggregation layers, losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from graphsage.config import GraphSageConfig
from graphsage.edges import NodeKind
from graphsage.features import FeatureRows, NodeFeatures, NodeInputs
from graphsage.sampler import Hop

KINDS: tuple[NodeKind, NodeKind] = ("image", "item")


@dataclass(frozen=True)
class InputWidths:
    """Widths of the features a model was made for; another width at ``encode`` is an error."""

    image_dense: int
    image_tags: int
    item_dense: int
    item_tags: int

    @classmethod
    def of(cls, features: NodeFeatures) -> InputWidths:
        """The widths of these features."""
        return cls(features.image.shape[1], features.image_tags[2], features.item.shape[1], features.item_tags[2])


class Noise:
    """Dropout whose masks come from one generator, so that a seed fixes a run; absent (None) at inference."""

    def __init__(self, generator: torch.Generator, hidden: float, feature: Mapping[NodeKind, float]) -> None:
        self._generator, self._hidden, self._feature = generator, hidden, feature

    def hidden(self, values: Tensor) -> Tensor:
        """Drop single values and scale the rest (Srivastava et al. 2014)."""
        if self._hidden == 0.0:
            return values
        keep = torch.rand(values.shape, generator=self._generator) >= self._hidden
        return values * keep / (1.0 - self._hidden)

    def rows(self, kind: NodeKind, n_rows: int) -> Tensor:
        """[n, 1] float: 0 where a node loses a feature family for this step; not scaled, as absence is a real state."""
        return (torch.rand((n_rows, 1), generator=self._generator) >= self._feature[kind]).float()


class NodeEncoder(nn.Module):
    """Features of a node to its state before any neighbour is heard, ``h^0``.

    Its own state is the sum of a linear map of the standardised dense features (or a learned vector where they are not
    known), the mean of the tags' vectors, and ``log(1 + degree)`` times a vector (degree is the paper's stand-in for
    missing features, §4.2); then layer normalisation. What its neighbours hear has a linear map of the identity
    signature on top: to them it says who was there, to the node itself it would be noise.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, kind: NodeKind, dense: int, tags: int, signature: int, hidden: int) -> None:
        super().__init__()
        self.kind = kind
        self.register_buffer("mean", torch.zeros(dense))
        self.register_buffer("scale", torch.ones(dense))
        self.dense = nn.Linear(dense, hidden) if dense else None
        self.tags = nn.EmbeddingBag(tags, hidden, mode="mean") if tags else None
        self.signature = nn.Linear(signature, hidden, bias=False) if signature else None
        self.unknown = nn.Parameter(torch.zeros(hidden))
        self.degree = nn.Parameter(torch.zeros(hidden))
        self.norm = nn.LayerNorm(hidden)

    def standardise(self, dense: NDArray[np.float32], known: NDArray[np.bool_]) -> None:
        """Take mean and scale of the dense features from the rows that are known."""
        if self.dense is None or not known.any():
            return
        rows = dense[known].astype(np.float64)
        self.mean.copy_(torch.from_numpy(rows.mean(axis=0)))
        self.scale.copy_(torch.from_numpy(np.maximum(rows.std(axis=0), 1e-6)))

    def forward(self, inputs: NodeInputs, noise: Noise | None = None) -> tuple[Tensor, Tensor]:
        """The node's own states and what its neighbours hear of it, both ``[n, hidden]``."""
        n_rows = len(inputs.degree)
        known = inputs.known.float()[:, None]  # [n, 1]
        if noise is not None:
            known = known * noise.rows(self.kind, n_rows)
        state = (1.0 - known) * self.unknown + torch.log1p(inputs.degree)[:, None] * self.degree  # [n, hidden]
        if self.dense is not None:
            standardised = ((inputs.dense - self.mean) / self.scale).clamp(-8.0, 8.0)
            state = state + known * self.dense(standardised)
        if self.tags is not None:
            tagged = self.tags(inputs.tag_indices, inputs.tag_offsets)
            state = state + (tagged if noise is None else tagged * noise.rows(self.kind, n_rows))
        own: Tensor = self.norm(state)
        if self.signature is None:
            return own, own
        signed = self.signature(inputs.signature)
        return own, own + (signed if noise is None else signed * noise.rows(self.kind, n_rows))


class SageLayer(nn.Module):
    """One round of hearing neighbours (Hamilton et al. 2017, Algorithm 1, lines 4-5, mean aggregator).

    ``h_v = W · [h_v, mean(h_u, u in N(v))] + b``: the concatenation written as two matrices. A node without neighbours
    hears zeros.
    """

    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__()
        self.own = nn.Linear(width_in, width_out)
        self.heard = nn.Linear(width_in, width_out, bias=False)

    def forward(self, own: Tensor, heard: Tensor) -> Tensor:
        """``own`` and ``heard`` (the neighbours' mean) ``[n, in]`` to ``[n, out]``."""
        state: Tensor = self.own(own) + self.heard(heard)
        return state


def mean_of_neighbours(states: Tensor, neighbours: Tensor) -> Tensor:
    """Mean of the states ``[m, d]`` at positions ``neighbours`` ``[n, fanout]``, those below 0 left out; ``[n, d]``.

    A fused gather and mean: no ``[n, fanout, d]`` array is made.
    """
    absent = len(states)
    table = torch.cat([states, states.new_zeros(1, states.shape[1])])  # [m + 1, d]
    places = torch.where(neighbours < 0, absent, neighbours)
    return F.embedding_bag(places, table, mode="mean", padding_idx=absent)


class GraphSage(nn.Module):
    """Inductive embeddings of images and items (Hamilton, Ying, Leskovec 2017, "Inductive Representation Learning on
    Large Graphs").

    Departures from the paper: two node types, so each layer has its own weights for images hearing items and items
    hearing images; learned input encoders; layer normalisation instead of L2 normalisation between layers (line 7;
    kept at the end); GELU for the ReLU; the loss is a sampled softmax over items instead of random-walk pairs with
    negative sampling (eq. 1), since here the edges themselves are what should be predicted.
    """

    def __init__(self, config: GraphSageConfig, widths: InputWidths) -> None:
        super().__init__()
        self.config, self.widths = config, widths
        hidden = config.hidden
        self.encoders = nn.ModuleDict(
            {
                "image": NodeEncoder("image", widths.image_dense, widths.image_tags, 0, hidden),
                "item": NodeEncoder("item", widths.item_dense, widths.item_tags, config.signature_bits, hidden),
            }
        )
        self.layers = nn.ModuleList(
            nn.ModuleDict({kind: SageLayer(hidden, hidden) for kind in KINDS}) for _ in config.fanouts
        )
        self.norms = nn.ModuleList(
            nn.ModuleDict({kind: nn.LayerNorm(hidden) for kind in KINDS}) for _ in config.fanouts
        )
        self.heads = nn.ModuleDict({kind: nn.Linear(hidden, config.dim) for kind in KINDS})

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights from ``generator``: matrices Glorot-uniform, tag vectors normal, the rest as in torch."""
        for name, parameter in self.named_parameters():
            if name.endswith("tags.weight"):
                nn.init.normal_(parameter, generator=generator)
            elif parameter.ndim == 2:
                nn.init.xavier_uniform_(parameter, generator=generator)
            elif name.endswith(("unknown", "degree")):
                nn.init.normal_(parameter, std=0.1, generator=generator)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def standardise(self, features: NodeFeatures) -> None:
        """Take the scale of the dense features from the rows that are known."""
        for encoder, dense, known in (
            (self.encoders["image"], features.image, features.image_known),
            (self.encoders["item"], features.item, features.item_known),
        ):
            assert isinstance(encoder, NodeEncoder)
            encoder.standardise(dense, known)

    def start(self, kind: NodeKind, inputs: NodeInputs, noise: Noise | None = None) -> tuple[Tensor, Tensor]:
        """Own states before the first layer and what neighbours hear of them, both ``[n, hidden]``."""
        encoder = self.encoders[kind]
        assert isinstance(encoder, NodeEncoder)
        return encoder.forward(inputs, noise)

    def step(self, depth: int, kind: NodeKind, own: Tensor, heard: Tensor) -> Tensor:
        """States ``[n, hidden]`` after layer ``depth``, from own states and the mean of the neighbours' states."""
        layer, norm = self.layers[depth], self.norms[depth]
        assert isinstance(layer, nn.ModuleDict) and isinstance(norm, nn.ModuleDict)
        state: Tensor = own + F.gelu(norm[kind](layer[kind](own, heard)))
        return state

    def finish(self, kind: NodeKind, states: Tensor) -> Tensor:
        """Embeddings ``[n, dim]`` of length 1."""
        return F.normalize(self.heads[kind](states), dim=1)

    def forward(self, hops: Sequence[Hop], rows: FeatureRows, noise: Noise | None = None) -> Tensor:
        """Embeddings ``[n, dim]`` of the seeds of sampled hops (Algorithm 2)."""
        started = [self.start(hop.kind, rows.gather(hop.kind, hop.nodes, hop.degree), noise) for hop in hops]
        states, told = [own for own, _ in started], [heard for _, heard in started]
        places = [torch.from_numpy(hop.neighbours).long() for hop in hops]
        for depth in range(len(hops) - 1):
            for near in range(len(hops) - 1 - depth):  # told[near + 1] is still the previous layer's here
                heard = mean_of_neighbours(told[near + 1], places[near])
                state = self.step(depth, hops[near].kind, states[near], heard)
                states[near] = told[near] = state if noise is None else noise.hidden(state)
        return self.finish(hops[0].kind, states[0])


def sampled_softmax(scores: Tensor, expected_log_count: Tensor, allowed: Tensor, temperature: float) -> Tensor:
    """Mean cross-entropy of each row's own item against its negatives; InfoNCE with the logQ correction.

    ``scores`` ``[n, 1 + m]`` cosines, column 0 the positive; ``expected_log_count`` ``[m]`` log of how often each
    negative is expected in a batch, subtracted from its logit so that what is drawn often is not pushed away more
    (Yi et al. 2019, eq. 5; the positive, always there, is not corrected); ``allowed`` ``[n, m]`` bool: False for
    negatives that do not count in a row. Rows with no negative give 0.
    """
    logits = scores / temperature
    negatives = (logits[:, 1:] - expected_log_count).masked_fill(~allowed, -torch.inf)
    return (torch.logsumexp(torch.cat([logits[:, :1], negatives], dim=1), dim=1) - logits[:, 0]).mean()


def uniformity(embeddings: Tensor) -> Tensor:
    """How bunched unit vectors ``[n, d]`` are: log of the mean Gaussian potential over pairs, 0 when all are equal and
    down to -4 when spread (Wang & Isola 2020, eq. 5 of §4.1.2, t = 2)."""
    n_rows = len(embeddings)
    if n_rows < 2:
        return embeddings.new_zeros(())
    potential = torch.exp(4.0 * (embeddings @ embeddings.T - 1.0))  # [n, n]: exp(-2 |u - v|^2) of unit vectors
    between = potential.sum() - potential.diagonal().sum()
    return torch.log(between / (n_rows * (n_rows - 1)))


def effective_rank(embeddings: NDArray[np.float32]) -> float:
    """Directions that embeddings ``[n, d]`` really use, 1 to d: exp of the entropy of the singular values' shares
    (Roy & Vetterli 2007). The mean is kept, so that equal vectors have rank 1."""
    if not len(embeddings):
        return 0.0
    singular = np.linalg.svd(embeddings.astype(np.float64), compute_uv=False)
    share = singular / max(float(singular.sum()), 1e-300)
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))
