"""What both comparisons are told on the command line."""

import argparse
from pathlib import Path


def positive(text: str) -> int:
    """Reads a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def parser(description: str | None, photographs: str) -> argparse.ArgumentParser:
    """Makes a parser with the options that both comparisons have; photographs says which they are to be."""
    common = argparse.ArgumentParser(description=description)
    common.add_argument(
        "--photos",
        type=Path,
        required=True,
        metavar="DIR",
        help=f"{photographs}, as JPEG; its subfolders are not looked into",
    )
    common.add_argument("--ours", type=Path, metavar="PATH", help="a release build of hashfolio [default: builds it]")
    common.add_argument("--rounds", type=positive, default=5, metavar="N", help="turns of each that is compared [5]")
    common.add_argument("--json", type=Path, metavar="FILE", help="write every figure there too")
    return common


def parsed(common: argparse.ArgumentParser) -> argparse.Namespace:
    """Parses the command line, and ends the program for paths that lead nowhere."""
    options = common.parse_args()
    if not options.photos.is_dir():
        common.error(f"{options.photos} is not a folder")
    if options.ours is not None and not options.ours.is_file():
        common.error(f"{options.ours} is not a file")
    return options
