"""Settings of a model as a frozen dataclass: checked when they are made, read from and written to plain tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, ClassVar, Self

Check = tuple[Callable[[Any], bool], str]
"""Whether a value is right, and what would be."""


class CheckedSettings:
    """Base of a frozen dataclass whose values ``checks`` judge, by name.

    ``section`` is what messages call it; ``error`` what is raised, of the package that the settings belong to.
    """

    section: ClassVar[str]
    error: ClassVar[type[Exception]]
    checks: ClassVar[Mapping[str, Check]]

    def __post_init__(self) -> None:
        for key, (check, right) in self.checks.items():
            value = getattr(self, key)
            if not check(value):
                raise self.error(f"{self.section} setting {key} = {value!r}: must be {right}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings from a table such as a parsed TOML or JSON file; lists become tuples.

        Raises
        ------
        cls.error
            A key that is not a setting, or a value out of range.
        """
        known = [field.name for field in fields(cls)]  # type: ignore[arg-type] # a dataclass, as the class says
        for key in values:
            if key not in known:
                raise cls.error(f"unknown {cls.section} setting {key!r}; known settings: {', '.join(known)}")
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; ``from_dict`` reads them back."""
        plain = asdict(self)  # type: ignore[call-overload] # a dataclass, as the class says
        return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}


def whole(low: int, high: float = float("inf")) -> Check:
    """A whole number from ``low`` to ``high``."""
    upper = "" if high == float("inf") else f" and at most {high:.0f}"
    return lambda value: type(value) is int and low <= value <= high, f"a whole number of at least {low}{upper}"


def number(low: float, high: float, *, open_low: bool = False, open_high: bool = False) -> Check:
    """A number from ``low`` to ``high``, which is itself too little or too much where it is open."""

    def check(value: Any) -> bool:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return (low < value if open_low else low <= value) and (value < high if open_high else value <= high)

    return check, f"a number {'above' if open_low else 'from'} {low} to {'below ' if open_high else ''}{high}"


def one_of(*known: str) -> Check:
    """One of some words."""
    return lambda value: value in known, f"one of {', '.join(known)}"


THREADS: Check = (
    lambda value: value is None or (type(value) is int and value > 0),
    "a positive whole number, or absent for torch's own choice",
)
"""How many threads torch takes."""
