"""What is printed: a table for time, memory, bytes and score, and the verdict on each bar."""

import platform
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

import PIL
from PIL import features

import tools
from equal_quality import EqualQuality
from jobs import EQUAL_QUALITY_BAR, EQUAL_QUALITY_SIZES, QUALITY
from machine import processor
from measure import JobMeasured, Measured, cpu_ratio
from tables import geometric_mean, megabytes, ratio, table, verdict

MISSING = "–"


def heading(ours: Path) -> str:
    """Which versions are compared, and on what."""
    script = "import sharp from 'sharp'; console.log(sharp.versions.sharp, sharp.versions.vips, sharp.versions.webp)"
    sharp, vips, webp = _output(["node", "--input-type=module", "-e", script]).split()
    napi = _output(["node", "-p", "require('@napi-rs/image/package.json').version"])
    engines = [
        f"sharp {sharp} (libvips {vips}, libwebp {webp})",
        f"@napi-rs/image {napi}",
        f"Pillow {PIL.__version__} (libwebp {features.version('webp')})",
        _output([str(ours), "--version"]),
    ]
    machine = f"{processor()}, {platform.system()} {platform.machine()}"
    return f"{', '.join(engines)}.\n{machine}. One thread, WebP at quality {QUALITY}, cropped to fill."


def print_jobs(jobs: list[JobMeasured], names: list[str]) -> bool:
    """Prints the jobs' tables, and says whether every bar is met."""
    absent = [done.job.title for done in jobs if not done.originals]
    jobs = [done for done in jobs if done.originals]
    for title in absent:
        print(f"\nNot measured, for want of an original: {title}")
    met = [_print_cpu(jobs, names), _print_memory(jobs, names)]
    _print_bytes_and_score(jobs, names)
    _print_originals(jobs, names)
    return all(met) and not absent


def print_equal_quality(qualities: list[EqualQuality]) -> bool:
    """Prints our bytes at sharp's score, and says whether the bar is met."""
    print(f"\nBytes at sharp's SSIMULACRA2 (its WebP at quality {QUALITY}), as a ratio to sharp's:\n")
    rows, met = [], []
    for size in EQUAL_QUALITY_SIZES:
        ratios = [quality.ratio for quality in qualities if (quality.width, quality.height) == size and quality.ratio]
        name = f"{size[0]}x{size[1]}"
        if not ratios:
            rows.append([name, "0", *[MISSING] * 4, verdict(False)])
            continue
        mean = geometric_mean(ratios)
        met.append(mean <= EQUAL_QUALITY_BAR)
        cells = [f"{value:.3f}x" for value in (mean, min(ratios), max(ratios), EQUAL_QUALITY_BAR)]
        rows.append([name, str(len(ratios)), *cells, verdict(met[-1])])
    print(table(["size", "photographs", "geometric mean", "least", "most", "bar", ""], rows))
    print("\nEach photograph:\n")
    by_name: dict[str, dict[tuple[int, int], str]] = {}
    for quality in qualities:
        cell = MISSING if quality.ratio is None else f"{quality.ratio:.3f}x"
        of_photograph = by_name.setdefault(quality.original.name, {})
        of_photograph[(quality.width, quality.height)] = f"{cell} at {quality.sharp.ssimulacra2:.1f}"
    details = [[name, *(cells.get(size, MISSING) for size in EQUAL_QUALITY_SIZES)] for name, cells in by_name.items()]
    print(table(["photograph", *(f"{width}x{height}" for width, height in EQUAL_QUALITY_SIZES)], details))
    return len(met) == len(EQUAL_QUALITY_SIZES) and all(met)


def _print_cpu(jobs: list[JobMeasured], names: list[str]) -> bool:
    sharp, *peers, ours = names
    rows, met = [], []
    for done in jobs:
        sharp_ms = _mean(done, sharp, lambda of, _: statistics.median(of.cpu_ms))
        ratios = [_mean(done, name, cpu_ratio) for name in (*peers, ours)]
        bar = done.job.cpu_bar
        passes = ratios[-1] is not None and (bar is None or ratios[-1] <= bar)
        met.append(passes)
        cells = [MISSING if value is None else ratio(value) for value in ratios]
        shown_ms = MISSING if sharp_ms is None else f"{sharp_ms:.0f} ms"
        rows.append([done.job.title, shown_ms, *cells, "renders" if bar is None else ratio(bar), verdict(passes)])
    print("\nCPU time as a ratio to sharp's (geometric mean over the originals):\n")
    print(table(["job", sharp, *peers, ours, "bar", ""], rows))
    return all(met)


