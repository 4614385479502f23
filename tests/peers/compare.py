#!/usr/bin/env python3
"""Renders the same files with Hashfolio and its peers, and says who is ahead: see README.md here."""

import argparse
import os
import sys
from pathlib import Path

import options
import tools


def _options() -> argparse.Namespace:
    parser = options.parser(__doc__, "photographs")
    parser.add_argument("--only", choices=("jobs", "quality"), help="only the jobs, or only the bytes at equal quality")
    parser.add_argument(
        "--files", type=options.positive, default=4, metavar="N", help="at most so many originals a job [4]"
    )
    parser.add_argument(
        "--repeat", type=options.positive, default=5, metavar="N", help="renders a turn, of which the median counts [5]"
    )
    return options.parsed(parser)


def main() -> int:
    """Sets up, goes on in the Python that has the packages, and compares."""
    given = _options()
    try:
        if Path(sys.prefix) != tools.VENV:
            python = str(tools.venv_python())
            os.execv(python, [python, *sys.argv])
        tools.install_node_modules()
        scorer = tools.build_scorer()
        ours = (given.ours or tools.build_ours()).resolve()
    except tools.SetUpFailed as problem:
        print(problem, file=sys.stderr)
        return 2
    # Only here: it needs packages that the machine's own Python may lack.
    from comparison import compare

    return compare(given, ours, scorer)


if __name__ == "__main__":
    sys.exit(main())
