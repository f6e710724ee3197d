import numpy as np
import pytest
import torch

from vision.connect import open_encoder
from vision.crops import Crop
from vision.errors import EncoderError
from vision.hub import HubEncoder

VISION = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
}
TEXT = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "vocab_size": 99,
    "max_position_embeddings": 8,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 2,
}


def tiny_clip():
    from transformers import CLIPConfig, CLIPModel

    return CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=12)), 12


def tiny_siglip():
    from transformers import SiglipConfig, SiglipModel

    return SiglipModel(SiglipConfig(text_config=TEXT, vision_config=VISION)), 16


def tiny_vit():
    from transformers import ViTConfig, ViTModel

    return ViTModel(ViTConfig(**VISION)), 16


@pytest.fixture(params=[tiny_clip, tiny_siglip, tiny_vit])
def saved(request, tmp_path):
    """A folder with a tiny model of random weights, and the length of its vectors."""
    from transformers import CLIPImageProcessor

    with torch.random.fork_rng():
        torch.manual_seed(3)
        model, dim = request.param()
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    CLIPImageProcessor(image_mean=[0.2, 0.4, 0.6], image_std=[0.3, 0.3, 0.3]).save_pretrained(folder)
    return folder, dim


def test_encodes_with_its_own_length_and_without_the_backdrop(saved, draw_garment):
    folder, dim = saved
    encoder = open_encoder(f"hub:{folder}")
    crops = [draw_garment((180, 40, 60), (240, 240, 240)), draw_garment((180, 40, 60), (9, 99, 9), noise=60)]
    other = draw_garment((20, 40, 200), (240, 240, 240))
    vectors = encoder.encode([*crops, other])
    assert vectors.shape == (3, dim)
    assert encoder.dim == dim
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    assert np.abs(vectors[0] - vectors[2]).max() > 1e-3
    np.testing.assert_allclose(encoder.encode([other])[0], vectors[2], atol=1e-5)


def test_version_follows_the_weights(saved):
    folder, _ = saved
    first = HubEncoder(str(folder)).version
    assert first == HubEncoder(str(folder)).version
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    name = next(iter(weights))
    weights[name] = weights[name] + 1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert HubEncoder(str(folder)).version != first


def test_mean_and_deviation_come_from_the_model(saved):
    encoder = HubEncoder(str(saved[0]))
    assert encoder._input.mean == pytest.approx((0.2, 0.4, 0.6))
    assert encoder._input.side == 32


def test_weights_that_are_no_safetensors_are_refused(saved):
    from safetensors.torch import load_file

    folder, _ = saved
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="cannot be loaded"):
        HubEncoder(str(folder))


def test_a_text_model_is_refused(tmp_path):
    from transformers import BertConfig, BertModel

    config = BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    BertModel(config).save_pretrained(tmp_path / "text")
    with pytest.raises(EncoderError, match="BertModel does not take images"):
        HubEncoder(str(tmp_path / "text"))


def test_unreachable_hub_says_what_to_do(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match=r"nobody/nothing.*config\.json and model\.safetensors"):
        HubEncoder("nobody/nothing")


def test_crop_without_mask_is_encoded(saved):
    vectors = HubEncoder(str(saved[0])).encode([Crop(np.full((1, 200, 3), 90, np.uint8), None)])
    assert np.isfinite(vectors).all()
