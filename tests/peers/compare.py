#!/usr/bin/env python3
"""Renders the same files with Hashfolio and its peers, and says who is ahead: see README.md here."""

import argparse
import os
import sys
from pathlib import Path

import tools


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
        help="photographs, as JPEG; its subfolders are not looked into",
    )
    parser.add_argument("--ours", type=Path, metavar="PATH", help="a release build of hashfolio [default: builds it]")
    parser.add_argument("--only", choices=("jobs", "quality"), help="only the jobs, or only the bytes at equal quality")
    parser.add_argument("--files", type=_positive, default=4, metavar="N", help="at most so many originals a job [4]")
    parser.add_argument("--rounds", type=_positive, default=5, metavar="N", help="turns of every engine [5]")
    parser.add_argument(
        "--repeat", type=_positive, default=5, metavar="N", help="renders a turn, of which the median counts [5]"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there too")
    options = parser.parse_args()
    if not options.photos.is_dir():
        parser.error(f"{options.photos} is not a folder")
    if options.ours is not None and not options.ours.is_file():
        parser.error(f"{options.ours} is not a file")
    return options


def main() -> int:
    """Sets up, goes on in the Python that has the packages, and compares."""
    options = _options()
    try:
        if Path(sys.prefix) != tools.VENV:
            python = str(tools.venv_python())
            os.execv(python, [python, *sys.argv])
        tools.install_node_modules()
        scorer = tools.build_scorer()
        ours = (options.ours or tools.build_ours()).resolve()
    except tools.SetUpFailed as problem:
        print(problem, file=sys.stderr)
        return 2
    # Only here: it needs packages that the machine's own Python may lack.
    from comparison import compare

    return compare(options, ours, scorer)


if __name__ == "__main__":
    sys.exit(main())
