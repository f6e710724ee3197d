"""Train, validation and test parts that keep a shoot whole and hold the same share of every style."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from data.hashing import PhotoHash, near_pairs
from data.types import ImageRecord

Part = Literal["train", "valid", "test"]

PARTS: tuple[Part, ...] = ("train", "valid", "test")

SHARES: Mapping[Part, float] = {"train": 0.8, "valid": 0.1, "test": 0.1}
"""The data owner's own split, 8:1:1."""


class Groups:
    """Images that must stay together: whatever connects two of them puts both in one group (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def add(self, image_id: str) -> None:
        """Make an image known; alone until something connects it."""
        self._parent.setdefault(image_id, image_id)

    def connect(self, first: str, second: str) -> None:
        """Keep two images, and all that is with either, together. The smaller id names the group."""
        self.add(first)
        self.add(second)
        low, high = sorted((self.group(first), self.group(second)))
        self._parent[high] = low

    def group(self, image_id: str) -> str:
        """The id that names an image's group: the smallest id in it. Raises KeyError for an image never added."""
        root = image_id
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[image_id] != root:
            self._parent[image_id], image_id = root, self._parent[image_id]
        return root

    def as_dict(self) -> dict[str, str]:
        """Every image and the name of its group."""
        return {image_id: self.group(image_id) for image_id in self._parent}


def group_images(
    records: Iterable[ImageRecord],
    *,
    hashes: Mapping[str, PhotoHash] | None = None,
    radius: int = 6,
    by_item: bool = False,
) -> dict[str, str]:
    """Group images that show one shoot, near-duplicates and, with ``by_item``, those that share an item.

    Parameters
    ----------
    records
        Read once; only ids are kept.
    hashes
        Fingerprints by image id; images whose difference hashes lie within ``radius`` bits are near-duplicates. To
        part two that only look alike costs a leak, to join them costs nothing, so nothing else is asked of them.
    radius
        0 to 11 bits.
    by_item
        Popular items connect most shoots, so this may leave one group that holds nearly everything.

    Returns
    -------
    Image id to the name of its group.
    """
    groups, first_with = Groups(), dict[tuple[str, str], str]()
    for record in records:
        groups.add(record.image_id)
        keys = [("shoot", f"{record.source}\0{record.shoot}")] if record.shoot is not None else []
        if by_item:
            keys += [("item", region.item_id) for region in record.regions if region.item_id is not None]
        for key in keys:
            groups.connect(first_with.setdefault(key, record.image_id), record.image_id)
    present = groups.as_dict() if hashes else {}
    known = [image_id for image_id in (hashes or {}) if image_id in present]
    if hashes and known:
        codes = np.array([hashes[image_id].difference for image_id in known], dtype=np.uint64)
        for a, b in near_pairs(codes, radius).tolist():
            groups.connect(known[a], known[b])
    return groups.as_dict()


def split(
    images: Mapping[str, Sequence[str]],
    groups: Mapping[str, str],
    seed: int,
    *,
    shares: Mapping[Part, float] = SHARES,
) -> dict[str, Part]:
    """Divide images by group so that every part holds its share of the images and of each style.

    Iterative stratification (Sechidis, Tsoumakas, Vlahavas, ECML 2011), with groups in place of single examples: the
    rarest style still to be placed goes first, its largest group first. Departures, for groups of many styles and
    unequal sizes: a group goes to the part where it lowers the squared distance (in units of the target) from all
    styles' targets and from the size most, not where its rarest style lacks most; and a part without room is passed
    over while another has some.

    Parameters
    ----------
    images
        Image id to its styles (none is fine: such images are placed last, by size alone).
    groups
        Image id to group, as of `group_images`; an image missing here stands alone.
    seed
        Decides among equals; the order in which images are given does not matter.
    shares
        What each part should hold; they sum to 1.

    Returns
    -------
    Image id to part, in the order of ``images``. A group larger than a part's share makes that share inexact.

    Raises
    ------
    ValueError
        Shares are negative or do not sum to 1.
    """
    if any(share < 0 for share in shares.values()) or abs(sum(shares.values()) - 1.0) > 1e-9:
        raise ValueError(f"shares: {dict(shares)} given; shares of 0 or more that sum to 1 are needed")
    members: defaultdict[str, list[str]] = defaultdict(list)
    for image_id in images:
        members[groups.get(image_id, image_id)].append(image_id)
    placed = _Stratifier(images, members, seed, shares).place()
    return {image_id: placed[groups.get(image_id, image_id)] for image_id in images}


def split_shares(parts: Mapping[str, Part]) -> dict[str, float]:
    """Share of the images that each part holds; zeros where there are none."""
    counts = Counter(parts.values())
    total = max(1, len(parts))
    return {part: counts[part] / total for part in PARTS}


class _Stratifier:
    """Greedy placement of groups; ``wanted`` is what each part still lacks of each style, ``room`` of images."""

    def __init__(
        self,
        images: Mapping[str, Sequence[str]],
        members: Mapping[str, Sequence[str]],
        seed: int,
        shares: Mapping[Part, float],
    ) -> None:
        self._parts = [part for part in PARTS if shares.get(part, 0.0) > 0.0]
        names = sorted(members)
        order = np.random.default_rng(seed).permutation(len(names))
        shuffled = [names[place] for place in order.tolist()]
        self._size = {name: len(members[name]) for name in shuffled}
        self._styles = {name: Counter(s for i in members[name] for s in set(images[i])) for name in shuffled}
        self._left: Counter[str] = Counter()
        for styles in self._styles.values():
            self._left.update(styles)
        self._styles_in_all, self._images_in_all, self._shares = dict(self._left), len(images), shares
        self._room = {part: shares[part] * len(images) for part in self._parts}
        self._wanted = {part: {s: shares[part] * n for s, n in self._left.items()} for part in self._parts}
        self._with_style: defaultdict[str, list[str]] = defaultdict(list)
        for name, styles in self._styles.items():
            for style in styles:
                self._with_style[style].append(name)
        self._placed: dict[str, Part] = {}

    def place(self) -> dict[str, Part]:
        while self._with_style:
            rarest = min(self._with_style, key=lambda style: (self._left[style], style))
            waiting = [name for name in self._with_style.pop(rarest) if name not in self._placed]
            for name in sorted(waiting, key=lambda name: -self._styles[name][rarest]):
                self._put(name)
        for name in sorted(self._size, key=lambda name: -self._size[name]):
            if name not in self._placed:
                self._put(name)
        return self._placed

    def _put(self, name: str) -> None:
        size = self._size[name]
        open_parts = [part for part in self._parts if self._room[part] >= size - 0.5] or self._parts
        part = max(open_parts, key=lambda part: self._gain(name, part))
        self._placed[name] = part
        self._room[part] -= size
        for style, count in self._styles[name].items():
            self._wanted[part][style] -= count
            self._left[style] -= count

    def _gain(self, name: str, part: Part) -> float:
        """How much a group brings a part nearer to its targets: the fall of ``sum(lack^2 / target)``."""
        lack, target, share, size = self._wanted[part], self._styles_in_all, self._shares[part], self._size[name]
        styles = sum(n * (2.0 * lack[s] - n) / (share * target[s]) for s, n in self._styles[name].items())
        return styles + size * (2.0 * self._room[part] - size) / (share * self._images_in_all)
