from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from data.types import Item
from evaluation.baselines import (
    AttributePmi,
    BackdropLeak,
    ColourDistance,
    CooccurrenceCount,
    CooccurrenceSecondOrder,
    Popularity,
    Random,
)
from evaluation.baselines.attributes import informative_attributes
from evaluation.questions import make_questions
from evaluation.scorer import Scorer
from evaluation.tasks import Report, evaluate

Planted = tuple[list[list[str]], list[Item]]


def colours(items: list[Item]) -> dict[str, np.ndarray]:
    shade = {"red": 0.0, "green": 1.0, "blue": 2.0, "grey": 3.0}
    return {i.item_id: np.array([shade[i.attributes["colour"][0]], 1.0]) for i in items}


MAKERS: dict[str, Callable[[Planted], Scorer]] = {
    "random": lambda p: Random(0),
    "popularity": lambda p: Popularity.fit(p[0]),
    "described popularity": lambda p: Popularity.fit(*p),
    "count": lambda p: CooccurrenceCount.fit(p[0]),
    "second": lambda p: CooccurrenceSecondOrder.fit(p[0]),
    "pmi": lambda p: AttributePmi.fit(*p),
    "colour": lambda p: ColourDistance(colours(p[1])),
    "backdrop": lambda p: BackdropLeak(colours(p[1])),
}


@pytest.fixture(params=sorted(MAKERS))
def scorer(request, planted: Planted) -> Scorer:
    return MAKERS[request.param](planted)


def test_many_candidates_score_as_few_do(scorer: Scorer) -> None:
    pool = [f"shoes{n:03}" for n in range(120)] + ["nobody knows"]
    context = ["top001", "bottom001", "nor this"]
    together = scorer.score(context, pool)
    apart = np.concatenate([scorer.score(context, pool[i : i + 3]) for i in range(0, len(pool), 3)])
    np.testing.assert_allclose(together, apart, rtol=1e-4, atol=1e-4)
    assert together.shape == (121,)


def test_order_says_nothing(scorer: Scorer) -> None:
    pool = ["shoes001", "shoes002", "shoes003"]
    forth = scorer.score(["top001", "bottom002"], pool)
    back = scorer.score(["bottom002", "top001"], pool[::-1])[::-1]
    np.testing.assert_allclose(forth, back, rtol=1e-6, atol=1e-6)
    sets = scorer.score_outfits([["top001", "bottom001", "shoes002"], ["shoes002", "top001", "bottom001"]])
    assert sets[0] == pytest.approx(sets[1], abs=1e-6)


def test_empties_and_strangers_are_normal(scorer: Scorer) -> None:
    assert scorer.score(["top001"], []).shape == (0,)
    assert np.isfinite(scorer.score([], ["shoes001", "stranger"])).all()
    assert np.isfinite(scorer.score(["stranger"], ["shoes001", "stranger"])).all()
    assert np.isfinite(scorer.score_outfits([[], ["top001"], ["stranger", "top001"], ["a", "b", "c"]])).all()
    assert scorer.score_outfits([]).shape == (0,)


@pytest.mark.parametrize("name", ["count", "second", "pmi", "colour", "backdrop"])
def test_planted_structure_is_found(name: str, planted: Planted) -> None:
    report = _held_out(MAKERS[name](planted), planted[1])
    # whoever knows the rule gets about (1 - .75^4) / (4 * .25) = .68: a wrong answer is of the colour once in four
    assert (0.45 if name == "count" else 0.62) < report.get("fitb", "accuracy").value < 0.75
    assert report.get("compat", "auc").low > (0.6 if name == "count" else 0.9)


@pytest.mark.parametrize("name", ["random", "popularity", "described popularity"])
def test_planted_structure_is_hidden_from_those_who_do_not_look(name: str, planted: Planted) -> None:
    fitb = _held_out(MAKERS[name](planted), planted[1]).get("fitb", "accuracy")
    assert 0.15 < fitb.value < 0.4


@pytest.mark.parametrize("name", ["count", "second", "pmi"])
def test_noise_is_not_found(name: str, planted: Planted) -> None:
    outfits, items = planted
    rng = np.random.default_rng(11)
    columns = [rng.permutation([o[part] for o in outfits]) for part in range(3)]  # the same use, put together at random
    noise = [[str(i) for i in outfit] for outfit in zip(*columns, strict=True)]
    fitb = _held_out(MAKERS[name]((noise[:1450], items)), items, noise[1450:]).get("fitb", "accuracy")
    assert fitb.value < 0.31


def _held_out(scorer: Scorer, items: list[Item], outfits: list[list[str]] | None = None) -> Report:
    rng = np.random.default_rng(12)
    if outfits is None:
        colours = rng.integers(4, size=150)
        outfits = [[f"{part}{4 * rng.integers(30) + c:03}" for part in ("top", "bottom", "shoes")] for c in colours]
    category = {i.item_id: i.category for i in items}
    held = {f"o{n}": outfit for n, outfit in enumerate(outfits)}
    return evaluate(scorer, make_questions(held, category, category, seed=5), bootstrap=200)


def test_popularity_by_hand(outfits: list[list[str]]) -> None:
    scorer = Popularity.fit(outfits)
    np.testing.assert_allclose(scorer.score(["b"], ["x", "y", "z", "new"]), np.log1p([2, 2, 1, 0]))
    np.testing.assert_allclose(scorer.score_outfits([["a", "x"], ["z"]]), [np.log1p([3, 2]).mean(), np.log(2)])


