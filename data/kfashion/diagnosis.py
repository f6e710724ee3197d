"""What is wrong with an annotation that could not be decoded: the slow path, walked only for bad files."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from data.kfashion.wire import Annotation, LabelValue, Rect

_AT = re.compile(r" - at `\$\.?(?P<path>.*)`$")
_BYTE = re.compile(r" \(byte (\d+)\)")
_DATASET, _DESCRIPTION = "데이터셋 정보", "데이터셋 상세설명"
_SECTIONS: tuple[tuple[str, Any], ...] = (("렉트좌표", Rect), ("폴리곤좌표", float), ("라벨링", LabelValue))


def diagnose(raw: bytes) -> tuple[str, str]:
    """Field and reason for a file that `data.kfashion.wire.decode` refused."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start}", f"not UTF-8 ({error.reason}); annotations are JSON in UTF-8"
    if not text.strip():
        return "file", "the file is empty; an annotation is a JSON object"
    try:
        document = json.loads(text)
    except RecursionError:
        return "file", "the JSON is nested too deeply for an annotation"
    except ValueError as error:
        return _malformed(raw, error)
    for place, number in _not_finite(document, ""):
        return place, f"{number} is no coordinate; JSON knows finite numbers only"
    located = _located(document)
    if located is not None:
        return located
    try:
        msgspec.json.decode(raw, type=Annotation[str])
    except msgspec.ValidationError as error:
        return _split(str(error), "")
    return "file", "the JSON is not accepted by the strict decoder; is a key given twice or a number out of range?"


def _malformed(raw: bytes, error: ValueError) -> tuple[str, str]:
    try:
        msgspec.json.decode(raw)
    except msgspec.DecodeError as strict:
        if "truncated" in str(strict):
            return f"byte {len(raw)}", f"the JSON is cut off after byte {len(raw)}"
        at = _BYTE.search(str(strict))
        if at is not None:
            return f"byte {at.group(1)}", _BYTE.sub("", str(strict))
    return "file", str(error)


def _not_finite(value: object, place: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _not_finite(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _not_finite(inner, f"{place}[{number}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield place, value


def _located(document: Any) -> tuple[str, str] | None:
    """The decoder writes ``[...]`` for a key of a dictionary; go through the regions to name it."""
    try:
        description = document[_DATASET][_DESCRIPTION]
        for section, kind in _SECTIONS:
            for part, entries in description[section].items():
                for number, entry in enumerate(entries):
                    place = f"{_DATASET}.{_DESCRIPTION}.{section}.{part}[{number}]"
                    found = _wrong(entry, kind, place)
                    if found is not None:
                        return found
    except (AttributeError, KeyError, TypeError):
        pass  # the frame around the regions is what is wrong, and the decoder names that itself
    return None


def _wrong(entry: Any, kind: Any, place: str) -> tuple[str, str] | None:
    cells = [(place, entry)] if kind is Rect else [(f"{place}.{key}", value) for key, value in entry.items()]
    for cell, value in cells:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            return _split(str(error), cell)
    return None


def _split(message: str, place: str) -> tuple[str, str]:
    """``Expected `float`, got `str` - at `$.x``` as field and reason, below a place."""
    at = _AT.search(message)
    if at is None:
        return place or "file", message
    path = at.group("path")
    joint = "" if not place or path.startswith("[") else "."
    return f"{place}{joint}{path}", message[: at.start()]
