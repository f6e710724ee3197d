import pytest

from vision.connect import open_encoder
from vision.errors import EncoderError


@pytest.mark.parametrize(
    ("spec", "dim"),
    [("garment", 322), ("backdrop", 7), ("efficientnet-lite0", 1280), ("efficientnet-lite0-bfloat16", 1280)],
)
def test_encoders_are_opened_by_name(spec, dim):
    encoder = open_encoder(spec)
    assert spec.startswith(encoder.name)
    assert encoder.dim == dim
    assert encoder.version


def test_unknown_name_lists_the_known():
    with pytest.raises(EncoderError, match=r"'resnet'.*garment.*efficientnet-lite0.*hub:"):
        open_encoder("resnet")
