"""The comparison from end to end: what is rendered, by whom, and what is printed."""

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

import report
import tools
from engines import Engine, RenderFailed, Task, all_engines
from equal_quality import EqualQuality, equal_quality
from jobs import EQUAL_QUALITY_SIZES, JOBS, QUALITY
from measure import JobMeasured, measure
from originals import Original, in_folder, of_kind
from scorer import Scorer

LARGE_MEGAPIXELS = 50
"""Above it a render takes seconds: one is enough for a turn."""

PHOTOGRAPH_MEGAPIXELS = (7, 50)
"""Photographs of such a size count for bytes at equal quality."""


def compare(options: argparse.Namespace, ours: Path, scorer_program: Path) -> int:
    """Measures and prints. Gives 0 if every bar is met, 1 if one is not."""
    found = in_folder(options.photos)
    engines = all_engines(ours)
    print(report.heading(ours), flush=True)
    tools.CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tools.CACHE) as folder:
        scorer = Scorer(scorer_program, Path(folder))
        try:
            jobs = [] if options.only == "quality" else _run_jobs(options, engines, found, scorer, Path(folder))
            qualities = [] if options.only == "jobs" else _run_equal_quality(engines, found, scorer, Path(folder))
        finally:
            scorer.close()
            for engine in engines:
                engine.close()
    met = [report.print_jobs(jobs, [engine.name for engine in engines])] if jobs else []
    met += [report.print_equal_quality(qualities)] if qualities else []
    if options.json is not None:
        options.json.write_text(json.dumps(_as_json(jobs, qualities), indent=1, default=str))
    return 0 if met and all(met) else 1


def _run_jobs(
    options: argparse.Namespace, engines: list[Engine], found: list[Original], scorer: Scorer, folder: Path
) -> list[JobMeasured]:
    done = []
    for job in JOBS:
        originals = []
        for original in of_kind(job.kind, found, options.files):
            _progress(f"{job.title}: {original.path.name}")
            task = Task(original.path.resolve(), job.width, job.height, QUALITY)
            repeat = options.repeat if original.megapixels < LARGE_MEGAPIXELS else 1
            originals.append((original, measure(engines, task, options.rounds, repeat, scorer, folder)))
        done.append(JobMeasured(job, originals))
    return done


def _run_equal_quality(
    engines: list[Engine], found: list[Original], scorer: Scorer, folder: Path
) -> list[EqualQuality]:
    sharp, ours = engines[0], engines[-1]
    smallest, largest = PHOTOGRAPH_MEGAPIXELS
    photographs = [one for one in found if one.format == "JPEG" and smallest <= one.megapixels <= largest]
    done = []
    for photograph in photographs:
        for size in EQUAL_QUALITY_SIZES:
            _progress(f"equal quality at {size[0]}x{size[1]}: {photograph.path.name}")
            try:
                done.append(equal_quality(sharp, ours, photograph.path.resolve(), size, scorer, folder))
            except RenderFailed as problem:
                print(f"{photograph.path.name}: {problem}", file=sys.stderr)
    return done


def _progress(what: str) -> None:
    print(what, file=sys.stderr)


def _as_json(jobs: list[JobMeasured], qualities: list[EqualQuality]) -> dict[str, object]:
    return {
        "jobs": [
            {
                "job": done.job.title,
                "original": original.path.name,
                "engines": {name: dataclasses.asdict(measured) for name, measured in by_engine.items()},
            }
            for done in jobs
            for original, by_engine in done.originals
        ],
        "equalQuality": [dataclasses.asdict(quality) for quality in qualities],
    }
