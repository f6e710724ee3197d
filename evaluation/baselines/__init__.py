"""Simple rankers that a model must beat, built from training outfits and item attributes."""

from evaluation.baselines.appearance import BackdropLeak, ColourDistance
from evaluation.baselines.attributes import AttributePmi
from evaluation.baselines.chance import Random
from evaluation.baselines.cooccurrence import CooccurrenceCount, CooccurrenceSecondOrder
from evaluation.baselines.popularity import Popularity

__all__ = [
    "AttributePmi",
    "BackdropLeak",
    "ColourDistance",
    "CooccurrenceCount",
    "CooccurrenceSecondOrder",
    "Popularity",
    "Random",
]
