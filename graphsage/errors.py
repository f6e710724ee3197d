"""Errors that the graphsage package raises; each message names what was given, where, and what would be right."""

from __future__ import annotations


class GraphSageError(Exception):
    """Base of all errors about the graph model."""


class ConfigError(GraphSageError):
    """A setting is unknown or out of range."""


class FeatureError(GraphSageError):
    """Node features do not fit the graph or the model."""


class TrainingError(GraphSageError):
    """Training cannot start or cannot go on: no edges to learn from, or a loss that is not a number."""


class CheckpointError(GraphSageError):
    """A saved model or checkpoint is missing, incomplete, or belongs to other settings or another graph."""


class CollapseWarning(UserWarning):
    """The embeddings use so few directions that neighbours in them mean little."""
