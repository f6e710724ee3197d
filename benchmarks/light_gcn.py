"""LightGCN to compare with: PyTorch Geometric's layer, trained on the same links, its settings tuned.

    python -m benchmarks.light_gcn WORKSPACE

tries settings on a validation cut of the training photos: not the cut of ``benchmarks.graph_embeddings``, whose
held-out photos are taken out first.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.nn import LGConv

from benchmarks.link_questions import Asked, hits, hold_out, known_items
from graph.tensors import BipartiteGraph
from graphsage import edge_list


@dataclass(frozen=True)
class LightGcnSettings:
    """``loss``: softmax (over all known items and those of the item's group, in equal parts) or bpr."""

    dim: int = 64
    layers: int = 2
    epochs: int = 9
    loss: str = "softmax"
    lr: float = 0.01
    decay: float = 1e-4
    batch: int = 2048
    seed: int = 0


class LightGcn:
    """He et al. 2020: learned vectors of all nodes, smoothed over the graph, the mean of all layers.

    A photo that training did not see has no vector of its own; the rest of its layers is what its items send it.
    """

    def __init__(self, graph: BipartiteGraph, group: NDArray[np.int32], settings: LightGcnSettings) -> None:
        self.settings = settings
        self.n_images = graph.n_images
        edges = torch.from_numpy(edge_list(graph))
        self._image, self._item = edges[:, 0], edges[:, 1]
        forth = torch.stack([self._image, self._item + graph.n_images])
        self._edge_index = torch.cat([forth, forth.flip(0)], dim=1)
        self._conv = LGConv()
        degree = torch.from_numpy(np.diff(graph.item_indptr))
        self._known = torch.nonzero(degree)[:, 0]
        self._degree = degree.clamp(min=1).float()
        self._group = torch.from_numpy(group.astype(np.int64))
        self._random = torch.Generator().manual_seed(settings.seed)
        nodes = graph.n_images + graph.n_items
        self.vectors = 0.1 * torch.randn(nodes, settings.dim, generator=self._random)
        self.vectors.requires_grad_()

    def layers(self) -> list[Tensor]:
        """Vectors of all nodes [I + J, dim] after 0, 1, ... rounds."""
        states = [self.vectors]
        for _ in range(self.settings.layers):
            states.append(self._conv(states[-1], self._edge_index))
        return states

    def fit(self) -> LightGcn:
        """Train for the settings' epochs."""
        optimizer = torch.optim.Adam([self.vectors], lr=self.settings.lr)
        for _ in range(self.settings.epochs):
            order = torch.randperm(len(self._image), generator=self._random)
            for part in torch.split(order, self.settings.batch):
                optimizer.zero_grad()
                self._loss(part).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        return self

    def _loss(self, part: Tensor) -> Tensor:
        nodes = torch.stack(self.layers()).mean(dim=0)
        image, item = self._image[part], self._item[part]
        photos, items = nodes[image], nodes[self.n_images :]
        own = (photos * items[item]).sum(dim=1)
        if self.settings.loss == "bpr":
            other = self._of_same_group(item)
            loss = F.softplus((photos * items[other]).sum(dim=1) - own).mean()
        else:
            scores = photos @ items[self._known].T
            alike = self._group[item][:, None] == self._group[self._known][None, :]
            within = torch.logsumexp(scores.masked_fill(~alike, -torch.inf), dim=1)
            loss = 0.5 * (torch.logsumexp(scores, dim=1) + within).mean() - own.mean()
        size = self.vectors[image].square().sum() + self.vectors[self.n_images + item].square().sum()
        return loss + self.settings.decay * size / len(part)

    def _of_same_group(self, item: Tensor) -> Tensor:
        """A random known item of each item's group."""
        chance = torch.rand(len(item), len(self._known), generator=self._random)
        alike = self._group[item][:, None] == self._group[self._known][None, :]
        return self._known[(chance * alike).argmax(dim=1)]

    @torch.no_grad()
    def items(self) -> NDArray[np.float32]:
        """Item vectors [J, dim]; those without a link are but how they were drawn, so they are 0 here."""
        vectors = torch.stack(self.layers()).mean(dim=0)[self.n_images :].clone()
        unknown = torch.ones(len(vectors), dtype=torch.bool)
        unknown[self._known] = False
        vectors[unknown] = 0.0
        return np.asarray(vectors.numpy(), np.float32)

    @torch.no_grad()
    def scores(self, asked: Asked) -> NDArray[np.float32]:
        """[Q, J] scores of photos known by their shown items; items without a link come last."""
        photo = np.zeros((len(asked.target), self.settings.dim), np.float32)
        for state in self.layers()[:-1]:
            photo += asked.shown @ (state[self.n_images :] / self._degree.sqrt()[:, None]).numpy()
        scores = np.full((len(photo), len(self._degree)), -np.inf, np.float32)
        known = self._known.numpy()
        scores[:, known] = photo @ self.items()[known].T
        return scores

    def known_scores(self, asked: Asked) -> NDArray[np.float32]:
        """The same with 0 for items without a link, as a part of a sum."""
        return np.nan_to_num(self.scores(asked), neginf=0.0)


def main() -> None:
    from benchmarks.graph_embeddings import SHARES, open_workspace

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    opened = open_workspace(parser.parse_args().workspace)
    graph, group = opened.inputs.graph, opened.inputs.corpus.image_group
    first = hold_out(graph, group, SHARES, np.random.default_rng(0))
    second = hold_out(first.known, group, (0.12, 0.0), np.random.default_rng(1))
    item_group = opened.nodes.item_group
    asked = known_items(second)
    start = LightGcnSettings()
    tried = [
        *(replace(start, epochs=n) for n in (6, 9, 12, 18)),
        *(replace(start, dim=d) for d in (32, 128)),
        *(replace(start, layers=n) for n in (1, 3)),
        *(replace(start, decay=d) for d in (1e-3, 1e-2)),
        *(replace(start, loss="bpr", epochs=n) for n in (12, 18, 30)),
    ]
    for settings in tried:
        model = LightGcn(second.known, item_group, settings).fit()
        print(f"{hits(asked, model.scores(asked), item_group).mean():.3f}  {settings}", flush=True)


if __name__ == "__main__":
    main()
