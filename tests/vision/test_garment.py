import numpy as np
import pytest

from vision import colour, shape, texture
from vision.crops import Crop
from vision.garment import (
    COLOUR,
    SHAPE,
    TEXTURE,
    BackdropEncoder,
    GarmentEncoder,
    backdrop_colour,
    colour_distance,
    named_colours,
)
from vision.wall import grown

encoder = GarmentEncoder()


def one(crop):
    return encoder.encode([crop])[0]


def test_blocks_cover_the_vector():
    assert COLOUR.start == 0
    assert (COLOUR.stop, TEXTURE.stop, SHAPE.stop) == (TEXTURE.start, SHAPE.start, encoder.dim)


@pytest.mark.parametrize("stripes", [0, 6])
def test_backdrop_has_no_influence(draw_garment, stripes):
    plain = one(draw_garment((180, 40, 60), (240, 240, 240), stripes=stripes))
    busy = one(draw_garment((180, 40, 60), (10, 120, 30), noise=90, stripes=stripes))
    np.testing.assert_array_equal(plain, busy)


def test_backdrop_counts_where_no_mask_is_known(draw_garment):
    light, dark = (Crop(draw_garment((180, 40, 60), wall).pixels, None) for wall in ((240, 240, 240), (20, 20, 20)))
    assert colour_distance(one(light), one(dark)) > 10


def test_same_crop_same_vector_whatever_the_batch(draw_garment):
    crops = [draw_garment((180, 40, 60)), draw_garment((20, 90, 200), stripes=5), draw_garment((240, 240, 10))]
    together = encoder.encode(crops)
    for row, crop in enumerate(crops):
        np.testing.assert_array_equal(together[row], one(crop))
    assert together.dtype == np.float32


def test_no_crops_give_an_empty_table():
    assert encoder.encode([]).shape == (0, encoder.dim)
    assert BackdropEncoder().encode([]).shape == (0, 7)


def test_colour_distance_is_the_lab_distance_of_plain_garments(draw_garment):
    black, white = one(draw_garment((0, 0, 0))), one(draw_garment((255, 255, 255)))
    assert colour_distance(black, white) == pytest.approx(100, abs=1.5)
    assert colour_distance(black, black) == 0
    table = np.stack([black, white, one(draw_garment((30, 30, 30)))])
    assert colour_distance(black[None], table).argsort().tolist() == [0, 2, 1]


def test_histogram_is_a_unit_vector_and_far_colours_share_no_bin(draw_garment):
    red, blue = one(draw_garment((220, 20, 30))), one(draw_garment((20, 40, 220)))
    assert np.linalg.norm(red[COLOUR][colour.HISTOGRAM]) == pytest.approx(1, abs=1e-5)
    assert red[COLOUR][colour.HISTOGRAM] @ blue[COLOUR][colour.HISTOGRAM] == pytest.approx(0, abs=1e-6)


def test_named_colours_are_shares(draw_garment):
    shares = named_colours(one(draw_garment((25, 30, 70), stripes=4)))
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    assert shares["네이비"] + shares["블랙"] > 0.9
    assert shares["레드"] == 0


def test_dominant_colours_are_found_with_their_shares(draw_garment):
    crop = draw_garment((240, 240, 240))
    assert crop.mask is not None
    pixels = crop.pixels.copy()
    pixels[100:, :][crop.mask[100:, :]] = (200, 20, 30)
    dominants = one(Crop(pixels, crop.mask))[COLOUR][colour.DOMINANTS].reshape(colour.DOMINANT, 4)
    red_share = crop.mask[100:].sum() / crop.mask.sum()
    assert dominants[:2, 3] == pytest.approx([1 - red_share, red_share], abs=0.02)
    assert dominants[0, 0] == pytest.approx(0.95, abs=0.02)
    assert dominants[1, 1] == pytest.approx(0.65, abs=0.05)


def test_texture_tells_direction_of_stripes(draw_garment):
    lying = draw_garment((200, 200, 200), stripes=6)
    assert lying.mask is not None
    standing = Crop(np.where(lying.mask[..., None], lying.pixels, 0), lying.mask)
    columns = np.arange(120) // 6 % 2 == 0
    pixels = np.full_like(standing.pixels, 200)
    pixels[:, columns] = 66
    standing = Crop(pixels, lying.mask)
    across = one(standing)[TEXTURE][texture.DIRECTION][: texture.DIRECTIONS]
    down = one(lying)[TEXTURE][texture.DIRECTION][: texture.DIRECTIONS]
    assert across.argmax() == 0  # brightness changes along x: a gradient at 0 degrees
    assert down.argmax() == texture.DIRECTIONS // 2  # along y: at 90 degrees


def test_texture_of_a_plain_garment_has_no_energy_and_a_printed_one_has(draw_garment):
    plain = one(draw_garment((180, 40, 60), (255, 255, 255), noise=60))[TEXTURE][texture.ENERGY]
    printed = one(draw_garment((180, 140, 160), stripes=3))[TEXTURE][texture.ENERGY]
    assert plain == pytest.approx(np.zeros(texture.SCALES), abs=1e-4)
    assert printed.max() > 0.2


def test_shape_is_that_of_the_outline(draw_garment):
    features = one(draw_garment((180, 40, 60)))[SHAPE]
    assert features[shape.KNOWN] == 1
    assert np.exp(2 * features[shape.ASPECT]) == pytest.approx(140 / 89, rel=0.02)
    widths = features[shape.WIDTH_PROFILE]
    assert widths[0] > widths[-1]
    assert widths[0] == pytest.approx(1, abs=0.05)
    assert widths[-1] == pytest.approx(2 / 3, abs=0.05)
    assert features[shape.FILL] == pytest.approx(5 / 6, abs=0.03)


def test_shape_is_unknown_without_a_mask(draw_garment):
    crop = Crop(draw_garment((180, 40, 60)).pixels, None)
    assert not one(crop)[SHAPE].any()


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 2), (3, 3)])
@pytest.mark.parametrize("masked", [True, False])
def test_smallest_crops_have_finite_vectors(size, masked):
    pixels = np.random.default_rng(0).integers(0, 255, (*size, 3)).astype(np.uint8)
    vector = one(Crop(pixels, np.ones(size, bool) if masked else None))
    assert np.isfinite(vector).all()


def test_backdrop_colour_sees_the_wall_and_not_the_garment(draw_garment):
    wall = backdrop_colour(draw_garment((0, 0, 0), (255, 255, 255)))
    assert wall == pytest.approx([1, 0, 0, 0, 0, 0, 1], abs=0.01)
    other_garment = backdrop_colour(draw_garment((250, 20, 90), (255, 255, 255)))
    np.testing.assert_array_equal(wall, other_garment)


def test_backdrop_colour_leaves_out_the_blurred_rim_of_the_garment(draw_garment):
    crop = draw_garment((0, 0, 0), (255, 255, 255))
    assert crop.mask is not None
    blurred = crop.pixels.copy()
    rim = grown(grown(crop.mask)) & ~crop.mask
    blurred[rim] = 128
    assert backdrop_colour(Crop(blurred, crop.mask))[0] == pytest.approx(1, abs=0.01)


def test_backdrop_colour_without_a_mask_is_that_of_the_border(draw_garment):
    crop = draw_garment((0, 0, 0), (255, 255, 255))
    assert backdrop_colour(Crop(crop.pixels, None))[0] == pytest.approx(1, abs=0.01)


def test_backdrop_colour_is_zero_where_all_is_garment():
    assert not backdrop_colour(Crop(np.full((9, 9, 3), 90, np.uint8), np.ones((9, 9), bool))).any()
