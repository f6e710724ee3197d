"""What each part of the outfit model is worth: trained without it, asked the same questions.

    python -m benchmarks.ablation WORKSPACE QUESTIONS [--seed 0] [--only NAME ...]

WORKSPACE has been imported into; QUESTIONS is a folder of validation questions, so that parts are kept or dropped
without a look at the test. Item and graph embeddings are computed once; the outfit model is trained anew for each
variant. "Counting alone" and "the network's share 1" are the full model with another gain, not trained again. Every row
below the first gives the difference to it, with the 95 % interval of the paired difference over outfits. The last three
columns ask the same of contexts cut to one item, drawn at random, as when an outfit is begun.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any, TypeVar

import numpy as np
from msgspec import structs

import graphsage
from benchmarks.machine import describe
from bert4rec.config import Bert4RecConfig
from evaluation import read_questions
from evaluation.questions import Cir, Fitb, Questions
from evaluation.tasks import Answers, ask, paired, report
from recsys.bootstrap import open_encoders
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.jobs import read_inputs, tensor_threads
from recsys.pipeline.measuring import ReleaseScorer
from recsys.pipeline.training import TrainingPlan, train
from recsys.settings import load_settings
from recsys.workspace import Workspace

Asked = TypeVar("Asked", Fitb, Cir)

METRICS = (
    ("fitb", "accuracy"),
    ("fitb_hard", "accuracy"),
    ("compat", "auc"),
    ("compat_hard", "auc"),
    ("cir", "recall@10"),
)
BEGUN = (("fitb", "accuracy"), ("fitb_hard", "accuracy"), ("cir", "recall@10"))
VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "no counted evidence": {"evidence": False},
    "no transformer": {"transformer": False},
    "no network over pairs": {"pairs": False},
    "no graph embedding": {"graph": False},
    "no looks in the network": {"dense": False},
    "no identity": {"identity": False},
    "always one item hidden": {"mask_one": 1.0},
    "no items passing for new": {"fresh_items": 0.0},
    "two folds": {"folds": 2},
    "a tenth of each label spread over what is offered": {"label_smoothing": 0.1},
}
GAINS = {"counting alone": 0.0, "the network's share 1": 1.0}


def with_gain(contents: ReleaseContents, gain: float) -> ReleaseContents:
    """The same release with another share of the network's part for known items."""
    contents.model.gain[0] = gain
    return contents


def begun(questions: Questions, seed: int = 0) -> Questions:
    """The questions that have a context, cut to one item of it."""
    rng = np.random.default_rng(seed)

    def cut(rows: tuple[Asked, ...]) -> tuple[Asked, ...]:
        return tuple(structs.replace(q, context=(str(rng.choice(q.context)),)) for q in rows if q.context)

    return Questions(fitb=cut(questions.fitb), fitb_hard=cut(questions.fitb_hard), cir=cut(questions.cir))


def row(answers: Answers, full: Answers | None, questions: Questions, names: Sequence[tuple[str, str]]) -> str:
    """The metrics of ``names``: of the full model as they are, of a variant as differences to it."""
    if full is None:
        cells = {(m.task, m.metric): f"{m.value:.3f}" for m in report(answers, questions, bootstrap=0).metrics}
    else:
        cells = {
            (m.task, m.metric): f"{m.value:+.3f} ({m.low:+.3f} to {m.high:+.3f})"
            for m in paired(answers, full, questions)
        }
    return "".join(f"{cells[key]:>26}" for key in names)


def variants(options: argparse.Namespace) -> Iterator[tuple[str, ReleaseContents, float]]:
    """Name, release and seconds of training of each variant."""
    workspace = Workspace.open(options.workspace)
    settings = load_settings(workspace=workspace.root)
    inputs = read_inputs(
        workspace,
        settings,
        open_encoders(settings),
        lambda stage, state: None,
        lambda done: None,
        lambda problem: print(problem, file=sys.stderr),
    )
    with tempfile.TemporaryDirectory() as folder, tensor_threads(settings.training.threads):
        for name, changed in VARIANTS.items():
            if options.only and name not in {"full", *options.only}:
                continue
            rmtree(Path(folder, "bert4rec"), ignore_errors=True)
            plan = TrainingPlan(
                graphsage=graphsage.GraphSageConfig(seed=options.seed),
                bert4rec=replace(Bert4RecConfig(seed=options.seed), **changed),
                seed=options.seed,
                checkpoints=Path(folder),
                resume=True,  # of the graph model alone, whose training is over after the first variant
            )
            start = time.perf_counter()
            contents = train(inputs, plan, lambda stage, state: None)
            yield name, contents, time.perf_counter() - start
            if name == "full":
                for label, gain in GAINS.items():
                    if not options.only or label in options.only:
                        yield label, with_gain(contents, gain), 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=[*VARIANTS, *GAINS], help="these and the full model")
    options = parser.parse_args()
    print(describe())
    print(f"{'':50}" + "".join(f"{task + ' ' + metric:>26}" for task, metric in (*METRICS, *BEGUN)))
    asked = ((read_questions(options.questions), METRICS), (begun(read_questions(options.questions)), BEGUN))
    full: list[Answers | None] = [None, None]
    for name, contents, seconds in variants(options):
        scorer = ReleaseScorer(contents)
        answers = [ask(scorer, questions) for questions, _ in asked]
        cells = [row(*cells) for cells in zip(answers, full, *zip(*asked, strict=True), strict=True)]
        full = [first or given for first, given in zip(full, answers, strict=True)]
        print(f"{name:50}" + "".join(cells) + (f"  {seconds:.0f} s" if seconds else ""), flush=True)


if __name__ == "__main__":
    main()
