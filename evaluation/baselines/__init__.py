"""Simple rankers that a model must beat, built from training outfits and item attributes."""

from evaluation.baselines.cooccurrence import CooccurrenceCount, CooccurrenceSecondOrder
from evaluation.baselines.popularity import Popularity

__all__ = ["CooccurrenceCount", "CooccurrenceSecondOrder", "Popularity"]
