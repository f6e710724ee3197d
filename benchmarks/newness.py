"""Known and new items in one list: what other constants for new items than the fitted one would give.

    python -m benchmarks.newness WORKSPACE QUESTIONS [--shifts -2 -1 0 1 2]

WORKSPACE holds a trained release; QUESTIONS is a folder of validation questions. A line a shift of the constant: the
five metrics over all questions, then recall@10 of items that the training outfits hold and of others. Prints Markdown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.stylist_tables import FIVE, head, number, row
from evaluation import read_questions
from evaluation.tasks import ask, report
from recsys.pipeline.measuring import STATUS, ReleaseScorer, groups
from recsys.pipeline.release import load_release
from recsys.workspace import Workspace

SHIFTS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--shifts", nargs="+", type=float, default=SHIFTS)
    options = parser.parse_args()
    _, contents, _ = load_release(Workspace.open(options.workspace), None)
    questions = read_questions(options.questions)
    apart = {STATUS: groups(contents, every=False)[STATUS]}
    fitted = float(contents.model.newness)
    print(f"fitted: {fitted:.2f}\n")
    found = [heading for heading, _, _ in FIVE]
    print("\n".join(head(["constant, from the fitted one", *found, "R@10 of known items", "of new items"])))
    for shift in options.shifts:
        contents.model.newness.fill_(fitted + shift)
        answers = report(ask(ReleaseScorer(contents), questions), questions, bootstrap=0, groups=apart)
        cells = [answers.get(task, name).value for _, task, name in FIVE]
        cells += [answers.get("cir", "recall@10", by=STATUS, group=group).value for group in ("known", "new")]
        print(row([f"{shift:+g}" if shift else "**as fitted**", *map(number, cells)]), flush=True)


if __name__ == "__main__":
    main()
