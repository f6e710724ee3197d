"""Rules that read a photo's header alone: format, resolution, size and ratio."""

from __future__ import annotations

import io
from pathlib import Path

from msgspec import Struct
from PIL import Image

from data.archives import read_member, split_reference
from data.checks.findings import CheckSettings, Verdict


class Judgement(Struct, frozen=True):
    """A verdict with the number behind it and the threshold it was held against."""

    verdict: Verdict
    threshold: str
    measured: float | None = None
    detail: str = ""


class PhotoHeader(Struct, frozen=True):
    """Format as Pillow names it, and dots an inch along either side (None where the file states none)."""

    format: str
    dpi: tuple[float, float] | None


def read_header(ref: str) -> PhotoHeader:
    """Format and resolution of a photo that `data.photos.open_photo` can open."""
    file, member = split_reference(ref)
    with Image.open(Path(file) if member is None else io.BytesIO(read_member(file, member))) as picture:
        name = "JPEG" if picture.format == "MPO" else picture.format or "unknown"
        stated = picture.info.get("dpi")
    if not isinstance(stated, tuple) or not all(float(value) > 1.0 for value in stated):
        return PhotoHeader(name, None)  # a density of 0 or 1 is how encoders write that they know none
    return PhotoHeader(name, (float(stated[0]), float(stated[1])))


def judge_format(header: PhotoHeader, settings: CheckSettings) -> Judgement:
    """Whether the file is one of the accepted formats, whatever its name ends in."""
    verdict: Verdict = "pass" if header.format in settings.formats else "fail"
    return Judgement(verdict, ", ".join(settings.formats), detail=header.format)


def judge_dpi(header: PhotoHeader, settings: CheckSettings) -> Judgement:
    """Whether the stated resolution is within range; a file that states none is not judged."""
    threshold = f"{settings.min_dpi:g}..{settings.max_dpi:g} dpi"
    if header.dpi is None:
        return Judgement("not_judged", threshold, detail="the file states no resolution")
    low, high = min(header.dpi), max(header.dpi)
    inside = round(low, 1) >= settings.min_dpi and round(high, 1) <= settings.max_dpi
    return Judgement("pass" if inside else "fail", threshold, low if low < settings.min_dpi else high)


def judge_size(size: tuple[int, int], settings: CheckSettings) -> Judgement:
    """Whether both sides are within range; ``measured`` is the shorter side if that is too short, else the longer."""
    short, long = min(size), max(size)
    inside = settings.min_side <= short and long <= settings.max_side
    measured = short if short < settings.min_side else long
    threshold = f"{settings.min_side}..{settings.max_side} px a side"
    return Judgement("pass" if inside else "fail", threshold, float(measured), f"{size[0]} x {size[1]}")


def judge_ratio(size: tuple[int, int], settings: CheckSettings) -> Judgement:
    """Whether width to height is within range."""
    ratio = size[0] / size[1]
    inside = settings.min_ratio <= ratio <= settings.max_ratio
    threshold = f"{settings.min_ratio:g}..{settings.max_ratio:g} width to height"
    return Judgement("pass" if inside else "fail", threshold, round(ratio, 4))
