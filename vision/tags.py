"""What is told of a photo: its garments, where they are, and what each is like. JSON lines of these are a contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from vision.errors import VisionError
from vision.masks import EncodedMask


class Value(Struct, frozen=True):
    """A word that holds of a garment, how sure that is (0 to 1), and which model or rule says so."""

    value: str
    confidence: float
    model: str


class TaggedGarment(Struct, frozen=True, kw_only=True):
    """One garment: its class, how sure that is (0 to 1), its box x0, y0, x1, y1 and its pixels.

    ``attributes``: by name, the values that hold, the surest first. ``styles``: the same of its style, by name.
    """

    category: str
    score: float
    box: tuple[float, float, float, float]
    mask: EncodedMask
    attributes: dict[str, tuple[Value, ...]] = {}
    styles: dict[str, Value] = {}


class TaggedPhoto(Struct, frozen=True, kw_only=True):
    """A photo, by the path as given, its size in pixels as it stands upright, and its garments, the surest first."""

    photo: str
    width: int
    height: int
    garments: tuple[TaggedGarment, ...] = ()


def to_line(tagged: TaggedPhoto) -> bytes:
    """One line of JSON, without its end."""
    return msgspec.json.encode(tagged)


def read_tags(file: Path) -> Iterator[TaggedPhoto]:
    """The photos of a file of JSON lines.

    Raises
    ------
    VisionError
        A line is no tagged photo.
    OSError
        The file cannot be read.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield msgspec.json.decode(line, type=TaggedPhoto)
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                raise VisionError(f"{file}:{number}: is no tagged photo: {error}") from error


def attribute_names(photos: Iterable[TaggedPhoto]) -> list[str]:
    """The attributes that any garment has, in the order in which they are met."""
    return list(dict.fromkeys(name for photo in photos for garment in photo.garments for name in garment.attributes))
