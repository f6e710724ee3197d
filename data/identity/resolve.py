"""From garments in photos to items: by product id, by likeness within a shoot, by attribute signature and look."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from data.identity.candidates import find_candidates
from data.identity.cluster import Clusters
from data.identity.evidence import Evidence, Profile
from data.identity.facts import IdentityError, IdentitySettings, RegionFact
from data.identity.items import items_of
from data.identity.log import fresh_id
from data.types import IdentityMethod, Item, ItemLink

_MANUAL, _PRODUCT = "manual", "product_id"
_MOST_CONFIDENT = 0.999


class Identities(Struct, frozen=True):
    """One link for every region, by ascending region id, and one item for every item id among them."""

    links: tuple[ItemLink, ...]
    items: tuple[Item, ...]


def resolve(
    facts: Iterable[RegionFact],
    descriptors: NDArray[np.float32] | None = None,
    settings: IdentitySettings | None = None,
    *,
    known: Iterable[ItemLink] = (),
) -> Identities:
    """Find the item that every region shows.

    Parameters
    ----------
    facts
        The regions; their order changes nothing.
    descriptors
        ``[R, D]`` float32 looks of the masked garments, a row for each fact, comparable by cosine; a row with NaN or of
        zeros where there is none. Without descriptors nothing is matched across shoots.
    settings
        How; see `IdentitySettings`.
    known
        Links of an earlier run. Items keep the ids that most of their regions had. What a person said (``manual``)
        stands: such a group keeps its regions and is not merged with another one.

    Returns
    -------
    Links and items. A link's confidence is 1 for a product id, a person's word and a region that stands alone, else
    the probability that its evidence gives, averaged over the other regions of its item.

    Raises
    ------
    IdentityError
        A region id twice, or descriptors that do not fit the facts.
    """
    settings = settings or IdentitySettings()
    given = list(facts)
    order = sorted(range(len(given)), key=lambda place: given[place].region_id)
    ordered = [given[place] for place in order]
    for before, after in pairwise(ordered):
        if before.region_id == after.region_id:
            raise IdentityError(f"{after.region_id}: given twice; every region has an id of its own")
    if descriptors is not None and descriptors.shape[:1] == (len(given),):
        descriptors = descriptors[order]
    earlier = {link.region_id: link for link in known}
    evidence = Evidence(ordered, descriptors, settings)
    clusters = Clusters(ordered, evidence, [_anchor(fact, earlier, settings) for fact in ordered])
    if settings.method == "auto":
        clusters.grow(find_candidates(ordered, evidence, settings), settings.min_confidence)
    links = _links(ordered, clusters, evidence, earlier)
    return Identities(tuple(links), tuple(items_of(ordered, links)))


def _anchor(fact: RegionFact, earlier: Mapping[str, ItemLink], settings: IdentitySettings) -> str | None:
    """What makes a region's item certain: a person's word, else the source's product id."""
    link = earlier.get(fact.region_id)
    if link is not None and link.method == _MANUAL:
        return f"{_MANUAL}\0{link.item_id}"
    if fact.product_id is not None and settings.method != "none":
        return f"{_PRODUCT}\0{fact.source}\0{fact.product_id}"
    return None


def _links(
    facts: Sequence[RegionFact], clusters: Clusters, evidence: Evidence, earlier: Mapping[str, ItemLink]
) -> list[ItemLink]:
    names = _names(facts, clusters, earlier)
    links: list[ItemLink] = []
    for root, members in clusters.members.items():
        shoots = Counter(facts[place].shoot for place in members if facts[place].shoot is not None)
        whole = clusters.profile(root)
        for place in members:
            method = _method(facts[place], clusters.anchor(root), earlier, len(members), shoots)
            confidence = 1.0
            if method in {"same_shoot", "signature"}:
                confidence = _confidence(evidence, evidence.profile(place), whole)
            links.append(ItemLink(facts[place].region_id, names[root], method, confidence))
    return sorted(links, key=lambda link: link.region_id)


def _method(
    fact: RegionFact,
    anchor: str | None,
    earlier: Mapping[str, ItemLink],
    size: int,
    shoots: Counter[str | None],
) -> IdentityMethod:
    link = earlier.get(fact.region_id)
    if link is not None and link.method == _MANUAL:
        return "manual"
    if anchor is not None and anchor == f"{_PRODUCT}\0{fact.source}\0{fact.product_id}":
        return "product_id"
    if size == 1:
        return "single"
    return "same_shoot" if fact.shoot is not None and shoots[fact.shoot] > 1 else "signature"


def _confidence(evidence: Evidence, own: Profile, whole: Profile) -> float:
    """Probability, at even odds beforehand, that a region belongs with the others of its group."""
    ratio = evidence.mean_ratio(own, whole - own)
    return round(min(_MOST_CONFIDENT, 1.0 / (1.0 + math.exp(-max(-50.0, ratio)))), 4)


def _names(facts: Sequence[RegionFact], clusters: Clusters, earlier: Mapping[str, ItemLink]) -> dict[int, str]:
    """Item ids by group: a person's, the product's, the one that most regions had, else a new one; no id twice."""
    names: dict[int, str] = {}
    taken: dict[str, int] = {}
    claims: list[tuple[int, int, str, int, str]] = []
    for root, members in clusters.members.items():
        lowest = min(facts[place].region_id for place in members)
        anchor = clusters.anchor(root)
        kind, _, rest = (anchor or "").partition("\0")
        if kind == _MANUAL:
            claims.append((0, -len(members), lowest, root, rest))
        elif kind == _PRODUCT:
            claims.append((1, -len(members), lowest, root, rest.partition("\0")[2]))
        had = Counter(earlier[facts[p].region_id].item_id for p in members if facts[p].region_id in earlier)
        claims += [(2, -count, lowest, root, item_id) for item_id, count in had.items()]
        claims.append((3, 0, lowest, root, f"item:{lowest}"))
    for _, _, _, root, item_id in sorted(claims):
        if root not in names and item_id not in taken:
            names[root] = item_id
            taken[item_id] = root
    for root, members in clusters.members.items():
        if root not in names:
            names[root] = fresh_id(min(facts[place].region_id for place in members), taken)
            taken[names[root]] = root
    return names
