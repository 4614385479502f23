"""How many bytes an engine needs for the SSIMULACRA2 that sharp has at its default."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines import Engine, Task
from jobs import QUALITY
from scorer import Scorer

QUALITIES = (64, 68, 72, 76, 80, 84, 88, 92)

_POINTS = 5
"""So many qualities around the score asked for, of which the curve is drawn: single scores scatter by some tenths."""


@dataclass(frozen=True)
class Point:
    """A variant on the curve of an engine."""

    quality: int
    bytes: int
    ssimulacra2: float


@dataclass(frozen=True)
class EqualQuality:
    """One photograph at one size."""

    original: Path
    width: int
    height: int
    sharp: Point
    curve: list[Point]
    ratio: float | None
    """Bytes at sharp's score against sharp's bytes; none: none of the qualities is as good, or as bad."""


def bytes_at(ssimulacra2: float, curve: list[Point]) -> float | None:
    """The bytes that a score costs, by a parabola through the logarithms of the bytes around it; never extrapolated."""
    scores = [point.ssimulacra2 for point in curve]
    if not min(scores) <= ssimulacra2 <= max(scores):
        return None
    nearest = sorted(curve, key=lambda point: abs(point.ssimulacra2 - ssimulacra2))[:_POINTS]
    x = [point.ssimulacra2 - ssimulacra2 for point in nearest]
    y = [math.log(point.bytes) for point in nearest]
    # At x = 0 all that is left of the parabola is its constant.
    return math.exp(float(np.polyfit(x, y, deg=min(2, len(nearest) - 1))[-1]))


def equal_quality(
    sharp: Engine, ours: Engine, original: Path, size: tuple[int, int], scorer: Scorer, folder: Path
) -> EqualQuality:
    """Draws our curve and looks up sharp's score on it. Raises RenderFailed."""
    target = _point(sharp, original, size, QUALITY, scorer, folder)
    curve = [_point(ours, original, size, quality, scorer, folder) for quality in QUALITIES]
    needed = bytes_at(target.ssimulacra2, curve)
    ratio = None if needed is None else needed / target.bytes
    return EqualQuality(original, *size, target, curve, ratio)


def _point(engine: Engine, original: Path, size: tuple[int, int], quality: int, scorer: Scorer, folder: Path) -> Point:
    output = folder / "point.webp"
    engine.render(Task(original, *size, quality), output, 1)
    score = scorer.score(engine.name, original, output)
    return Point(quality, output.stat().st_size, score.ssimulacra2)
