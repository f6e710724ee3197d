"""Item identity: which garments in different photos are one sellable piece, how that was found and how surely."""

from data.identity.facts import IdentityError, IdentitySettings, RegionFact, facts_of
from data.identity.items import items_of
from data.identity.log import IdentityEdit, IdentityLog, apply, merge, split, undo
from data.identity.resolve import Identities, resolve
from data.identity.score import PairScore, pairwise_f1

__all__ = [
    "Identities",
    "IdentityEdit",
    "IdentityError",
    "IdentityLog",
    "IdentitySettings",
    "PairScore",
    "RegionFact",
    "apply",
    "facts_of",
    "items_of",
    "merge",
    "pairwise_f1",
    "resolve",
    "split",
    "undo",
]
