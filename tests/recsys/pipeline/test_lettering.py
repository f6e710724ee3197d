from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from recsys.pipeline import lettering as module
from recsys.pipeline.captions import in_english
from recsys.pipeline.lettering import lettering, without_accents

LATIN = "doré señor Größe naïf façade kożuch şal ğ"


def drawn(text: str) -> np.ndarray:
    """A text as a picture, in the font chosen for it."""
    letters, font = lettering(text, 20)
    picture = Image.new("L", (60, 40), 255)
    ImageDraw.Draw(picture).text((5, 5), letters, font=font, fill=0)
    return np.asarray(picture)


def box(text: str) -> np.ndarray:
    """What the font chosen for a text draws for a character that it lacks."""
    _, font = lettering(text, 20)
    picture = Image.new("L", (60, 40), 255)
    ImageDraw.Draw(picture).text((5, 5), "\uffff", font=font, fill=0)
    return np.asarray(picture)


@pytest.mark.parametrize("letter", sorted(set(LATIN.replace(" ", ""))))
@pytest.mark.parametrize("system_fonts", [module.SYSTEM_FONTS, ()], ids=["system fonts", "none"])
def test_no_latin_letter_is_drawn_as_a_box(
    letter: str, system_fonts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SYSTEM_FONTS", system_fonts)
    module._of_the_system.cache_clear()
    assert not np.array_equal(drawn(letter), box(letter))
    assert drawn(letter).min() < 128
    module._of_the_system.cache_clear()


def test_an_accent_is_seen_where_the_system_has_a_font() -> None:
    letters, font = lettering("dore\u0301", 20)
    if letters == "dore":
        pytest.skip("the system has none of the fonts that are looked for")
    assert letters == "doré"
    assert module._draws(font, letters)
    assert not np.array_equal(drawn("é"), drawn("e"))


def test_plain_text_keeps_the_font_that_comes_with_pillow() -> None:
    assert lettering("navy coat", 15) == ("navy coat", module._own(15))


def test_accents_are_left_out_where_no_font_has_them() -> None:
    assert without_accents(LATIN) == "dore senor Grosse naif facade kozuch sal g"


def test_captions_keep_accents_however_they_are_written() -> None:
    assert in_english("dore\u0301") == in_english("doré") == "doré"
