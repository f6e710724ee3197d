"""The statistics of a data set as one HTML page; bars are drawn by the browser, so every script's letters show."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from data.atomic import write_whole
from data.statistics import Statistics, ranked

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: #222 }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem } dt { color: #666 } dd { margin: 0; font-size: 1.5rem }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(26rem, 1fr)); gap: 0 2.5rem }
table { border-collapse: collapse; width: 100% } td { padding: .1rem .5rem .1rem 0; white-space: nowrap }
td:nth-child(2) { width: 60% } td:nth-child(3) { text-align: right; font-variant-numeric: tabular-nums }
.bar { background: #3b6ea8; height: .8rem; border-radius: 2px; min-width: 1px }
"""
_TOTALS = (
    ("images", "photos"),
    ("looks", "looks without a photo"),
    ("garments", "garments"),
    ("items", "items of tables"),
    ("quarantined", "quarantined"),
    ("without_garment", "images without a garment"),
    ("without_category", "garments without a category"),
)
_CHARTS = (
    ("styles", "Styles"),
    ("substyles", "Sub-styles"),
    ("regions", "Regions"),
    ("slots", "Slots"),
    ("categories", "Categories"),
    ("colours", "Colours"),
    ("unknown_values", "Values outside the vocabulary"),
    ("notes", "Mended on reading"),
    ("problems", "Problems by field"),
    ("sources", "Sources"),
)


def write_statistics(statistics: Statistics, path: str | Path, *, rows: int = 40) -> None:
    """Write the page, whole or not at all; each chart shows its ``rows`` most frequent values and sums up the rest.

    Raises
    ------
    OSError
        ``path`` cannot be written.
    """
    totals = "".join(f"<div><dt>{words}</dt><dd>{getattr(statistics, name):,}</dd></div>" for name, words in _TOTALS)
    charts = [_chart(title, getattr(statistics, name), rows) for name, title in _CHARTS]
    charts += [_chart(f"Attribute: {name}", values, rows) for name, values in sorted(statistics.attributes.items())]
    parts = ", ".join(f"{part} {share:.1%}" for part, share in statistics.split_shares.items())
    write_whole(
        Path(path),
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Data statistics</title><style>{_STYLE}</style>"
        f"<h1>Data statistics</h1><dl>{totals}</dl>{f'<p>Split: {parts}</p>' if parts else ''}"
        f"<div class='charts'>{''.join(charts)}</div></html>\n",
    )


def _chart(title: str, counts: Mapping[str, int], rows: int) -> str:
    if not counts:
        return ""
    shown = list(ranked(counts).items())
    rest = sum(count for _, count in shown[rows:])
    most, total = shown[0][1], sum(counts.values())
    lines = "".join(
        f"<tr><td>{escape(value)}</td><td><div class='bar' style='width:{100 * count / most:.1f}%'></div></td>"
        f"<td>{count:,} ({count / total:.1%})</td></tr>"
        for value, count in shown[:rows]
    )
    more = f"<p>{len(shown) - rows:,} further values: {rest:,}</p>" if rest else ""
    return f"<section><h2>{escape(title)}</h2><table>{lines}</table>{more}</section>"
