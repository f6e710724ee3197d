from __future__ import annotations

from data.known_outfits import KnownOutfits

KNOWN = KnownOutfits({"1": ["coat", "skirt", "boots"], "2": ["coat", "skirt", "hat"], "3": ["coat", "jeans"]})


def test_holders_hold_every_item() -> None:
    assert KNOWN.holders(["coat", "skirt"]) == {"1", "2"}
    assert KNOWN.holders(["boots", "hat"]) == set()
    assert KNOWN.holders(["coat", "scarf"]) == set()
    assert KNOWN.holders([]) == set()


def test_completions_stand_with_the_whole_context() -> None:
    assert KNOWN.completions(["coat", "skirt"]) == {"coat", "skirt", "boots", "hat"}
    assert KNOWN.completions(["jeans"]) == {"coat", "jeans"}
    assert KNOWN.completions(["jeans", "skirt"]) == set()
