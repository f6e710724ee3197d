from __future__ import annotations

import pytest

from recsys.cli.arguments import normalise


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("stats --json -w shop", "--json -w shop stats"),
        (
            "import kfashion a b --workspace=shop --images c d",
            "--workspace=shop import kfashion a b --images c --images d",
        ),
        ("import kfashion --images photos labels", "import kfashion --images photos labels"),
        ("import kfashion a --images c --images d", "import kfashion a --images c --images d"),
        ("complete --item 1 2 --top 3 --slot top shoes", "complete --item 1 --item 2 --top 3 --slot top --slot shoes"),
        ("similar -- --json", "similar -- --json"),
        ("stats -w", "-w stats"),
    ],
)
def test_arguments_in_any_order_come_out_in_one(given: str, right: str) -> None:
    assert normalise(given.split()) == right.split()
