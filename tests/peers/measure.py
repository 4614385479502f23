"""Renders of one original by all engines: time, memory, bytes and score."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path

from engines import Engine, RenderFailed, Task
from jobs import Job
from originals import Original
from scorer import Score, Scorer

FRESH_PROCESSES = 3
"""How often peak memory is measured; the median counts."""


@dataclass
class Measured:
    """What one engine took for one original."""

    cpu_ms: list[float] = field(default_factory=list)
    """A figure for each round."""
    peak_rss_bytes: int = 0
    resting_rss_bytes: int = 0
    bytes: int = 0
    score: Score | None = None
    failure: str | None = None
    """Why it rendered nothing, if so; all else is void then."""


@dataclass
class JobMeasured:
    """A job's originals, and what each engine took for each of them."""

    job: Job
    originals: list[tuple[Original, dict[str, Measured]]]


def measure(
    engines: list[Engine], task: Task, rounds: int, repeat: int, scorer: Scorer, folder: Path
) -> dict[str, Measured]:
    """Every engine's figures for a task, by its name.

    The engines take turns, so that what else the machine does meets all of them; each round begins with another one.
    """
    measured = {engine.name: Measured() for engine in engines}
    able = list(engines)
    for engine in engines:
        of_engine = measured[engine.name]
        try:
            _once(engine, task, folder / "variant.webp", of_engine, scorer)
        except RenderFailed as problem:
            of_engine.failure = str(problem)
            able.remove(engine)
    for turn in range(rounds):
        first = turn % max(len(able), 1)
        for engine in able[first:] + able[:first]:
            taken = engine.render(task, folder / "timed.webp", repeat)
            measured[engine.name].cpu_ms.append(taken.cpu_ms)
    return measured


def _once(engine: Engine, task: Task, output: Path, measured: Measured, scorer: Scorer) -> None:
    # Warms it up, too.
    engine.render(task, output, 1)
    measured.bytes = output.stat().st_size
    measured.score = scorer.score(engine.name, task.original, output)
    fresh = [engine.render_afresh(task, output) for _ in range(FRESH_PROCESSES)]
    measured.peak_rss_bytes = int(statistics.median(taken.peak_rss_bytes for taken in fresh))
    measured.resting_rss_bytes = int(statistics.median(taken.resting_rss_bytes for taken in fresh))


def cpu_ratio(of: Measured, to: Measured) -> float:
    """CPU time against another engine's: the median of the ratios within a round, where both had the same machine."""
    return statistics.median(mine / theirs for mine, theirs in zip(of.cpu_ms, to.cpu_ms, strict=True))
