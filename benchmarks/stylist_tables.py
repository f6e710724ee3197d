"""The results of ``benchmarks.stylist_outfits`` as the tables of docs/quality.md, in Markdown.

    python -m benchmarks.stylist_tables OUT/dev_warm [OUT/dev_cold ...]

``benchmarks.stylist_outfits`` writes the same to OUT/tables.md. A folder holds one ``seed_K.json`` a seed; intervals,
parts and baselines are those of the first one, means those of all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.table import COLUMNS

FIVE = COLUMNS[:5]
"""FITB, hard; AUC, hard; R@10: what is wanted of a ranker."""

SLOT_QUESTIONS = 20
"""Questions of a slot under which it has no row."""

RETRIEVED = ((FIVE[0], "FITB"), (FIVE[1], "FITB hard"), (FIVE[4], "R@10"))

Results = Mapping[int, Mapping[str, Any]]
Column = tuple[str, str, str]


def number(value: float, signed: bool = False) -> str:
    """``.813`` for 0.813, ``+0.077`` where a sign is wanted."""
    if signed:
        return f"{value:+.3f}"
    return f"{value:.3f}".removeprefix("0") if value < 1 else f"{value:.3f}"


def measured(metrics: Sequence[Mapping[str, Any]], column: Column, by: str = "", group: str = "") -> Mapping[str, Any]:
    """The metric of one column, over all questions or a group of them."""
    _, task, name = column
    return next(m for m in metrics if (m["task"], m["metric"], m["by"], m["group"]) == (task, name, by, group))


def row(cells: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def head(headings: Sequence[str]) -> list[str]:
    """The first two lines of one."""
    return [row(headings), row(["---"] * len(headings))]


def scorers(first: Mapping[str, Any]) -> list[str]:
    """All scorers over all questions, with intervals."""
    lines = head(["scorer", *(heading for heading, _, _ in COLUMNS)])
    for report in first["reports"]:
        found = [measured(report["metrics"], column) for column in COLUMNS]
        told = [f"{number(m['value'])} ({number(m['low'])}-{number(m['high'])})" for m in found]
        lines.append(row([report["scorer"], *told]))
    return lines


def seeds(results: Results) -> str:
    """The model's figures, seed by seed, and their mean."""
    parts = []
    for column in FIVE:
        values = [measured(result["reports"][0]["metrics"], column)["value"] for result in results.values()]
        parts.append(f"{column[0]} {', '.join(map(number, values))} (mean **{number(float(np.mean(values)))}**)")
    return f"Seeds {', '.join(map(str, results))}: {'; '.join(parts)}."


def difference(results: Results) -> str:
    """The first seed's model less the best baseline, question by question."""
    seed, first = next(iter(results.items()))
    found = [measured(first["difference"], column) for column in FIVE]
    told = [
        f"{column[0]} {number(m['value'], True)} ({number(m['low'], True)} to {number(m['high'], True)})"
        for column, m in zip(FIVE, found, strict=True)
    ]
    return f"Paired difference to {found[0]['against']}, seed {seed}: {', '.join(told)}."


def known_and_new(results: Results) -> list[str]:
    """Questions about items of training outfits and about others apart; empty where one kind lacks a figure: it is not
    asked about, or none of its outfits is real, as where few outfits were trained on."""
    first = next(iter(results.values()))
    metrics = first["reports"][0]["metrics"]
    asked = {(m["task"], m["metric"], m["group"]) for m in metrics if m["by"] == "item"}
    groups = [g for g in ("known", "new") if all((task, name, g) in asked for _, task, name in FIVE)]
    if len(groups) < 2:
        return []
    lines = head(["items asked for", "scorer", *(heading for heading, _, _ in FIVE)])
    wanted = (first["reports"][0]["scorer"], first["reports"][1]["scorer"], "co-occurrence 1st+2nd", "attribute PMI")
    for group in groups:
        for report in (r for r in first["reports"] if r["scorer"] in wanted):
            found = [measured(report["metrics"], column, "item", group) for column in FIVE]
            told = [f"{number(m['value'])} ({number(m['low'])}-{number(m['high'])})" for m in found]
            lines.append(row([group, report["scorer"], *told]))
    means = []
    for group in groups:
        rows = [
            [measured(result["reports"][0]["metrics"], column, "item", group)["value"] for column in FIVE]
            for result in results.values()
        ]
        means.append(f"{group} {' '.join(number(float(x)) for x in np.mean(rows, axis=0))}")
    return [*lines, "", f"Mean of the seeds: {'; '.join(means)}."]


def parts(first: Mapping[str, Any]) -> list[str]:
    """By slot, size of the outfit and number of training outfits of the item: the model / the best baseline."""
    model = first["reports"][0]["metrics"]
    against = first["difference"][0]["against"]
    baseline = next(r["metrics"] for r in first["reports"] if r["scorer"] == against)
    lines = head([f"model / {against}", "questions", *(heading for _, heading in RETRIEVED)])
    for by in ("slot", "size", "popularity"):
        asked = {m["group"]: m["n"] for m in model if m["by"] == by and m["task"] == "fitb"}
        for group, questions in sorted(asked.items(), key=lambda pair: _place(pair[0])):
            if by == "slot" and questions < SLOT_QUESTIONS:
                continue
            both = [
                " / ".join(number(measured(m, column, by, group)["value"]) for m in (model, baseline))
                if any((m["task"], m["by"], m["group"]) == (column[1], by, group) for m in model)
                else "-"
                for column, _ in RETRIEVED
            ]
            lines.append(row([f"{by} {group}", str(questions), *both]))
    return lines


def _place(group: str) -> tuple[int, str]:
    """Ranges of numbers in their order, names in theirs."""
    start = "".join(c for c in group.split("-", maxsplit=1)[0] if c.isdigit())
    return (int(start) if start else 0, group)


def tables(name: str, results: Results) -> str:
    """All of it for one split."""
    first = next(iter(results.values()))
    blocks = [
        [f"## {name}"],
        scorers(first),
        [seeds(results)],
        [difference(results)],
        known_and_new(results),
        parts(first),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    for folder in options.folders:
        files = sorted(folder.glob("seed_*.json"))
        results = {int(f.stem.removeprefix("seed_")): json.loads(f.read_text(encoding="utf-8")) for f in files}
        print(tables(folder.name, results))


if __name__ == "__main__":
    main()
