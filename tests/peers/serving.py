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

import options
import tools

MOST_ROUNDS = 20


def _options() -> argparse.Namespace:
    parser = options.parser(__doc__, "photographs of about 12 MP")
    parser.add_argument("--only", choices=("hits", "misses"), help="only what is cached, or only what is not")
    parser.add_argument("--files", type=options.positive, default=8, metavar="N", help="at most so many photographs [8]")
    parser.add_argument(
        "--seconds", type=options.positive, default=5, metavar="N", help="how long a turn of hits takes [5]"
    )
    given = options.parsed(parser)
    if given.rounds > MOST_ROUNDS:
        parser.error(f"--rounds: at most {MOST_ROUNDS}")
    return given


def main() -> int:
    """Sets up, goes on in the Python that has the packages, and compares."""
    given = _options()
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
        return _compare(given, (given.ours or tools.build_ours()).resolve())
    except tools.SetUpFailed as problem:
        print(problem, file=sys.stderr)
        return 2


def _compare(given: argparse.Namespace, ours: Path) -> int:
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
        found = photographs.collect(given.photos, given.files, pictures)
        if not found.hashes:
            raise tools.SetUpFailed(f"{given.photos} has no photograph of about 12 MP that stands upright")
        print(serving_report.heading(ours, len(found.hashes)), flush=True)
        figures: dict[str, object] = {}
        is_right = True
        if given.only != "misses":
            of_hits = hits.measure_hits(given, ours, found, folder)
            serving_report.print_hits(of_hits)
            figures["hits"] = dataclasses.asdict(of_hits)
        if given.only != "hits":
            of_misses = list(misses.measure_misses(given, ours, found, folder))
            serving_report.print_misses(of_misses)
            is_right = serving_report.print_wrong(of_misses)
            figures["misses"] = [dataclasses.asdict(measured) for measured in of_misses]
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1))
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
