"""The figure that wears the clothes: its pose, and where shoulders, waist, arms and legs are."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from data.sample.drawing.canvas import Points, points, smooth

_PROFILE_Y = np.array([0.160, 0.178, 0.192, 0.215, 0.250, 0.290, 0.385, 0.440, 0.490, 0.530, 0.600])
_PROFILE_HALF = np.array([0.030, 0.054, 0.078, 0.084, 0.080, 0.077, 0.061, 0.076, 0.089, 0.088, 0.084])
_UPPER_ARM, _FOREARM = 0.165, 0.150

_ARMS = (
    ((13.0, 6.0), (13.0, 6.0)),
    ((44.0, -52.0), (12.0, 4.0)),
    ((12.0, 4.0), (44.0, -52.0)),
    ((20.0, -4.0), (16.0, 2.0)),
    ((24.0, -14.0), (24.0, -14.0)),
    ((10.0, 14.0), (18.0, -4.0)),
)


class Pose(Struct, frozen=True):
    """How a figure stands: sideways shifts of shoulders and hips, angles (degrees, outward) of the arms, stance."""

    shoulder_dx: float
    hip_dx: float
    arms: tuple[tuple[float, float], tuple[float, float]]
    spread: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Pose:
        """One of six ways to hold the arms, with a slight shift of weight."""
        return cls(
            shoulder_dx=float(rng.normal(0, 0.006)),
            hip_dx=float(rng.normal(0, 0.008)),
            arms=_ARMS[int(rng.integers(len(_ARMS)))],
            spread=float(rng.uniform(0.0, 0.03)),
        )

    def nearby(self, rng: np.random.Generator) -> Pose:
        """The same pose a moment later."""
        moved = [(up + rng.normal(0, 1.5), fore + rng.normal(0, 2.0)) for up, fore in self.arms]
        return Pose(
            shoulder_dx=self.shoulder_dx + float(rng.normal(0, 0.002)),
            hip_dx=self.hip_dx + float(rng.normal(0, 0.002)),
            arms=((float(moved[0][0]), float(moved[0][1])), (float(moved[1][0]), float(moved[1][1]))),
            spread=float(np.clip(self.spread + rng.normal(0, 0.003), 0, 0.035)),
        )


class Body:
    """Geometry of a posed figure in figure units; side -1 is the left of the photo, 1 the right."""

    def __init__(self, pose: Pose) -> None:
        self.pose = pose

    def centre(self, y: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """x of the trunk's axis at height y."""
        return np.asarray(np.interp(y, [0.19, 0.49], [self.pose.shoulder_dx, self.pose.hip_dx]))

    def half(self, y: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Half the trunk's width at height y."""
        return np.asarray(np.interp(y, _PROFILE_Y, _PROFILE_HALF))

    def at(self, side: int, y: float, ease: float = 0.0) -> tuple[float, float]:
        """Point on the trunk's contour, ``ease`` outside the skin."""
        return float(self.centre(y) + side * (self.half(y) + ease)), y

    def off(self, x: float, y: float) -> tuple[float, float]:
        """Point at x from the trunk's axis."""
        return float(self.centre(y) + x), y

    def outline(self, side: int, *pairs: tuple[float, float]) -> Points:
        """Points given by distance from the trunk's axis, towards ``side``, and height."""
        place = points(*pairs)
        place[:, 0] = self.centre(place[:, 1]) + side * place[:, 0]
        return place

    def arm(self, side: int) -> Points:
        """Smooth path from shoulder over elbow to wrist, ``[n, 2]``."""
        upper, fore = np.deg2rad(self.pose.arms[0 if side < 0 else 1])
        shoulder = np.array([self.pose.shoulder_dx + side * 0.078, 0.207])
        elbow = shoulder + _UPPER_ARM * np.array([side * np.sin(upper), np.cos(upper)])
        wrist = elbow + _FOREARM * np.array([side * np.sin(fore), np.cos(fore)])
        return smooth(np.stack([shoulder, (shoulder + elbow) / 2, elbow, (elbow + wrist) / 2, wrist]), 2, closed=False)

    def leg(self, side: int, down_to: float = 0.945) -> Points:
        """Path from hip over knee to ankle, cut at height ``down_to``, ``[12, 2]``."""
        y = np.linspace(0.50, down_to, 12)
        out = [0.044, 0.046 + 0.45 * self.pose.spread, 0.044 + self.pose.spread]
        x = self.pose.hip_dx + side * np.interp(y, [0.50, 0.72, 0.945], out)
        return np.stack([x, y], axis=1)
