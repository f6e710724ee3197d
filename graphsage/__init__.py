"""Inductive embeddings of images and items from the graph between them (GraphSAGE)."""

from __future__ import annotations

from graphsage.config import GraphSageConfig
from graphsage.edges import edge_list, with_edges, with_listeners, without_edges
from graphsage.errors import (
    CheckpointError,
    CollapseWarning,
    ConfigError,
    FeatureError,
    GraphSageError,
    TrainingError,
)
from graphsage.features import NodeFeatures, Tags, no_tags
from graphsage.model import GraphSage
from graphsage.sampler import Hop, NeighborSampler
from graphsage.train import fit
from graphsage.trained import TrainedGraphSage

__all__ = [
    "CheckpointError",
    "CollapseWarning",
    "ConfigError",
    "FeatureError",
    "GraphSage",
    "GraphSageConfig",
    "GraphSageError",
    "Hop",
    "NeighborSampler",
    "NodeFeatures",
    "Tags",
    "TrainedGraphSage",
    "TrainingError",
    "edge_list",
    "fit",
    "no_tags",
    "with_edges",
    "with_listeners",
    "without_edges",
]
