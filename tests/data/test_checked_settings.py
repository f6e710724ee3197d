"""Settings that check themselves: what is refused, in which words, and how they travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pytest

from data.checked_settings import THREADS, Check, CheckedSettings, number, one_of, whole


class OvenError(Exception):
    pass


@dataclass(frozen=True)
class Oven(CheckedSettings):
    section: ClassVar[str] = "oven"
    error: ClassVar[type[Exception]] = OvenError
    checks: ClassVar[Mapping[str, Check]] = {
        "racks": whole(1, 4),
        "heat": number(0.0, 1.0, open_low=True),
        "fan": number(0.0, 1.0, open_high=True),
        "mode": one_of("bake", "grill"),
        "threads": THREADS,
    }
    racks: int = 2
    heat: float = 1.0
    fan: float = 0.0
    mode: str = "bake"
    threads: int | None = None
    sizes: tuple[int, ...] = (3, 5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"racks": 0}, "oven setting racks = 0: must be a whole number of at least 1 and at most 4"),
        ({"racks": 5}, "racks = 5"),
        ({"racks": True}, "racks = True"),
        ({"racks": "2"}, "racks = '2'"),
        ({"heat": 0}, "heat = 0: must be a number above 0.0 to 1.0"),
        ({"fan": 1.0}, "fan = 1.0: must be a number from 0.0 to below 1.0"),
        ({"mode": "steam"}, "must be one of bake, grill"),
        ({"threads": 0}, "threads = 0"),
        ({"rakcs": 1}, "unknown oven setting 'rakcs'; known settings: racks, heat"),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(given: dict[str, object], said: str) -> None:
    with pytest.raises(OvenError, match=said):
        Oven.from_dict(given)


def test_a_table_and_back() -> None:
    oven = Oven.from_dict({"racks": 4, "heat": 1, "sizes": [1, 2]})
    assert (oven.racks, oven.sizes, oven.threads) == (4, (1, 2), None)
    assert oven.to_dict()["sizes"] == [1, 2]
    assert Oven.from_dict(oven.to_dict()) == oven
