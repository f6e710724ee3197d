"""The findings as one HTML page with the photos that failed."""

from __future__ import annotations

import base64
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from html import escape
from pathlib import Path

from data.atomic import write_whole
from data.checks.findings import CODES, Finding
from data.errors import PhotoError
from data.photos import open_photo

_THUMBNAIL = (120, 160)
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse } td, th { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #ddd }
td:first-child, th:first-child { text-align: left }
.photos { display: flex; flex-wrap: wrap; gap: .8rem }
figure { margin: 0; width: 140px; font-size: 12px; overflow-wrap: anywhere } img { max-width: 140px; display: block }
.missing { width: 120px; height: 160px; background: #eee; display: grid; place-items: center }
"""


def write_report(findings: Iterable[Finding], path: str | Path, *, photos_per_rule: int = 24) -> None:
    """Write a page that counts verdicts by rule and shows the first photos that failed each, embedded as thumbnails.

    Findings are read once and need not fit in memory. The page appears whole or not at all.

    Raises
    ------
    OSError
        ``path`` cannot be written.
    """
    counts: Counter[tuple[str, str]] = Counter()
    failed: defaultdict[str, list[Finding]] = defaultdict(list)
    images: set[str] = set()
    for finding in findings:
        counts[finding.code, finding.verdict] += 1
        if finding.verdict == "fail":
            images.add(finding.image_id)
            if len(failed[finding.code]) < photos_per_rule:
                failed[finding.code].append(finding)
    write_whole(Path(path), _page(counts, failed, len(images)))


def thumbnail(ref: str) -> str | None:
    """A small JPEG of the photo as a ``data:`` address; None where it cannot be opened."""
    try:
        photo = open_photo(ref)
    except PhotoError:
        return None
    photo.thumbnail(_THUMBNAIL)
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=70)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _page(counts: Counter[tuple[str, str]], failed: dict[str, list[Finding]], images: int) -> str:
    codes = [code for code in CODES if any(counts[code, verdict] for verdict in ("pass", "fail", "not_judged"))]
    rows = "".join(
        f"<tr><td>{code}</td>"
        + "".join(f"<td>{counts[code, v]:,}</td>" for v in ("pass", "fail", "not_judged"))
        + "</tr>"
        for code in codes
    )
    sections = "".join(
        f"<h2>{code}: {counts[code, 'fail']:,} failed</h2>"
        f"<div class='photos'>{''.join(map(_figure, failed[code]))}</div>"
        for code in codes
        if failed.get(code)
    )
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Acquisition check</title><style>{_STYLE}</style>"
        f"<h1>Acquisition check</h1><p>{images:,} photos failed at least one rule. "
        "All photos were kept as they are.</p>"
        f"<table><tr><th>rule</th><th>pass</th><th>fail</th><th>not judged</th></tr>{rows}</table>{sections}</html>\n"
    )


def _figure(finding: Finding) -> str:
    image = thumbnail(finding.photo) if finding.photo else None
    shown = f"<img src='{image}' alt=''>" if image else "<div class='missing'>no picture</div>"
    measured = "" if finding.measured is None else f"{finding.measured:.3g} "
    words = escape(f"{measured}({finding.threshold}) {finding.detail}".strip())
    return f"<figure>{shown}<figcaption><b>{escape(finding.image_id)}</b><br>{words}</figcaption></figure>"
