"""Tables in Markdown, as the README shows them."""

import math
from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column is text, the others are figures."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, rule, *rows])


def geometric_mean(ratios: Sequence[float]) -> float:
    """What ratios come to in the middle: twice and half are one."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def verdict(passes: bool) -> str:
    """Whether a bar is met."""
    return "pass" if passes else "**fail**"


def megabytes(count: float) -> str:
    """Bytes as megabytes."""
    return f"{count / 1e6:.1f}"


def ratio(value: float) -> str:
    """A ratio."""
    return f"{value:.2f}x"


def spread(ratios: Sequence[float]) -> str:
    """What ratios come to in the middle, the least and the most of them."""
    return f"{ratio(geometric_mean(ratios))} ({min(ratios):.2f} to {max(ratios):.2f})"


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of all do not exceed; one that occurs."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]
