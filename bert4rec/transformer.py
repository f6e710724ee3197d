"""The transformer that the outfit model and the sequence model share.

Sun et al., *BERT4Rec* (2019), section 3: bidirectional self-attention over tokens of which some are hidden. Departures:
blocks normalise before attention (Xiong et al. 2020), positions are counted from the end, and may be left out.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn


class Shape(Protocol):
    """The settings that fix it; ``positions`` is the longest sequence, 0 where order does not count."""

    @property
    def hidden(self) -> int: ...
    @property
    def heads(self) -> int: ...
    @property
    def layers(self) -> int: ...
    @property
    def widening(self) -> int: ...
    @property
    def dropout(self) -> float: ...
    @property
    def positions(self) -> int: ...


class MaskedTransformer(nn.Module):
    """What stands in a hidden place (``mask`` [hidden]), learned positions, self-attention, and a last map ``out``.

    A subclass calls :meth:`build` once in its constructor, where its own tables should come before the transformer's
    in the order of initialisation, and embeds its tokens before :meth:`read`.
    """

    mask: nn.Parameter
    position: nn.Embedding | None
    encoder: nn.TransformerEncoder
    out: nn.Linear

    def build(self, config: Shape) -> None:
        """Make the parts."""
        width = config.hidden
        self.position = nn.Embedding(config.positions, width) if config.positions else None
        layer = nn.TransformerEncoderLayer(
            width,
            config.heads,
            config.widening * width,
            config.dropout,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.encoder = nn.TransformerEncoder(layer, config.layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.out = nn.Linear(width, width)

    def read(self, x: Tensor, present: Tensor, *, causal: bool = False) -> Tensor:
        """Let the tokens [R, L, hidden] of each row, those that are ``present`` [R, L], read one another.

        With ``causal`` a token reads itself and what comes before it; absent tokens must then come last in their row.
        """
        if self.position is not None:  # counted from the end, so that padding moves nothing
            place = present.flip(1).cumsum(1).flip(1) - 1
            x = x + self.position(place.clamp(0, self.position.num_embeddings - 1))
        if causal:
            later = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
            return self.encoder(x, mask=later, is_causal=True)  # type: ignore[no-any-return]
        return self.encoder(x, src_key_padding_mask=~present)  # type: ignore[no-any-return]
