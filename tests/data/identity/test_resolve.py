"""Identity finds the items of a made-up wardrobe, keeps its rules, its ids and what people said."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from data.identity import IdentityError, IdentitySettings, RegionFact, facts_of, merge, pairwise_f1, resolve, split
from data.identity.log import apply
from data.types import ImageRecord, ItemLink, Region


def fact(region_id: str, **given: Any) -> RegionFact:
    image_id = region_id.split("/", maxsplit=1)[0]
    return RegionFact(**({"region_id": region_id, "image_id": image_id, "slot": "top", "source": "a"} | given))


def found(links: Any) -> dict[str, str]:
    return {link.region_id: link.item_id for link in links}


def test_items_are_found_across_shoots_despite_wrong_and_missing_attributes(wardrobe: Any) -> None:
    identities = resolve(wardrobe.facts, wardrobe.looks)
    score = pairwise_f1(found(identities.links), wardrobe.truth)
    assert score.f1 >= 0.95
    assert {link.method for link in identities.links} >= {"same_shoot", "signature"}


def test_shuffled_looks_and_attributes_give_nothing_to_find(wardrobe: Any) -> None:
    rng = np.random.default_rng(1)
    order = rng.permutation(len(wardrobe.facts))
    scrambled = [
        RegionFact(
            region_id=f.region_id,
            image_id=f.image_id,
            slot=f.slot,
            source=f.source,
            category=other.category,
            attributes=other.attributes,
        )
        for f, other in zip(wardrobe.facts, (wardrobe.facts[place] for place in order), strict=True)
    ]
    score = pairwise_f1(found(resolve(scrambled, wardrobe.looks[rng.permutation(len(order))]).links), wardrobe.truth)
    assert score.f1 < 0.15


@pytest.mark.parametrize("max_block", [20, 60])
def test_blocking_a_large_slot_loses_little(wardrobe: Any, max_block: int) -> None:
    identities = resolve(wardrobe.facts, wardrobe.looks, IdentitySettings(max_block=max_block))
    assert pairwise_f1(found(identities.links), wardrobe.truth).f1 >= 0.9


def test_one_photo_never_shows_one_item_twice(wardrobe: Any) -> None:
    doubled = [
        *wardrobe.facts,
        *(
            RegionFact(
                region_id=f"{f.region_id}x",
                image_id=f.image_id,
                slot=f.slot,
                source=f.source,
                shoot=f.shoot,
                category=f.category,
                attributes=f.attributes,
            )
            for f in wardrobe.facts
        ),
    ]
    identities = resolve(doubled, np.concatenate([wardrobe.looks, wardrobe.looks]))
    images = {f.region_id: f.image_id for f in doubled}
    shown = Counter((link.item_id, images[link.region_id]) for link in identities.links)
    assert max(shown.values()) == 1


def test_the_order_of_the_input_changes_nothing(wardrobe: Any) -> None:
    turned = wardrobe.shuffled(3)
    assert resolve(turned.facts, turned.looks) == resolve(wardrobe.facts, wardrobe.looks)


def test_without_descriptors_nothing_is_matched_across_shoots(wardrobe: Any) -> None:
    shoots = {f.region_id: f.shoot for f in wardrobe.facts}
    together = defaultdict(set)
    for link in resolve(wardrobe.facts).links:
        together[link.item_id].add(shoots[link.region_id])
    assert max(map(len, together.values())) == 1
    assert len(together) < len(wardrobe.facts) / 2


def test_a_region_without_a_descriptor_is_matched_within_its_shoot_alone(wardrobe: Any) -> None:
    looks = wardrobe.looks.copy()
    looks[::5] = np.nan
    blind = {f.region_id: f.shoot for f in wardrobe.facts[::5]}
    methods = {link.region_id: link.method for link in resolve(wardrobe.facts, looks).links}
    assert {methods[region_id] for region_id in blind} <= {"same_shoot", "single"}


def test_links_that_are_right_are_made_with_confidence(wardrobe: Any) -> None:
    identities = resolve(wardrobe.facts, wardrobe.looks, IdentitySettings(recurrence=40.0))
    majority = {
        item: Counter(wardrobe.truth[link.region_id] for link in identities.links if link.item_id == item).most_common(
            1
        )
        for item in {link.item_id for link in identities.links}
    }
    right = [
        link.confidence for link in identities.links if majority[link.item_id][0][0] == wardrobe.truth[link.region_id]
    ]
    assert all(0.0 <= link.confidence <= 1.0 for link in identities.links)
    assert np.mean(right) > 0.9


def test_product_ids_decide_and_two_of_them_are_never_one() -> None:
    facts = [
        fact("1/top#0", product_id="P1", shoot="s"),
        fact("2/top#0", product_id="P1", shoot="t"),
        fact("3/top#0", product_id="P2", shoot="s"),
        fact("4/top#0", shoot="u"),
    ]
    identities = resolve(facts)
    assert [(link.item_id, link.method, link.confidence) for link in identities.links] == [
        ("P1", "product_id", 1.0),
        ("P1", "product_id", 1.0),
        ("P2", "product_id", 1.0),
        ("item:4/top#0", "single", 1.0),
    ]


def test_one_product_id_in_two_sources_is_two_items() -> None:
    links = resolve([fact("1/top#0", product_id="7"), fact("2/top#0", product_id="7", source="b")]).links
    assert [link.item_id for link in links] == ["7", "item:2/top#0"]


def test_the_method_setting_is_kept_to(wardrobe: Any) -> None:
    by_product = resolve(wardrobe.facts, wardrobe.looks, IdentitySettings(method="product_id"))
    assert {link.method for link in by_product.links} == {"single"}
    facts = [fact("1/top#0", product_id="P"), fact("2/top#0", product_id="P")]
    assert len(resolve(facts, settings=IdentitySettings(method="none")).items) == 2


def test_ids_stay_when_more_photos_come(wardrobe: Any) -> None:
    late = wardrobe.facts[:300]
    first = resolve(late, wardrobe.looks[:300])
    added = [fact("0000-before/top#0", shoot="new", attributes={"colour": ("colour1",)})]
    looks = np.concatenate([wardrobe.looks, np.zeros((1, 24), dtype=np.float32)])
    second = found(resolve([*wardrobe.facts, *added], looks, known=first.links).links)
    kept = sum(second[link.region_id] == link.item_id for link in first.links)
    assert kept >= 0.98 * len(first.links)


def test_what_a_person_said_survives_the_next_run(wardrobe: Any) -> None:
    links = list(resolve(wardrobe.facts, wardrobe.looks).links)
    largest = Counter(link.item_id for link in links).most_common(1)[0][0]
    leaving = sorted(link.region_id for link in links if link.item_id == largest)[:2]
    edited = apply(links, split(links, largest, leaving))
    again = {link.region_id: link for link in resolve(wardrobe.facts, wardrobe.looks, known=edited).links}
    before = {link.region_id: link for link in edited if link.method == "manual"}
    assert {region_id: again[region_id] for region_id in before} == before


def test_merged_items_stay_one(wardrobe: Any) -> None:
    links = list(resolve(wardrobe.facts, wardrobe.looks).links)
    one, two = sorted({link.item_id for link in links if link.region_id.endswith("top#0")})[:2]
    edited = apply(links, merge(links, [two, one]))
    again = found(resolve(wardrobe.facts, wardrobe.looks, known=edited).links)
    assert {again[link.region_id] for link in links if link.item_id in {one, two}} == {two}


def test_items_are_voted_on_by_their_regions() -> None:
    facts = [
        fact("1/top#0", product_id="P", category="shirt", attributes={"colour": ("red",), "detail": ("frill", "zip")}),
        fact("2/top#0", product_id="P", category="shirt", attributes={"colour": ("red",), "detail": ("zip",)}),
        fact("3/top#0", product_id="P", category="blouse", attributes={"colour": ("blue",), "detail": ("bow", "zip")}),
        fact("4/top#0", slot="shoes"),
    ]
    product, lone = sorted(resolve(facts).items, key=lambda item: item.item_id)
    assert (product.category, product.attributes) == ("shirt", {"colour": ("red",), "detail": ("zip",)})
    assert (lone.category, lone.slot, lone.photo) == ("shoes", "shoes", None)


def leggings(wardrobe: Any, shoots: list[int], colours: list[tuple[str, ...]]) -> list[int]:
    """Item numbers of garments that look alike and agree in all but colour, beside others that differ in all."""
    usual = {f"detail{n}": ("as usual",) for n in range(8)}
    facts = [
        fact(f"p{n}/top#0", shoot=f"shoot{shoot}", category="leggings", attributes=usual | {"colour": colour})
        for n, (shoot, colour) in enumerate(zip(shoots, colours, strict=True))
    ]
    facts += [fact(f"q{n}/top#0", attributes={f"detail{n}": ("other",) for n in range(8)}) for n in range(5)]
    looks = np.concatenate([np.tile(wardrobe.looks[0], (len(colours), 1)), wardrobe.looks[1:6], wardrobe.looks])
    links = found(resolve([*facts, *wardrobe.facts], looks).links)
    numbers: dict[str, int] = {}
    return [numbers.setdefault(links[f"p{n}/top#0"], len(numbers)) for n in range(len(colours))]


RED, BROWN = ("red",), ("brown",)


def test_a_colour_that_shoots_agree_on_is_not_outvoted_by_what_is_usual(wardrobe: Any) -> None:
    assert leggings(wardrobe, [0, 1, 2, 3, 4], [RED, RED, RED, BROWN, BROWN]) == [0, 0, 0, 1, 1]


def test_one_slip_does_not_make_two_items_of_one(wardrobe: Any) -> None:
    assert leggings(wardrobe, [0, 1, 2, 3, 4], [RED, RED, RED, RED, BROWN]) == [0] * 5
    assert leggings(wardrobe, [0, 0, 1, 1], [RED] * 2 + [BROWN] * 2) == [0] * 4, "each shoot was described once"


def test_a_list_that_names_more_is_no_contradiction(wardrobe: Any) -> None:
    assert leggings(wardrobe, [0, 1, 2, 3, 4], [RED, RED, RED, (*BROWN, *RED), (*BROWN, *RED)]) == [0] * 5


def test_no_regions_no_items() -> None:
    assert resolve([]).links == ()


def test_bad_input_is_named() -> None:
    with pytest.raises(IdentityError, match="1/top#0: given twice"):
        resolve([fact("1/top#0"), fact("1/top#0")])
    with pytest.raises(IdentityError, match=r"shape \(2, 3\) given; one row for each of 1"):
        resolve([fact("1/top#0")], np.zeros((2, 3), dtype=np.float32))
    with pytest.raises(ValueError, match=r"min_confidence: 1\.5"):
        IdentitySettings(min_confidence=1.5)


def test_facts_are_read_from_photos_and_not_from_looks() -> None:
    region = Region(region_id="1/상의#0", part="상의", slot="top", category="셔츠", product_id="P")
    photo = ImageRecord(image_id="1", source="a", shoot="s", regions=(region,))
    (read,) = facts_of(photo)
    assert (read.region_id, read.image_id, read.shoot, read.product_id) == ("1/상의#0", "1", "s", "P")
    assert list(facts_of(ImageRecord(image_id="1", source="a", kind="look", regions=(region,)))) == []


def test_links_of_regions_that_are_gone_do_no_harm() -> None:
    (link,) = resolve([fact("1/top#0")], known=[ItemLink("gone", "x", "manual", 1.0)]).links
    assert link.item_id == "item:1/top#0"
