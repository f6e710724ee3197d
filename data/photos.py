"""Opening photos by reference: a path, or ``<archive>.zip::<member>``, with limits that a hostile file cannot pass."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from data.archives import find_member, read_member, split_reference
from data.errors import DataError, PhotoError

MAX_PIXELS = 50_000_000
"""More pixels than this and a photo is refused from its header alone: 7,000 x 7,000, 150 MB once decoded."""

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"})
"""File endings, lower case, that readers take for photos."""

_HEADER_BYTES = 1 << 17  # an EXIF block with its thumbnail takes up to 64 KiB before the size is said
_TURNED = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height


def open_photo(ref: str, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read a photo as RGB, turned upright by its EXIF orientation; transparent pixels become white.

    Parameters
    ----------
    ref
        A path, or ``<archive>.zip::<member>``.
    max_pixels
        Limit on width times height, checked in the header before a pixel is decoded.

    Raises
    ------
    PhotoError
        The photo is missing, not a picture, cut off, or over the limit.
    """
    with _opened(ref, max_pixels) as picture:
        upright = ImageOps.exif_transpose(picture)
        if upright.mode == "RGB":
            upright.load()
            return upright
        if "A" in upright.getbands() or "transparency" in upright.info:
            layered = upright.convert("RGBA")
            sheet = Image.new("RGB", layered.size, "white")
            sheet.paste(layered, mask=layered.getchannel("A"))
            return sheet
        return upright.convert("RGB")


def photo_size(ref: str, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Width and height, in pixels, of the photo as `open_photo` returns it; reads the header only.

    Raises
    ------
    PhotoError
        The photo is missing, not a picture, or over the limit.
    """
    try:
        with _opened(ref, max_pixels, prefix=_HEADER_BYTES) as picture:
            return _upright_size(picture)
    except PhotoError:
        if split_reference(ref)[1] is None:
            raise
    with _opened(ref, max_pixels) as picture:  # a header longer than the prefix that was unpacked
        return _upright_size(picture)


def photo_exists(ref: str) -> bool:
    """Whether there is a file, or an archive member, by this reference; says nothing about what it holds."""
    file, member = split_reference(ref)
    if member is None:
        return Path(file).is_file()
    try:
        return find_member(file, member) is not None
    except DataError:
        return False


def _upright_size(picture: Image.Image) -> tuple[int, int]:
    width, height = picture.size
    turned = picture.getexif().get(ExifTags.Base.Orientation) in _TURNED
    return (height, width) if turned else (width, height)


@contextmanager
def _opened(ref: str, max_pixels: int, prefix: int | None = None) -> Iterator[Image.Image]:
    """A picture whose header has been read and whose size is within the limit; every failure is a PhotoError.

    ``prefix`` limits how much of an archive member is unpacked.
    """
    source = _source(ref, prefix)
    try:
        with Image.open(source) as picture:
            width, height = picture.size
            if width * height > max_pixels:
                raise PhotoError(ref, f"{width} x {height} pixels is over the limit of {max_pixels:,}")
            yield picture
    except PhotoError:
        raise
    except UnidentifiedImageError:
        raise PhotoError(ref, f"not a picture (begins with {_beginning(source)})") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError(ref, f"over the limit of {max_pixels:,} pixels: {error}") from error
    except Exception as error:  # Pillow's decoders raise whatever a damaged file leads them into
        raise PhotoError(ref, f"cannot be decoded, cut off or damaged: {error}") from error


def _source(ref: str, prefix: int | None) -> Path | io.BytesIO:
    file, member = split_reference(ref)
    try:
        if member is not None:
            return io.BytesIO(read_member(file, member, limit=prefix))
    except DataError as error:
        raise PhotoError(ref, str(error).removeprefix(f"{ref}: ")) from error
    path = Path(file)
    if not path.is_file():
        raise PhotoError(ref, "there is no such file")
    return path


def _beginning(source: Path | io.BytesIO) -> str:
    if isinstance(source, io.BytesIO):
        return repr(source.getvalue()[:16])
    with source.open("rb") as file:
        return repr(file.read(16))
