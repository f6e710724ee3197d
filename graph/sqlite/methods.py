"""Identity methods as numbers."""

from __future__ import annotations

from typing import get_args

from data.types import IdentityMethod

METHODS: tuple[IdentityMethod, ...] = ("product_id", "same_shoot", "signature", "single", "manual")
"""Identity methods by the number that stands for them in ``region.method``; new ones are appended."""

METHOD_CODES = {method: code for code, method in enumerate(METHODS)}
PRODUCT_ID = METHOD_CODES["product_id"]

if set(METHODS) != set(get_args(IdentityMethod)):
    raise TypeError(f"METHODS and data.types.IdentityMethod differ: {METHODS}, {get_args(IdentityMethod)}")
