import numpy as np
import pytest

from vision.lab import COLOUR_NAMES, NAMED_COLOURS, nearest_colour, rgb_to_lab


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),  # published values of the sRGB primaries under D65
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colours(rgb, lab):
    assert rgb_to_lab(np.array(rgb, np.uint8)) == pytest.approx(np.array(lab), abs=0.05)


def test_there_are_the_21_names_and_each_shade_is_nearest_to_its_own():
    assert len(COLOUR_NAMES) == 21
    for name, shades in NAMED_COLOURS.items():
        found = nearest_colour(rgb_to_lab(np.array(shades, np.uint8)))
        assert {COLOUR_NAMES[i] for i in found} == {name}


@pytest.mark.parametrize(
    ("rgb", "name"),
    [((20, 25, 60), "네이비"), ((128, 0, 32), "와인"), ((210, 190, 155), "베이지"), ((5, 5, 5), "블랙")],
)
def test_shades_between_the_points_take_the_sensible_name(rgb, name):
    assert COLOUR_NAMES[int(nearest_colour(rgb_to_lab(np.array([rgb], np.uint8)))[0])] == name