def _print_memory(jobs: list[JobMeasured], names: list[str]) -> bool:
    *peers, ours = names
    rows, met = [], []
    for done in jobs:
        cells = []
        for name in peers:
            hungriest = max(_able(done, name), key=lambda of: of.peak_rss_bytes, default=None)
            cells.append(MISSING if hungriest is None else _total_and_net(hungriest))
        all_ours = _able(done, ours)
        peak = max((of.peak_rss_bytes for of in all_ours), default=None)
        is_whole = len(all_ours) == len(done.originals)
        met.append(is_whole and peak is not None and peak <= done.job.peak_rss_bar_bytes)
        shown = MISSING if peak is None else megabytes(peak)
        rows.append([done.job.title, *cells, shown, megabytes(done.job.peak_rss_bar_bytes), verdict(met[-1])])
    print("\nPeak memory of a process that renders once, in MB; in brackets without the runtime. The hungriest:\n")
    print(table(["job", *peers, ours, "bar", ""], rows))
    return all(met)


def _print_bytes_and_score(jobs: list[JobMeasured], names: list[str]) -> None:
    sharp, *others = names
    rows = []
    for done in jobs:
        bytes_of_sharp = _mean(done, sharp, lambda of, _: of.bytes)
        row = [done.job.title, _kilobytes(bytes_of_sharp, _mean_score(done, sharp))]
        for name in others:
            bytes_ratio = _mean(done, name, lambda of, to: of.bytes / to.bytes)
            score, of_sharp = _mean_score(done, name), _mean_score(done, sharp)
            if bytes_ratio is None or score is None or not of_sharp:
                row.append(MISSING)
            else:
                row.append(f"{ratio(bytes_ratio)}, {score:.1f} ({score / of_sharp:.3f}x)")
        rows.append(row)
    print("\nBytes as a ratio to sharp's (geometric mean), and SSIMULACRA2 (mean, and as a ratio):\n")
    print(table(["job", *names], rows))


def _print_originals(jobs: list[JobMeasured], names: list[str]) -> None:
    """Each original by itself, with how far from the middle each engine crops."""
    sharp, *_ = names
    rows = []
    for done in jobs:
        for original, by_engine in done.originals:
            row = [done.job.title, original.path.name + (" (with a profile)" if original.has_profile else "")]
            for name in names:
                of = by_engine[name]
                row.append(of.failure.splitlines()[-1] if of.failure else _cells(of, by_engine[sharp]))
            rows.append(row)
    print("\nEach original: CPU time, SSIMULACRA2, how far right and down of the middle the crop lies, in pixels:\n")
    print(table(["job", "original", *names], rows))


def _total_and_net(of: Measured) -> str:
    return f"{megabytes(of.peak_rss_bytes)} ({megabytes(of.peak_rss_bytes - of.resting_rss_bytes)})"


def _cells(of: Measured, sharp: Measured) -> str:
    if of.score is None or sharp.failure:
        return MISSING
    # Adding 0 makes -0 of 0.
    right, down = (round(offset, 2) + 0.0 for offset in of.score.offset_pixels)
    return f"{ratio(cpu_ratio(of, sharp))} {of.score.ssimulacra2:.1f} {right:+.2f} {down:+.2f}"


def _kilobytes(count: float | None, score: float | None) -> str:
    return MISSING if count is None or score is None else f"{count / 1000:.1f} kB, {score:.1f}"


def _able(done: JobMeasured, name: str) -> list[Measured]:
    """An engine's figures for the originals that it could render."""
    return [by_engine[name] for _, by_engine in done.originals if not by_engine[name].failure]


def _mean(done: JobMeasured, name: str, figure: Callable[[Measured, Measured], float]) -> float | None:
    """The geometric mean of a figure, which may look at sharp's too; none unless both rendered every original."""
    sharp = next(iter(done.originals[0][1]))
    pairs = [(by_engine[name], by_engine[sharp]) for _, by_engine in done.originals]
    if any(of.failure or to.failure for of, to in pairs):
        return None
    return geometric_mean([figure(of, to) for of, to in pairs])


def _mean_score(done: JobMeasured, name: str) -> float | None:
    scores = [of.score.ssimulacra2 for of in _able(done, name) if of.score]
    return statistics.mean(scores) if scores else None


def _output(command: list[str]) -> str:
    return subprocess.run(command, cwd=tools.HERE, capture_output=True, text=True, check=True).stdout.strip()
