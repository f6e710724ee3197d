"""A trained model: encode any graph with it, save it as a folder, load it back."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from data.atomic import replacing, write_whole
from graph.tensors import BipartiteGraph
from graphsage.config import GraphSageConfig
from graphsage.encode import Embeddings, encode_graph
from graphsage.errors import CheckpointError
from graphsage.features import NodeFeatures
from graphsage.model import GraphSage, InputWidths

FORMAT = "graphsage"
FORMAT_VERSION = 1


class TrainedGraphSage:
    """A model with its weights and what training measured.

    ``metrics`` holds plain JSON values: ``hits_at_10`` and ``popularity_hits_at_10`` (held-out edges, ranked within the
    item's group), ``effective_rank``, ``collapsed``, ``best_epoch``, ``loss`` (one value an epoch) and more.
    """

    def __init__(self, model: GraphSage, metrics: dict[str, Any]) -> None:
        self.model, self.metrics = model, metrics
        model.requires_grad_(False)

    @property
    def config(self) -> GraphSageConfig:
        """The settings it was trained with."""
        return self.model.config

    def encode(self, graph: BipartiteGraph, features: NodeFeatures) -> Embeddings:
        """Embeddings ``([I, dim], [J, dim])`` float32, L2-normalised; see ``graphsage.encode.encode_graph``."""
        return encode_graph(self.model, graph, features)

    def save(self, folder: Path) -> None:
        """Write ``weights.safetensors`` and ``config.json`` into ``folder``; each file is whole or not there."""
        weights = {name: tensor.contiguous() for name, tensor in self.model.state_dict().items()}
        with replacing(folder / "weights.safetensors") as temporary:
            save_file(weights, temporary)
        described = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "config": self.config.to_dict(),
            "widths": asdict(self.model.widths),
            "metrics": self.metrics,
        }
        write_whole(folder / "config.json", json.dumps(described, indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, folder: Path) -> TrainedGraphSage:
        """Read what ``save`` wrote.

        Raises
        ------
        CheckpointError
            A file is missing or broken, of another format version, or its weights do not fit its settings.
        """
        described = _read_description(folder / "config.json")
        try:
            widths = InputWidths(**described["widths"])
        except TypeError as error:
            raise CheckpointError(f"{folder / 'config.json'}: widths: {error}") from error
        model = GraphSage(GraphSageConfig.from_dict(described["config"]), widths)
        path = folder / "weights.safetensors"
        try:
            model.load_state_dict(load_file(path))
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"{path}: weights cannot be read: {error}") from error
        except RuntimeError as error:
            raise CheckpointError(f"{path}: weights do not fit the settings beside them: {error}") from error
        return cls(model, described["metrics"])


def _read_description(path: Path) -> dict[str, Any]:
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"{path}: description cannot be read: {error}") from error
    except ValueError as error:
        raise CheckpointError(f"{path}: not JSON: {error}") from error
    if not isinstance(described, dict) or described.get("format") != FORMAT:
        raise CheckpointError(f"{path}: format: expected {FORMAT!r}, so this is no saved graph model")
    if described.get("format_version") != FORMAT_VERSION:
        given = described.get("format_version")
        raise CheckpointError(f"{path}: format_version: {given!r}; this program reads {FORMAT_VERSION}")
    for key in ("config", "widths", "metrics"):
        if not isinstance(described.get(key), dict):
            raise CheckpointError(f"{path}: {key}: missing or not a table")
    return described
