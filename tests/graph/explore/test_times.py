"""Communities by period, changes since a date, trends by week."""

from __future__ import annotations

import random
from datetime import date

import pytest

from graph.explore.budget import Budget
from graph.explore.changes import Fresh, changes_since
from graph.explore.communities import communities
from graph.explore.dates import PERIODS, day_of, period_of, week_of
from graph.explore.scores import ShootScores
from graph.explore.trends import Week, trend
from graph.nodes import Node
from graph.store import UnknownNodeError

NO_TIME = Budget(seconds=0)


def test_days_weeks_and_periods():
    assert day_of("2020-11-08 23:59:59") == day_of("2020-11-08T10:00Z") == date(2020, 11, 8)
    assert [day_of(text) for text in (None, "", "어제", "2020-13-01", "2020.11.08", "20-11-08")] == [None] * 6
    assert week_of(date(2020, 11, 8)) == date(2020, 11, 2) == week_of(date(2020, 11, 2))
    assert [period_of(date(2020, 1, 31), period) for period in PERIODS] == ["all", "2020", "2020-Q1", "2020-01"]
    assert [period_of(None, period) for period in PERIODS] == ["all", None, None, None]


def test_styles_are_mixed_by_the_items_seen_in_both(wardrobe):
    found = communities(wardrobe, period="month")
    (november,) = found.periods
    assert (november.period, november.images, found.undated) == ("2020-11", 3, 1)
    assert [c.members for c in november.communities] == [("로맨틱", "모던")]
    (pair,) = november.pairs
    assert (pair.left, pair.right, pair.weight) == ("로맨틱", "모던", 2), "coat and shirt are seen in both"
    assert [period.images for period in communities(wardrobe, period="all").periods] == [4]


def two_groups(make, rng: random.Random, mixing: float):
    """200 photos of three items each, of one group of ten, or of the other with some chance."""
    groups = [[f"{letter}{n}" for n in range(10)] for letter in "ab"]
    for n in range(200):
        own = groups[n % 2]
        shown = [rng.choice(groups[1 - n % 2] if rng.random() < mixing else own) for _ in range(3)]
        yield make.image(f"p{n:03d}", *shown, created="2021-05-05")


def test_planted_communities_are_found_again_and_chance_divides_badly(store, make):
    store.upsert_items([make.item(f"{letter}{n}") for letter in "ab" for n in range(10)])
    store.upsert_images(two_groups(make, random.Random(1), 0.05))
    (period,) = communities(store, "item", period="year").periods
    assert [set(c.members) for c in period.communities] == [{f"{letter}{n}" for n in range(10)} for letter in "ab"]
    assert period.modularity > 0.35
    assert communities(store, "item", period="year") == communities(store, "item", period="year")
    store.upsert_images(two_groups(make, random.Random(2), 0.5))
    (period,) = communities(store, "item", period="year").periods
    assert period.modularity < 0.2


def test_communities_cut(wardrobe):
    found = communities(wardrobe, "item", period="all", budget=Budget(limit=1))
    (whole,) = found.periods
    assert (whole.communities[0].members, whole.communities[0].size, whole.found) == (("bag",), 2, 2)
    assert found.cut[0].detail == "all: the first 1 of 2 communities are shown"
    assert communities(wardrobe, budget=NO_TIME).cut[0].reason == "time"


def test_what_changed(wardrobe):
    found = changes_since(wardrobe, date(2020, 11, 9))
    assert (found.images, found.images_before, found.undated, found.shoots) == (1, 2, 1, 1)
    assert (found.items, found.known_items) == (1, 1)
    assert found.new_items == (Fresh("skirt", 1),) and found.new_styles == ()
    assert found.most_seen == (Fresh("shirt", 1), Fresh("skirt", 1))
    everything = changes_since(wardrobe, date(2000, 1, 1), budget=Budget(limit=2))
    assert everything.new_items == (Fresh("shirt", 3), Fresh("coat", 2))
    assert everything.cut[0].detail == "the first 2 of 3 new items are shown"
    assert everything.new_styles == (Fresh("로맨틱", 2), Fresh("모던", 1))
    assert changes_since(wardrobe, date(2030, 1, 1)).images == 0
    assert changes_since(wardrobe, date(2020, 1, 1), budget=NO_TIME).cut[0].reason == "time"


