import numpy as np
import pytest

from vision.wall import product_mask


def studio(height=240, width=180, light=(232, 230, 224), falloff=30.0, seed=0):
    """A wall whose light falls off towards the bottom corners, with a little sensor noise."""
    y, x = np.mgrid[:height, :width]
    shade = falloff * (y / height) ** 2 + falloff / 3 * (x / width - 0.5) ** 2
    noise = np.random.default_rng(seed).normal(0, 0.7, (height, width, 3))
    return np.array(light) - shade[..., None] + noise


def finish(pixels):
    return pixels.clip(0, 255).astype(np.uint8)


def overlap(mask, truth):
    return (mask & truth).sum() / (mask | truth).sum()


def test_product_is_found_before_a_wall_of_uneven_light():
    pixels, truth = studio(), np.zeros((240, 180), dtype=bool)
    truth[50:190, 60:130] = True
    pixels[truth] = (30, 60, 140)
    mask = product_mask(finish(pixels))
    assert mask is not None
    assert overlap(mask, truth) > 0.97


def test_wall_seen_through_a_ring_is_not_product():
    y, x = np.mgrid[:240, :180]
    radius = np.hypot(y - 120, x - 90)
    truth = (radius > 25) & (radius < 60)
    pixels = studio()
    pixels[truth] = (150, 30, 40)
    mask = product_mask(finish(pixels))
    assert mask is not None
    assert overlap(mask, truth) > 0.95


def test_product_that_reaches_the_edge_is_still_found():
    pixels, truth = studio(), np.zeros((240, 180), dtype=bool)
    truth[80:240, 70:110] = True
    pixels[truth] = (60, 90, 50)
    mask = product_mask(finish(pixels))
    assert mask is not None
    assert overlap(mask, truth) > 0.95


def test_soft_shadow_under_a_dark_product_is_wall():
    pixels, truth = studio(falloff=0.0), np.zeros((240, 180), dtype=bool)
    y, x = np.mgrid[:240, :180]
    pixels -= 22 * np.exp(-(((y - 176) / 14.0) ** 2 + ((x - 90) / 50.0) ** 2))[..., None]
    truth[60:170, 50:130] = True
    pixels[truth] = (25, 25, 30)
    mask = product_mask(finish(pixels))
    assert mask is not None
    assert overlap(mask, truth) > 0.93


def test_grey_product_keeps_its_own_shading():
    pixels, truth = studio(falloff=0.0), np.zeros((240, 180), dtype=bool)
    truth[60:170, 50:130] = True
    pixels[truth] = np.linspace(205, 150, truth.sum())[:, None] * np.ones(3)
    mask = product_mask(finish(pixels))
    assert mask is not None
    assert overlap(mask, truth) > 0.95


def test_white_product_torn_by_its_white_wall_is_mended():
    pixels, truth = studio(falloff=0.0), np.zeros((240, 180), dtype=bool)
    truth[50:200, 50:130] = True
    pixels[truth] += 18
    pixels[90:140, 70:110] -= 18  # the chest is lit as the wall is, and joins it through the neck
    pixels[50:90, 86:92] -= 18
    mask = product_mask(finish(pixels))
    assert mask is not None
    assert overlap(mask, truth) > 0.97


@pytest.mark.parametrize("scene", ["noise", "two walls", "empty", "white on white"])
def test_without_a_clean_wall_or_a_product_there_is_no_mask(scene):
    pixels = studio()
    if scene == "noise":
        pixels = np.random.default_rng(1).uniform(0, 255, pixels.shape)
    elif scene == "two walls":
        pixels[:, 90:] = (60, 90, 40)
    elif scene == "white on white":
        pixels[60:180, 50:52] -= 15  # nothing but the folds of a white shirt can be told from the wall
        pixels[60:180, 128:130] -= 15
        pixels[60:62, 50:130] -= 15
    assert product_mask(finish(pixels)) is None


def test_tiny_pictures_have_no_wall():
    assert product_mask(np.full((1, 4000, 3), 230, np.uint8)) is None
