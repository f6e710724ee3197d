import numpy as np
import pytest
from PIL import Image

from data.types import Box, ImageRecord, Region
from vision.crops import Crop, garment_crop, photo_crop, product_crop
from vision.errors import CropError

RED, WALL = (200, 20, 30), (232, 228, 220)


def photo_with_rectangle(size=(300, 400), box=(60, 80, 160, 320), wall=WALL, colour=RED):
    pixels = np.empty((size[1], size[0], 3), dtype=np.uint8)
    pixels[:] = wall
    pixels[box[1] : box[3], box[0] : box[2]] = colour
    return Image.fromarray(pixels)


def region(**place):
    return Region(region_id="7/상의#1", part="상의", slot="top", **place)


def test_garment_crop_is_the_box_with_its_margin_and_the_polygon_as_mask():
    photo = photo_with_rectangle()
    corners = ((60, 80), (160, 80), (160, 320), (60, 320))
    crop = garment_crop(photo, region(box=Box(60, 80, 160, 320), polygon=corners), margin=0.1, max_side=1000)
    assert crop.pixels.shape == (240 + 2 * 24, 100 + 2 * 10, 3)
    assert crop.mask is not None
    assert not crop.mask[:24].any()
    assert not crop.mask[:, :10].any()
    assert crop.mask[30:250, 15:105].all()
    assert (crop.pixels[30:250, 15:105] == RED).all()


def test_margin_ends_at_the_edge_of_the_photo():
    photo = photo_with_rectangle(box=(0, 0, 100, 100))
    crop = garment_crop(photo, region(box=Box(-4, -4, 100, 100)), margin=0.05, max_side=1000)
    assert crop.pixels.shape[:2] == (106, 106)


def test_crop_without_a_box_takes_the_bounds_of_the_polygon():
    photo = photo_with_rectangle()
    crop = garment_crop(photo, region(polygon=((60, 80), (159, 80), (159, 319), (60, 319))), margin=0, max_side=1000)
    assert crop.pixels.shape == (240, 100, 3)
    assert (crop.pixels == RED).all()


def test_shrunk_crop_keeps_no_pixel_of_the_backdrop_under_its_mask():
    photo = photo_with_rectangle(size=(900, 1200), box=(181, 243, 477, 955), wall=(0, 255, 0))
    crop = garment_crop(photo, region(box=Box(181, 243, 477, 955)), max_side=97)
    assert max(crop.pixels.shape) == 97
    assert crop.mask is not None
    assert (crop.pixels[crop.mask] == RED).all()
    assert crop.mask.mean() > 0.7


def test_one_pixel_wide_garment_survives_shrinking():
    photo = photo_with_rectangle(size=(400, 400), box=(200, 10, 201, 390))
    crop = garment_crop(photo, region(box=Box(200, 10, 201, 390)), max_side=64)
    assert crop.mask is not None
    assert crop.mask.any()


def test_region_without_a_place_is_the_whole_photo_without_a_mask():
    crop = garment_crop(photo_with_rectangle(), region(), max_side=400)
    assert crop.pixels.shape == (400, 300, 3)
    assert crop.mask is None


@pytest.mark.parametrize("box", [Box(500, 500, 600, 600), Box(50, 50, 50, 90), Box(-90, -90, -10, -10)])
def test_region_without_a_pixel_in_the_photo_is_a_named_error(box):
    with pytest.raises(CropError, match=r"7/상의#1.*300 x 400"):
        garment_crop(photo_with_rectangle(), region(box=box))


def test_crop_refuses_a_mask_of_another_size():
    with pytest.raises(CropError, match=r"\(3, 4\)"):
        Crop(np.zeros((4, 3, 3), np.uint8), np.ones((3, 4), bool))


def test_product_crop_cuts_the_product_out_of_its_wall():
    crop = product_crop(photo_with_rectangle())
    assert crop.mask is not None
    assert (crop.pixels[crop.mask] == RED).all()
    height, width = crop.pixels.shape[:2]
    assert height / width == pytest.approx(240 / 100, rel=0.05)
    assert crop.mask.mean() == pytest.approx(1 / 1.1**2, abs=0.06)


def test_product_crop_of_a_busy_photo_is_the_whole_photo_without_a_mask():
    noise = np.random.default_rng(3).integers(0, 255, (300, 200, 3)).astype(np.uint8)
    crop = product_crop(Image.fromarray(noise))
    assert crop.mask is None
    assert crop.pixels.shape == (256, 171, 3)


def test_photo_crop_masks_to_the_union_of_its_regions():
    photo = photo_with_rectangle()
    places = (Box(60, 80, 160, 200), Box(60, 250, 160, 320))
    regions = tuple(Region(region_id=f"7#{i}", part="상의", slot="top", box=box) for i, box in enumerate(places))
    crop = photo_crop(photo, ImageRecord(image_id="7", source="drawn", regions=regions), max_side=400)
    assert crop.mask is not None
    assert crop.mask.shape == (400, 300)
    assert crop.mask.sum() == 100 * 120 + 100 * 70
    assert crop.mask[100, 100]
    assert not crop.mask[225, 100]


def test_photo_crop_without_a_record_masks_a_clean_wall():
    crop = photo_crop(photo_with_rectangle(), None)
    assert crop.mask is not None
    assert crop.pixels.shape == (256, 192, 3)
    assert crop.mask.mean() == pytest.approx(100 * 240 / (300 * 400), abs=0.02)
