"""Whether a share rises or falls, told from images of which those of one shoot are much alike."""

from __future__ import annotations

import math
from collections import Counter


class ShootScores:
    """The score test for a linear trend in proportions, with shoots as its units.

    Each image has a week ``t`` and shows the thing or not, ``x`` 1 or 0; its score is ``(t - mean t) (x - mean x)``.
    The sum of scores is that of the test of Cochran and Armitage (Armitage, "Tests for Linear Trends in Proportions and
    Frequencies", Biometrics 11, 1955). Its variance is taken over the sums of shoots, not over images, since the photos
    of a shoot show the same pieces in the same style (Liang and Zeger, "Longitudinal Data Analysis Using Generalized
    Linear Models", Biometrika 73, 1986, with independence as working correlation), times ``C / (C - 1)`` for ``C``
    shoots. An image without a shoot is a shoot of its own.
    """

    def __init__(self) -> None:
        self._shoots: dict[str, Counter[tuple[int, bool]]] = {}
        self._alone: Counter[tuple[int, bool]] = Counter()

    def add(self, week: int, hit: bool, shoot: str | None) -> None:
        """Count one image."""
        counts = self._alone if shoot is None else self._shoots.setdefault(shoot, Counter())
        counts[week, hit] += 1

    def statistic(self) -> float:
        """Standard normal where nothing changes, above 0 where the share rises; 0 where it cannot be told."""
        units = len(self._shoots) + self._alone.total()
        everything = sum(self._shoots.values(), Counter(self._alone))
        images = everything.total()
        if units < 2:
            return 0.0
        middle = sum(week * n for (week, _), n in everything.items()) / images
        share = sum(hit * n for (_, hit), n in everything.items()) / images

        def score(week: int, hit: bool) -> float:
            return (week - middle) * (hit - share)

        sums = [sum(n * score(*key) for key, n in sorted(counts.items())) for counts in self._shoots.values()]
        alone = [(n, score(*key)) for key, n in sorted(self._alone.items())]
        moved = math.fsum(sums) + math.fsum(n * each for n, each in alone)
        variance = math.fsum(each * each for each in sums) + math.fsum(n * each * each for n, each in alone)
        return moved / math.sqrt(variance * units / (units - 1)) if variance > 1e-12 else 0.0