def test_new_items_are_as_popular_as_their_description() -> None:
    items = [
        Item(item_id=f"{c}{n}", category="top", slot="top", source="t", attributes={"colour": (c,)})
        for c in ("black", "lime")
        for n in range(10)
    ]
    outfits = [[f"black{n}"] for n in range(8) for _ in range(9)] + [[f"lime{n}"] for n in range(8)]
    black, lime = Popularity.fit(outfits, items).score([], ["black9", "lime9"])
    assert np.log(2) < lime < black < np.log(10)


def test_counts_by_hand(outfits: list[list[str]]) -> None:
    scorer = CooccurrenceCount.fit(outfits)
    np.testing.assert_allclose(scorer.score(["a"], ["x", "y", "z", "s", "new"]), [2, 1, 0, 1, 0], atol=1e-3)
    np.testing.assert_allclose(scorer.score(["a", "b"], ["y", "x"]), [1.0, 1.0], atol=1e-3)
    np.testing.assert_allclose(scorer.score_outfits([["a", "x", "s"], ["c", "z", "a"]]), [4 / 3, 1 / 3], atol=1e-3)


def test_equal_counts_fall_to_the_more_popular(outfits: list[list[str]]) -> None:
    more, less = CooccurrenceCount.fit(outfits).score(["z"], ["a", "b"])  # neither was ever with z
    assert more > less


def test_second_order_reaches_through_a_third(outfits: list[list[str]]) -> None:
    scorer = CooccurrenceSecondOrder.fit(outfits, smoothing=0.1, discount=0.0)
    y, a, c = scorer.score(["b"], ["y", "a", "c"])
    assert y > a > c == 0  # b - y - a, but no way from b to c


def test_second_order_by_hand() -> None:
    # p-q, q-r: A D^-1 A of (p, r) = 1 * 1/2 * 1; expected 2 * 1 * 1 / 4
    scorer = CooccurrenceSecondOrder.fit([["p", "q"], ["q", "r"]], smoothing=0.5, discount=0.5)
    wanted = np.log1p(0.5 / 0.5) - 0.5 * np.log1p(0.5 / 0.5)
    assert scorer.score(["p"], ["r"])[0] == pytest.approx(wanted)


def test_pmi_by_hand() -> None:
    items = [
        Item(item_id=f"{part}{colour}{n}", category=part, slot=part, source="t", attributes={"colour": (colour,)})
        for part in "tb"
        for colour in "rg"
        for n in range(5)
    ]
    outfits = [[f"t{c}{n}", f"b{c}{n}"] for c in "rg" for n in range(5)]
    scorer = AttributePmi.fit(outfits, items, shrinkage=1.0)
    # ordered pairs: r-r 10, g-g 10, r-g 0; each expected 10 * 10 / 20 = 5; usual value is the mean of like and unlike
    like, unlike = np.log(11 / 6), np.log(1 / 6)
    found = scorer.score(["tr0"], ["br4", "bg4", "new"])
    np.testing.assert_allclose(found, [(like - unlike) / 2, (unlike - like) / 2, 0.0], rtol=1e-5)


def test_identifiers_constants_and_copies_are_left_out() -> None:
    items = [
        Item(
            item_id=f"i{n}",
            category="ab"[n % 2],
            slot="top",
            source="t",
            attributes={
                "colour": ("rgb"[n % 3],),
                "colour code": (str(n % 3),),
                "file": (f"{n}.jpg",),
                "shop": ("ours",),
                "family": ("AB"[n % 2],),
                "fabric": ("xyzw"[n // 9 % 4],) if n % 5 else (),
            },
        )
        for n in range(60)
    ]
    assert informative_attributes(items) == ("colour", "fabric")


def test_colour_distance_prefers_the_like_and_knows_the_average() -> None:
    scorer = ColourDistance({"a": np.zeros(3), "near": np.ones(3), "far": np.full(3, 9.0)})
    near, stranger, far = scorer.score(["a"], ["near", "stranger", "far"])
    assert near > stranger == 0 > far


@pytest.mark.parametrize("bad", [{"a": np.zeros(3), "b": np.zeros(2)}, {"a": np.array([np.nan, 0.0])}])
def test_unusable_vectors_are_refused(bad) -> None:
    with pytest.raises(ValueError, match=r"shapes|'a'"):
        BackdropLeak(bad)


@pytest.mark.parametrize("make", [AttributePmi, CooccurrenceSecondOrder])
def test_smoothing_must_be_positive(make, planted: Planted) -> None:
    with pytest.raises(ValueError, match="positive"):
        AttributePmi.fit(*planted, shrinkage=0) if make is AttributePmi else make.fit(planted[0], smoothing=0)


def test_nothing_to_learn_from() -> None:
    for scorer in (
        Popularity.fit([]),
        CooccurrenceCount.fit([]),
        CooccurrenceSecondOrder.fit([]),
        AttributePmi.fit([], []),
    ):
        assert scorer.score(["a"], ["b", "c"]).tolist() == [0.0, 0.0]
        assert scorer.score_outfits([["a", "b"]]).tolist() == [0.0]


def test_random_repeats_and_is_uniform() -> None:
    ids = [f"i{n}" for n in range(2000)]
    first = Random(1).score(["a", "b"], ids)
    assert (first == Random(1).score(["b", "a"], ids)).all()
    assert (first != Random(2).score(["a", "b"], ids)).mean() > 0.99
    assert (first != Random(1).score(["a"], ids)).mean() > 0.99
    assert np.histogram(first, bins=4, range=(0, 1))[0].min() > 400
