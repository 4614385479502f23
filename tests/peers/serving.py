#!/usr/bin/env python3
"""Serves the same photographs from Hashfolio and its peers, on loopback, and says who is ahead: see README.md here."""

import argparse
import dataclasses
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import tools

MOST_ROUNDS = 20


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--photos",
        type=Path,
        required=True,
        metavar="DIR",
        help="photographs of about 12 MP, as JPEG; its subfolders are not looked into",
    )
    parser.add_argument("--ours", type=Path, metavar="PATH", help="a release build of hashfolio [default: builds it]")
    parser.add_argument("--only", choices=("hits", "misses"), help="only what is cached, or only what is not")
    parser.add_argument("--files", type=_positive, default=8, metavar="N", help="at most so many photographs [8]")
    parser.add_argument("--rounds", type=_positive, default=5, metavar="N", help="turns of every server [5]")
    parser.add_argument("--seconds", type=_positive, default=5, metavar="N", help="how long a turn of hits takes [5]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there too")
    options = parser.parse_args()
    if not options.photos.is_dir():
        parser.error(f"{options.photos} is not a folder")
    if options.ours is not None and not options.ours.is_file():
        parser.error(f"{options.ours} is not a file")
    if options.rounds > MOST_ROUNDS:
        parser.error(f"--rounds: at most {MOST_ROUNDS}")
    return options


def main() -> int:
    """Sets up, goes on in the Python that has the packages, and compares."""
    options = _options()
    # Asked to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if Path(sys.prefix) != tools.VENV:
            python = str(tools.venv_python())
            os.execv(python, [python, *sys.argv])
        for program in ("nginx", "wrk", "node"):
            tools.installed(program)
        tools.install_ipx()
        tools.install_thumbor()
        return _compare(options, (options.ours or tools.build_ours()).resolve())
    except tools.SetUpFailed as problem:
        print(problem, file=sys.stderr)
        return 2


def _compare(options: argparse.Namespace, ours: Path) -> int:
    """Measures and prints. Gives 0 if every answer was right, 1 if one was not."""
    # Only here: they need packages that the machine's own Python may lack.
    import hits
    import misses
    import photographs
    import serving_report

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        pictures = folder / "photographs"
        pictures.mkdir()
        found = photographs.collect(options.photos, options.files, pictures)
        if not found.hashes:
            raise tools.SetUpFailed(f"{options.photos} has no photograph of about 12 MP that stands upright")
        print(serving_report.heading(ours, len(found.hashes)), flush=True)
        figures: dict[str, object] = {}
        is_right = True
        if options.only != "misses":
            of_hits = hits.measure_hits(options, ours, found, folder)
            serving_report.print_hits(of_hits)
            figures["hits"] = dataclasses.asdict(of_hits)
        if options.only != "hits":
            of_misses = list(misses.measure_misses(options, ours, found, folder))
            serving_report.print_misses(of_misses)
            is_right = serving_report.print_wrong(of_misses)
            figures["misses"] = [dataclasses.asdict(measured) for measured in of_misses]
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1))
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
