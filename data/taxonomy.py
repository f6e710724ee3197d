"""The words of fashion: slots, the slot that a category fills, one canonical spelling for each known value."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

import msgspec
from msgspec import Struct

SLOTS = ("outer", "top", "bottom", "dress", "shoes", "bag", "accessory")
"""The roles an outfit has to fill. Slots are open: a category that fits none of them is a slot of its own."""

SLOT_OF_PART = MappingProxyType({"아우터": "outer", "상의": "top", "하의": "bottom", "원피스": "dress"})
"""K-Fashion's four regions."""

_LIST = re.compile(r"[,;/&+|]|\band\b")
_WORD = re.compile(r"[\s_().>]+")
_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=65536)
def slot_of(category: str) -> str:
    """The slot that a category fills, by its own words; a category of unknown words is its own slot, casefolded.

    The last known word decides (``shirt dress`` is a dress, ``dress shoes`` are shoes); of a list (``dresses and
    jumpsuits``, ``shoes, bags``) the first known part does.
    """
    plain = tidy(category).casefold()
    for part in _LIST.split(plain):
        for word in reversed(_WORD.split(part.strip())):
            slot = _slot_of_word(word)
            if slot is not None:
                return slot
    return plain


@lru_cache(maxsize=65536)
def canonical(field: str, value: str) -> tuple[str, bool]:
    """One spelling for a value, and whether the field's vocabulary knows it.

    Unicode forms (NFKC), spaces, case, ``\\`` for ``/`` and the known variants are brought together. An unknown value
    comes back tidied, never dropped. A field without a vocabulary knows every value.
    """
    tidied = tidy(value)
    spellings = _spellings().get(_VOCABULARY_OF.get(field, field))
    if spellings is None:
        return tidied, True
    known = spellings.get(_key(tidied))
    return (tidied, False) if known is None else (known, True)


def vocabulary(field: str) -> tuple[str, ...]:
    """The canonical values of a field, in the source's order; empty where the field has no vocabulary."""
    entry = _vocabularies().get(_VOCABULARY_OF.get(field, field))
    return () if entry is None else tuple(tidy(value) for value in entry.values)


def tidy(text: str) -> str:
    """NFKC, runs of space as one space, none at the ends."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip()


_VOCABULARY_OF = {"sub_colour": "colour", "substyle": "style"}


def _slot_of_word(word: str) -> str | None:
    table = _slot_table()
    for singular in (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ies") + "y"):
        slot = table.get(singular)
        if slot is not None:
            return slot
    return None


def _key(tidied: str) -> str:
    """What spellings of one value share: no spaces, no case, one kind of stroke."""
    return tidied.casefold().replace(" ", "").replace("\\", "/").replace("₩", "/")


class _Vocabulary(Struct, frozen=True):
    values: tuple[str, ...]
    variants: dict[str, tuple[str, ...]]


@cache
def _vocabularies() -> dict[str, _Vocabulary]:
    return msgspec.json.decode(_beside("kfashion_vocabulary.json"), type=dict[str, _Vocabulary])


@cache
def _spellings() -> dict[str, dict[str, str]]:
    """Field, then key of each spelling, to the canonical value."""
    return {
        field: {
            _key(tidy(spelling)): tidy(value)
            for value in entry.values
            for spelling in (value, *entry.variants.get(value, ()))
        }
        for field, entry in _vocabularies().items()
    }


@cache
def _slot_table() -> dict[str, str]:
    words = msgspec.json.decode(_beside("slot_words.json"), type=dict[str, tuple[str, ...]])
    return {word: slot for slot, known in words.items() for word in known}


def _beside(name: str) -> bytes:
    return files("data").joinpath(name).read_bytes()
