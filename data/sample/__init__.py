"""The rendered sample: drawn photos of outfits in K-Fashion's format, with everything about them known.

It exists so that what a model learns can be compared with what there was to learn: who wears what, which garments recur
in which photos, and which rule put them together.
"""

from data.sample.errors import SampleError
from data.sample.oracle import oracle_compatibility, oracle_scores
from data.sample.question_files import questions
from data.sample.render import render_sample
from data.sample.settings import SampleSettings
from data.sample.truth import SampleTruth, load_truth

__all__ = [
    "SampleError",
    "SampleSettings",
    "SampleTruth",
    "load_truth",
    "oracle_compatibility",
    "oracle_scores",
    "questions",
    "render_sample",
]
