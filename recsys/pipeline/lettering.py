"""Fonts for pictures: the one that comes with Pillow, and for letters that it lacks one of the system's."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

SYSTEM_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "FreeSans.ttf",
    "Arial.ttf",
    "arial.ttf",
)
"""Fonts with the Latin letters of all languages, as Linux, macOS and Windows bring them; the first found is used."""

PLAIN = dict(zip("øØłŁđĐðÐı", "oOlLdDdDi", strict=True)) | {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"}
"""What stands for letters that are no plain letter with an accent."""


def lettering(text: str, size: int) -> tuple[str, Font]:
    """A text as it can be drawn, and the font to draw it in.

    Pillow's own font knows the English letters only. Where the text has others, a font of the system is taken; where
    there is none that knows them, the accents are left out (``doré`` becomes ``dore``).
    """
    text = unicodedata.normalize("NFC", text)
    own = _own(size)
    if _draws(own, text):
        return text, own
    for font in _of_the_system(size):
        if _draws(font, text):
            return text, font
    return without_accents(text), own


def without_accents(text: str) -> str:
    """The nearest plain letters.

    >>> without_accents("robe dorée, straße")
    'robe doree, strasse'
    """
    replaced = "".join(PLAIN.get(letter, letter) for letter in unicodedata.normalize("NFC", text))
    return "".join(c for c in unicodedata.normalize("NFKD", replaced) if not unicodedata.combining(c))


def _draws(font: Font, text: str) -> bool:
    """Whether a font has all letters of a text: one that it lacks looks like a character that no font has."""
    lacking = _shape(font, "\uffff")
    return all(_shape(font, letter) != lacking for letter in set(text) if not letter.isspace())


@lru_cache(maxsize=4096)
def _shape(font: Font, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


@lru_cache(maxsize=16)
def _own(size: int) -> Font:
    return ImageFont.load_default(size)


@lru_cache(maxsize=16)
def _of_the_system(size: int) -> tuple[Font, ...]:
    fonts = []
    for name in SYSTEM_FONTS:
        try:
            fonts.append(ImageFont.truetype(name, size))
        except OSError:
            continue
        break
    return tuple(fonts)
