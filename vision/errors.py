"""Errors that the vision package raises; each message names what was given, where, and what would be right."""

from __future__ import annotations


class VisionError(Exception):
    """Base of all errors about pixels, encoders and stored embeddings."""


class CropError(VisionError):
    """A garment cannot be cut out of a photo: it has no place in it, or its place holds no pixel."""


class EncoderError(VisionError):
    """An encoder cannot be opened: unknown name, or weights missing, unreachable or of another architecture."""


class StoreError(VisionError):
    """Stored embeddings cannot be read or written: a damaged part, a wrong shape, an id given twice."""


class ConfigError(VisionError):
    """A setting of a vision model that does not exist or is out of range."""


class CheckpointError(VisionError):
    """A model's folder or a run's state cannot be read: broken, of another architecture, or of another run."""


class TrainingError(VisionError):
    """There is nothing to train on, or the loss is not a number."""
