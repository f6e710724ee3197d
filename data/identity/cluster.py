"""Groups of regions from likely pairs: likeliest first, on average over the whole group, never twice in one photo."""

from __future__ import annotations

import math
from collections.abc import Sequence

from data.identity.candidates import Candidates
from data.identity.evidence import Evidence, Profile
from data.identity.facts import RegionFact

CONTRADICTION = -4.0
"""Log-odds at which what two groups agree to say of themselves is taken for a contradiction, whatever they look
like."""

CONTRADICTION_IN_ONE = -5.5
"""The same for a single attribute, looks included (`LOOKS_APART`). Two leggings that agree in fit, length and fabric,
as leggings do, are two where the photos of one say red in shoot after shoot and those of the other brown: agreement in
what is usual cannot outweigh that."""

LOOKS_APART = 10.0
"""Log-odds for each unit by which two groups look less alike than the photos within them: whether red and brown are two
leggings or two words for one can be seen."""


class Clusters:
    """A partition of the regions, grown by merging.

    ``anchors`` name what is certain: regions of one anchor start together, groups of two anchors are never merged.
    """

    def __init__(self, facts: Sequence[RegionFact], evidence: Evidence, anchors: Sequence[str | None]) -> None:
        self._evidence = evidence
        self._root = list(range(len(facts)))
        self._images = {place: {fact.image_id} for place, fact in enumerate(facts)}
        self._anchor: dict[int, str] = {}
        self._grown: dict[int, Profile] = {}
        self.members: dict[int, list[int]] = {place: [place] for place in range(len(facts))}
        first: dict[str, int] = {}
        for place, anchor in enumerate(anchors):
            if anchor is not None:
                self._anchor[place] = anchor
                self._join(self.find(first.setdefault(anchor, place)), place)

    def find(self, place: int) -> int:
        """The place that stands for a region's group."""
        while self._root[place] != place:
            self._root[place] = self._root[self._root[place]]
            place = self._root[place]
        return place

    def anchor(self, root: int) -> str | None:
        """What makes a group certain, if anything does."""
        return self._anchor.get(root)

    def profile(self, root: int) -> Profile:
        """Sums over a group."""
        return self._grown[root] if root in self._grown else self._evidence.profile(root)

    def grow(self, candidates: Candidates, min_confidence: float) -> None:
        """Merge groups along likely pairs while the mean log-odds over all pairs between them stays high enough.

        Average linkage over the candidates: each is looked at once, likeliest first. Groups whose attributes contradict
        each other (`Evidence.consensus_ratios`), in all or in one, stay apart.
        """
        floor = math.log(min_confidence / (1.0 - min_confidence))
        for left, right, prior in zip(*(values.tolist() for values in candidates), strict=True):
            a, b = self.find(left), self.find(right)
            if a == b or not self._may_join(a, b):
                continue
            one, other = self.profile(a), self.profile(b)
            if prior + self._evidence.mean_ratio(one, other) <= floor:
                continue
            if not self._contradict(one, other):
                self._join(a, b)

    def _contradict(self, one: Profile, other: Profile) -> bool:
        ratios = self._evidence.consensus_ratios(one, other)
        least = min(ratios, default=0.0)
        if least < 0:
            least += LOOKS_APART * min(self._evidence.look_gap(one, other), 0.0)
        return sum(ratios) <= CONTRADICTION or least <= CONTRADICTION_IN_ONE

    def _may_join(self, a: int, b: int) -> bool:
        return not (a in self._anchor and b in self._anchor) and self._images[a].isdisjoint(self._images[b])

    def _join(self, a: int, b: int) -> None:
        if a == b:
            return
        if len(self.members[a]) < len(self.members[b]):
            a, b = b, a
        self._grown[a] = self.profile(a) + self.profile(b)
        self._grown.pop(b, None)
        self._root[b] = a
        self.members[a] += self.members.pop(b)
        self._images[a] |= self._images.pop(b)
        if b in self._anchor:
            self._anchor[a] = self._anchor.pop(b)
