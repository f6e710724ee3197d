"""Measuring rankers of outfits: questions, tasks, metrics, intervals and the simple rankers that must be beaten."""

from evaluation.questions import Cir, Compat, Fitb, QuestionError, Questions, read_questions
from evaluation.scorer import Scorer, score_many
from evaluation.tasks import Report, evaluate, predictions

__all__ = [
    "Cir",
    "Compat",
    "Fitb",
    "QuestionError",
    "Questions",
    "Report",
    "Scorer",
    "evaluate",
    "predictions",
    "read_questions",
    "score_many",
]