def test_weeks_of_a_trend(wardrobe, make):
    wardrobe.upsert_images([make.image("late", "hat", created="2020-11-29")])
    found = trend(wardrobe, [Node("category", "자켓")])
    assert found.weeks == (
        Week(date(2020, 11, 2), 2, 2, 1.0),
        Week(date(2020, 11, 9), 1, 0, 0.0),
        Week(date(2020, 11, 16), 0, 0, 0.0),
        Week(date(2020, 11, 23), 1, 0, 0.0),
    )
    assert (found.undated, found.cut) == (1, ())
    cut = trend(wardrobe, [Node("category", "자켓")], budget=Budget(limit=1))
    assert [week.monday.day for week in cut.weeks] == [23] and cut.p == found.p
    assert len(trend(wardrobe, [Node("category", "자켓")], since="2020-11-08", until="2020-11-10").weeks) == 2


@pytest.mark.parametrize(
    ("nodes", "shown"),
    [
        ([Node("item", "shirt")], [2, 1]),
        ([Node("style", "로맨틱")], [1, 1]),
        ([Node("shoot", "s2")], [0, 1]),
        ([Node("attribute", "프린트", "스트라이프")], [0, 1]),
        ([Node("attribute", "색상", "블랙"), Node("category", "셔츠")], [2, 0]),
        ([Node("item", "shirt"), Node("style", "모던")], [1, 0]),
        ([Node("outfit", "o1")], [0, 0]),
    ],
)
def test_what_an_image_shows(wardrobe, nodes, shown):
    if nodes[0].kind == "outfit":
        with pytest.raises(ValueError, match="outfit"):
            trend(wardrobe, nodes)
    else:
        assert [week.shown for week in trend(wardrobe, nodes).weeks] == shown


def statistic(*weeks: str, shoots: bool = False) -> float:
    """``"110"``: a week of three images of which two show it; with ``shoots`` each week is one shoot."""
    scores = ShootScores()
    for number, week in enumerate(weeks):
        for hit in week:
            scores.add(700 + number, hit == "1", f"s{number}" if shoots else None)
    return scores.statistic()


def test_the_statistic_by_hand():
    # mean week 1, mean share 1/2: each image of the first and last week scores 1/2, those of the second 0
    assert statistic("0000", "0011", "1111") == pytest.approx(4 / (8 * 0.25 * 12 / 11) ** 0.5)
    assert statistic("1111", "0011", "0000") == pytest.approx(-4 / (8 * 0.25 * 12 / 11) ** 0.5)
    # as three shoots: sums of 2, 0 and 2
    assert statistic("0000", "0011", "1111", shoots=True) == pytest.approx(4 / (8 * 3 / 2) ** 0.5)
    assert statistic() == statistic("1") == statistic("111", "1111") == statistic("01") == 0


def test_one_shoot_is_no_trend(store, make):
    """One shoot of twenty photos in the last of six weeks: many images, one decision."""
    store.upsert_items([make.item("i"), make.item("x")])
    days = [date.fromordinal(date(2021, 1, 4).toordinal() + 7 * week).isoformat() for week in range(6)]
    store.upsert_images(
        [make.image(f"w{w}p{n}", "x", created=days[w], shoot=f"{w}") for w in range(6) for n in range(20)]
    )
    store.upsert_images([make.image(f"last{n}", "i", created=days[5], shoot="one") for n in range(20)])
    assert trend(store, [Node("item", "i")]).direction == "flat"
    store.upsert_images([make.image(f"last{n}", "i", created=days[5]) for n in range(20)])
    assert trend(store, [Node("item", "i")]).direction == "rising", "of twenty shoots it is one"


def test_a_planted_trend_is_told_and_noise_seldom(store, make):
    store.upsert_items([make.item("i"), *[make.item(f"n{k}") for k in range(40)], make.item("x")])
    rng = random.Random(3)
    for week in range(8):
        images = []
        for n in range(30):
            shown = ["i"] * (rng.random() < 0.1 + 0.08 * week) + [f"n{k}" for k in range(40) if rng.random() < 0.3]
            day = date.fromordinal(date(2021, 1, 4).toordinal() + 7 * week + n % 7)
            images.append(make.image(f"w{week}p{n}", *shown, created=day.isoformat()))
        store.upsert_images(images)
    rising = trend(store, [Node("item", "i")])
    assert rising.direction == "rising" and rising.p < 0.001
    told = [trend(store, [Node("item", f"n{k}")]).direction != "flat" for k in range(40)]
    assert sum(told) <= 5, "at .05, two of forty are expected"


def test_trends_that_cannot_be(wardrobe):
    with pytest.raises(UnknownNodeError, match="category '쟈켓' is not stored"):
        trend(wardrobe, [Node("category", "쟈켓")])
    with pytest.raises(ValueError, match="no node is given"):
        trend(wardrobe, [])
    late = trend(wardrobe, [Node("item", "coat")], budget=NO_TIME)
    assert (late.weeks, late.direction, late.p, late.cut[0].reason) == ((), "flat", 1.0, "time")
