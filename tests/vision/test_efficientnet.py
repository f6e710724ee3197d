import numpy as np
import pytest
import torch

from vision.crops import Crop
from vision.efficientnet import (
    INPUT,
    TENSORS,
    EfficientNetLite0,
    fold_batch_norms,
    load_classifier,
    packaged_weights,
)
from vision.errors import EncoderError
from vision.tensors import crops_to_tensor


@pytest.fixture(scope="module")
def encoder():
    return EfficientNetLite0()


@pytest.fixture(scope="module")
def classifier():
    return load_classifier(packaged_weights())


def noise(seed, size=(90, 60)):
    return np.random.default_rng(seed).integers(0, 255, (*size, 3)).astype(np.uint8)


def draw_analog_clock():
    """A clock face: white disc with a dark rim, twelve marks and two hands on a grey wall."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (448, 448), (150, 150, 155))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((40, 40, 408, 408), fill=(248, 248, 244), outline=(25, 25, 25), width=16)
    for hour in range(12):
        x, y = np.sin(hour * np.pi / 6), -np.cos(hour * np.pi / 6)
        pen.line((224 + 138 * x, 224 + 138 * y, 224 + 160 * x, 224 + 160 * y), fill=(10, 10, 10), width=9)
    pen.line((224, 224, 280, 140), fill=(10, 10, 10), width=9)
    pen.line((224, 224, 224, 90), fill=(10, 10, 10), width=6)
    return np.asarray(picture.resize((224, 224), Image.Resampling.LANCZOS))


@torch.inference_mode()
def test_weights_recognise_a_drawn_clock(classifier):
    logits = classifier(crops_to_tensor([Crop(draw_analog_clock(), None)], INPUT))[0]
    assert {409, 892} & set(logits.topk(3).indices.tolist())  # analog clock, wall clock


@torch.inference_mode()
def test_folding_batch_norms_changes_nothing(classifier):
    pixels = crops_to_tensor([Crop(noise(1), None), Crop(noise(2), None)], INPUT)
    before = classifier.forward_features(pixels)
    folded = fold_batch_norms(load_classifier(packaged_weights()))
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    torch.testing.assert_close(folded.forward_features(pixels), before, atol=2e-4, rtol=1e-3)


def test_backdrop_has_no_influence(encoder, draw_garment):
    plain = draw_garment((180, 40, 60), (240, 240, 240), stripes=5)
    busy = draw_garment((180, 40, 60), (20, 90, 10), noise=80, stripes=5)
    np.testing.assert_array_equal(encoder.encode([plain]), encoder.encode([busy]))
    unmasked = encoder.encode([Crop(plain.pixels, None)])
    assert np.abs(unmasked - encoder.encode([plain])).max() > 0.1


def test_batch_of_one_equals_batch(encoder):
    crops = [Crop(noise(i, (40 + 30 * i, 50)), None) for i in range(3)]
    together = encoder.encode(crops)
    small_batches = EfficientNetLite0(batch=2).encode(crops)
    assert together.shape == (3, encoder.dim)
    np.testing.assert_allclose(together, small_batches, atol=1e-4)
    np.testing.assert_allclose(together[1:2], encoder.encode(crops[1:2]), atol=1e-4)


def test_bfloat16_is_close_and_carries_its_own_version(encoder, draw_garment):
    crops = [draw_garment((180, 40, 60)), draw_garment((30, 60, 160), stripes=7)]
    half = EfficientNetLite0(precision="bfloat16")
    a, b = encoder.encode(crops), half.encode(crops)
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert (cosine > 0.97).all()
    assert half.version != encoder.version


def test_no_crops_give_an_empty_table(encoder):
    assert encoder.encode([]).shape == (0, 1280)


def test_weights_of_another_network_are_refused(tmp_path):
    saved = torch.load(packaged_weights(), weights_only=True)
    names = list(saved)
    assert len(names) == TENSORS
    saved[names[0]] = saved[names[0]][:16]
    torch.save(saved, tmp_path / "other.pth")
    with pytest.raises(EncoderError, match=r"conv_stem.*\(32, 3, 3, 3\).*another network"):
        load_classifier(tmp_path / "other.pth")
    torch.save({"a": torch.zeros(1)}, tmp_path / "few.pth")
    with pytest.raises(EncoderError, match="1 tensors"):
        load_classifier(tmp_path / "few.pth")


def test_cut_off_missing_and_pickled_weights_are_named_errors(tmp_path):
    cut = tmp_path / "cut.pth"
    cut.write_bytes(packaged_weights().read_bytes()[:5000])
    with pytest.raises(EncoderError, match=r"cut\.pth"):
        load_classifier(cut)
    with pytest.raises(EncoderError, match="no such weights file"):
        load_classifier(tmp_path / "gone.pth")
    torch.save({"code": print}, tmp_path / "code.pth")
    with pytest.raises(EncoderError, match="not a readable weights file"):
        load_classifier(tmp_path / "code.pth")


def test_batch_must_hold_a_crop():
    with pytest.raises(EncoderError, match="batch of 0"):
        EfficientNetLite0(batch=0)
