"""Reports side by side: for people as a table, for programs as JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from msgspec import to_builtins

from evaluation.tasks import Difference, Metric, Report

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("FITB", "fitb", "accuracy"),
    ("FITB hard", "fitb_hard", "accuracy"),
    ("AUC", "compat", "auc"),
    ("AUC hard", "compat_hard", "auc"),
    ("R@10", "cir", "recall@10"),
    ("R@50", "cir", "recall@50"),
    ("MRR", "cir", "mrr"),
)
"""Heading, task and metric of each column."""

TOLD = ("accuracy", "auc", "recall@10")
"""Metrics whose differences are put into words."""


def shown(metric: Metric | None, *, interval: bool = True) -> str:
    """``.682 (.660-.703)``; a dash where there is no number."""
    if metric is None or math.isnan(metric.value):
        return "–"
    if not interval or math.isnan(metric.low):
        return _short(metric.value)
    return f"{_short(metric.value)} ({_short(metric.low)}-{_short(metric.high)})"


def rows(reports: Sequence[Report], *, interval: bool = True, by: str = "", group: str = "") -> list[list[str]]:
    """Heading and one row a report; columns that no report has are left out."""
    found = [{(m.task, m.metric): m for m in r.metrics if (m.by, m.group) == (by, group)} for r in reports]
    columns = [(h, (t, m)) for h, t, m in COLUMNS if any((t, m) in f for f in found)]
    heading = ["scorer", *(h for h, _ in columns)]
    body = [
        [r.scorer, *(shown(f.get(c), interval=interval) for _, c in columns)]
        for r, f in zip(reports, found, strict=True)
    ]
    return [heading, *body]


def plain(reports: Sequence[Report], *, interval: bool = True, by: str = "", group: str = "") -> str:
    """The table as text in Markdown, for documents and pipes."""
    return _markdown(rows(reports, interval=interval, by=by, group=group))


def _markdown(table: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[c]) for row in table) for c in range(len(table[0]))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in table]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def by_group(reports: Sequence[Report], by: str, *, interval: bool = True) -> str:
    """The breakdown ``by`` as text in Markdown, the reports one under the other for each group; empty without any."""
    groups = sorted({m.group for r in reports for m in r.metrics if m.by == by}, key=_in_order)
    tables = [rows(reports, interval=interval, by=by, group=g) for g in groups]
    headings = [h for h, _, _ in COLUMNS if any(h in heading for heading, *_ in tables)]
    body = [
        [group, row[0], *(dict(zip(heading, row, strict=True)).get(h, "–") for h in headings)]
        for group, (heading, *found) in zip(groups, tables, strict=True)
        for row in found
    ]
    return _markdown([[by, "scorer", *headings], *body]) if body else ""


def _in_order(group: str) -> tuple[int, str]:
    """Groups that start with a number by that number, then the others by name."""
    number = re.match(r"\d+", group)
    return (int(number[0]) if number else 10**9, group)


def differences(found: Sequence[Difference], heading: str) -> list[str]:
    """A line of the differences that say most over all questions, then one for each group where there are several.

    ``against the best, new items: fitb accuracy +0.123 (+0.054 to +0.192), popularity; ...``: each names what it is a
    difference from, unless the heading ends with that name. What has no value is left out.
    """
    told = [m for m in found if m.metric in TOLD and not math.isnan(m.value)]
    groups = list(dict.fromkeys((m.by, m.group) for m in told if m.by))
    lines = [f"{heading}: {'; '.join(_signed(m, heading) for m in told if not m.by)}"]
    for by, group in groups:
        if sum(other == by for other, _ in groups) > 1:
            inside = "; ".join(_signed(m, heading) for m in told if (m.by, m.group) == (by, group))
            lines.append(f"{heading}, {group} {by}s: {inside}")
    return lines


def _signed(found: Difference, heading: str) -> str:
    """A difference with its interval, where it has one: of a single outfit, or without resamples, there is none."""
    interval = "" if math.isnan(found.low) else f" ({found.low:+.3f} to {found.high:+.3f})"
    name = "" if heading.endswith(found.against) else f", {found.against}"
    return f"{found.task} {found.metric} {found.value:+.3f}{interval}{name}"


def as_json(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """All metrics of all reports as plain data; NaN becomes None, since JSON has none."""
    data: list[dict[str, Any]] = to_builtins(list(reports))
    for report in data:
        for metric in report["metrics"]:
            for key in ("value", "low", "high"):
                if math.isnan(metric[key]):
                    metric[key] = None
    return data


def _short(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"
