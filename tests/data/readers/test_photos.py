"""Photos by reference, and what is refused."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from data.errors import PhotoError
from data.photos import open_photo, photo_exists, photo_size

Write = Callable[..., Path]


def header_of(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its few bytes do not hold."""
    body = b"IHDR" + struct.pack(">2L5B", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">L", 13) + body + struct.pack(">L", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">L", 0) + b"IDAT" + struct.pack(">L", zlib.crc32(b"IDAT"))


def test_a_photo_turned_by_its_exif_stands_upright(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    picture = Image.new("RGB", (40, 20), "white")
    picture.paste((255, 0, 0), (0, 0, 10, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(path, exif=exif, quality=95)
    upright = open_photo(str(path))
    assert upright.size == photo_size(str(path)) == (20, 40)
    red, _, blue = upright.getpixel((10, 3))  # type: ignore[misc]
    assert red > 200 and blue < 90


def test_transparency_becomes_white(tmp_path: Path) -> None:
    path = tmp_path / "clear.png"
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(path)
    assert open_photo(str(path)).getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (8_000, 8_000), (12_000, 9_000)])
def test_a_bomb_is_refused_from_its_header(width: int, height: int, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(header_of(width, height))
    for read in (open_photo, photo_size):
        with pytest.raises(PhotoError, match="over the limit of 50,000,000"):
            read(str(path))


def test_the_limit_can_be_set(write_photo: Write) -> None:
    path = str(write_photo(size=(300, 400)))
    assert open_photo(path, max_pixels=120_000).size == (300, 400)
    with pytest.raises(PhotoError, match="300 x 400 pixels is over the limit of 119,999"):
        open_photo(path, max_pixels=119_999)


def test_text_truncation_and_absence_are_told(write_photo: Write, tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("this is not a photo")
    with pytest.raises(PhotoError, match=r"text\.jpg: photo: not a picture"):
        open_photo(str(text))
    photo = write_photo(size=(600, 600))
    photo.write_bytes(photo.read_bytes()[:1200])
    with pytest.raises(PhotoError, match="cut off or damaged"):
        open_photo(str(photo))
    with pytest.raises(PhotoError, match="no such file"):
        open_photo(str(tmp_path / "none.jpg"))
    assert photo_exists(str(photo)) and not photo_exists(str(tmp_path / "none.jpg"))


def test_photos_in_archives(write_photo: Write, write_zip: Write) -> None:
    archive = write_zip({"모던/7.jpg": write_photo().read_bytes(), "모던/8.jpg": b"text"}, name="photos.ZIP")
    assert open_photo(f"{archive}::모던/7.jpg").size == photo_size(f"{archive}::모던/7.jpg") == (300, 400)
    with pytest.raises(PhotoError, match="not a picture"):
        photo_size(f"{archive}::모던/8.jpg")
    with pytest.raises(PhotoError, match="no such member"):
        open_photo(f"{archive}::모던/9.jpg")
    with pytest.raises(PhotoError, match="cannot be opened"):
        open_photo(f"{archive.parent}/none.zip::모던/9.jpg")
    assert not photo_exists(f"{archive.parent}/none.zip::모던/9.jpg")


def test_a_changed_archive_is_opened_anew(write_photo: Write, write_zip: Write) -> None:
    photo = write_photo().read_bytes()
    archive = write_zip({"1.jpg": photo})
    assert photo_exists(f"{archive}::1.jpg")
    write_zip({"2.jpg": photo, "3.jpg": photo})
    assert photo_exists(f"{archive}::3.jpg") and not photo_exists(f"{archive}::1.jpg")
