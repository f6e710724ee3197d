"""The detector learns, goes on where it stopped, and comes back from disk as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from data.photos import open_photo
from data.types import ImageRecord
from vision.backbones import classifier
from vision.detector.classes import CLASSES, SLOT_OF_CLASS, _ccp_classes
from vision.detector.config import DetectorConfig
from vision.detector.dataset import Targets, annotated
from vision.detector.detect import Detector
from vision.detector.model import GarmentRCNN
from vision.detector.train import fit
from vision.errors import CheckpointError, ConfigError, TrainingError


def test_training_finds_what_was_drawn(records: list[ImageRecord], config: DetectorConfig) -> None:
    """Ten coloured photos are learned by heart; the untrained network finds next to nothing in them."""
    photos, _ = annotated(records, config.classes)
    losses: list[float] = []
    config = replace(config, steps=60, channels=16, box_hidden=64, frozen=0, lr=3e-3, backbone_lr=1e-3, decay=0.9)
    config = replace(config, measure_every=60, zoom=(1.0, 1.0), crop_share=0.0)
    trained = fit(photos, config, None, valid=photos[:4], progress=lambda told: losses.append(told["loss"]))
    assert sum(losses[-5:]) < 0.6 * sum(losses[:5])
    assert trained.history[-1]["box_ap50"] > 0.3
    assert trained.problems == []


def test_a_run_that_was_stopped_ends_as_if_it_had_not(
    records: list[ImageRecord], config: DetectorConfig, tmp_path: Path
) -> None:
    photos, _ = annotated(records, config.classes)
    whole = fit(photos, config, None)

    class Stop(Exception):
        pass

    def stop(told: dict[str, Any]) -> None:
        if told["step"] == 3:
            raise Stop

    with pytest.raises(Stop):
        fit(photos, config, None, folder=tmp_path, progress=stop)
    seen: list[int] = []
    rest = fit(photos, config, None, folder=tmp_path, progress=lambda told: seen.append(told["step"]))
    assert seen == [4]
    assert rest.history == whole.history
    mine, other = rest.detector.model.state_dict(), whole.detector.model.state_dict()
    assert all(torch.equal(mine[name], other[name]) for name in other)
    with pytest.raises(CheckpointError, match="other settings or photos"):
        fit(photos, replace(config, lr=0.5), None, folder=tmp_path)
    (tmp_path / "run.safetensors").write_bytes(b"broken")
    with pytest.raises(CheckpointError, match="cannot be read"):
        fit(photos, config, None, folder=tmp_path)


def test_frozen_stages_stay_and_the_others_learn(records: list[ImageRecord], config: DetectorConfig) -> None:
    photos, _ = annotated(records, config.classes)
    config = replace(config, steps=2, frozen=2, decay=0.0)
    torch.manual_seed(0)
    pretrained = classifier("efficientnet-lite0", 4).state_dict()
    start = GarmentRCNN(config, pretrained).state_dict()
    before = {k: v.clone() for k, v in start.items() if "body" in k}
    after = fit(photos, config, pretrained).detector.model.state_dict()
    changed = {k for k, v in before.items() if not torch.equal(v, after[k])}
    assert changed and all("blocks.0" not in k and "blocks.2" not in k for k in changed)
    assert any("blocks.6" in k for k in changed)


def test_a_detector_comes_back_from_disk_in_half_precision(
    records: list[ImageRecord], config: DetectorConfig, tmp_path: Path
) -> None:
    detector = Detector(GarmentRCNN(config), config)
    for parameter in detector.model.parameters():
        parameter.data = parameter.data.half().float()
    detector.save(tmp_path)
    again = Detector.load(tmp_path)
    photo = open_photo(records[0].photo or "")
    for one, other in zip(detector.candidates([photo])[0], again.candidates([photo])[0], strict=True):
        assert (one.category, one.score, one.box) == (other.category, other.score, other.box)
        assert (one.mask == other.mask).all()
        assert one.mask.shape == (64, 48)
    assert again.config == config


def test_files_that_are_no_detector_are_refused_by_name(config: DetectorConfig, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no detector can be read"):
        Detector.load(tmp_path / "nowhere")
    Detector(GarmentRCNN(config), config).save(tmp_path)
    weights = tmp_path / "weights.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:1000])
    with pytest.raises(CheckpointError, match="no detector can be read"):
        Detector.load(tmp_path)
    torch.save({"a": torch.zeros(1)}, weights)  # a pickle in disguise
    with pytest.raises(CheckpointError, match="no detector can be read"):
        Detector.load(tmp_path)
    weights.write_bytes(whole)
    settings = tmp_path / "config.json"
    plain = settings.read_text()
    settings.write_text(plain.replace('"side": 64', '"side": "wide"'))
    with pytest.raises(CheckpointError, match="detector setting side = 'wide'"):
        Detector.load(tmp_path)
    settings.write_text(plain)
    tensors = load_file(weights)
    save_file({name: tensor for name, tensor in tensors.items() if "mask" not in name}, weights)
    with pytest.raises(CheckpointError, match="another network"):
        Detector.load(tmp_path)


def test_photos_of_any_size_are_read_and_boxes_are_in_their_pixels(config: DetectorConfig) -> None:
    torch.manual_seed(1)
    detector = Detector(GarmentRCNN(config), config)
    for size in ((1, 400), (400, 1), (7, 7), (900, 500)):
        for garment in detector.candidates([Image.new("RGB", size, "white")])[0]:
            assert garment.mask.shape == size[::-1]
            assert 0 <= garment.box[0] <= garment.box[2] <= size[0]


def test_every_label_of_ccp_has_a_class_or_is_left_out_on_purpose() -> None:
    left_out = {"bra", "hair", "intimate", "null", "panties", "skin", "socks", "stockings", "swimwear", "tights"}
    assert not left_out & set(_ccp_classes())
    assert len(_ccp_classes()) + len(left_out) == 59  # with null
    assert set(_ccp_classes().values()) == set(CLASSES)


def test_settings_out_of_range_are_refused() -> None:
    for wrong in (
        {"side": 0},
        {"zoom": [1.0, 0.5]},
        {"backbone": "vgg"},
        {"nonsense": 1},
        {"side": "x"},
        {"classes": [1]},
    ):
        with pytest.raises(ConfigError):
            DetectorConfig.from_dict(wrong)
    assert DetectorConfig.from_dict(DetectorConfig().to_dict()) == DetectorConfig()


def test_too_few_photos_are_said(config: DetectorConfig) -> None:
    with pytest.raises(TrainingError, match="0 annotated photos"):
        fit([], config, None)


def test_the_table_of_classes_in_the_docs_is_the_one_that_is_read() -> None:
    page = (Path(__file__).parents[3] / "docs" / "vision.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")
    ]
    table = {row[0]: (row[1], set(row[2].split(", "))) for row in rows if len(row) == 3 and row[0] in CLASSES}
    read = {name: {label for label, own in _ccp_classes().items() if own == name} for name in CLASSES}
    assert {name: labels for name, (_, labels) in table.items()} == read
    assert {name: slot for name, (slot, _) in table.items()} == SLOT_OF_CLASS


def test_a_narrow_garment_far_to_the_right_has_a_finite_loss_in_half_precision() -> None:
    config = replace(DetectorConfig(), classes=("top",), channels=16, box_hidden=16, mask_layers=1)
    torch.manual_seed(0)
    model = GarmentRCNN(config, None).train()
    mask = torch.zeros((1, 64, 600), dtype=torch.uint8)
    mask[0, 4:60, 519] = 1
    box = torch.tensor([[519.0, 4.0, 520.0, 60.0]])
    assert torch.equal(box.bfloat16()[:, 0], box.bfloat16()[:, 2])
    target = Targets(torch.rand(3, 64, 600), box, torch.tensor([1]), mask)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.isfinite(model.losses([target]))
