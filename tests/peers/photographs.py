"""The photographs that all servers are asked for, and the variants of them."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from originals import SIZE_TOLERANCE, Kind, in_folder

# The sizes that Hashfolio offers unless it is told otherwise.
WIDTHS = (320, 640, 1024, 1920)
HEIGHTS = (240, 480, 768, 1080)

_EXIF_ORIENTATION = 274


@dataclass(frozen=True)
class Variant:
    """A photograph as WebP, cropped in the middle to fill a box."""

    photograph: str
    """Its name: its SHA-256."""
    width: int
    height: int
    quality: int


@dataclass(frozen=True)
class Photographs:
    """Files in a folder, called by their hashes."""

    folder: Path
    hashes: list[str]


def collect(source: Path, at_most: int, folder: Path) -> Photographs:
    """Copies photographs of about 12 MP to a folder.

    Only such as stand upright without being turned, which IPX does not do by itself, and as every box fits into.
    """
    kind = Kind("JPEG", 12)
    sized = [one for one in in_folder(source) if one.format == kind.format and kind.distance(one) <= SIZE_TOLERANCE]
    hashes: list[str] = []
    for original in sized:
        if len(hashes) < at_most and _serves(original.path):
            content = original.path.read_bytes()
            hashes.append(hashlib.sha256(content).hexdigest())
            (folder / file_name(hashes[-1])).write_bytes(content)
    return Photographs(folder, hashes)


def file_name(photograph: str) -> str:
    """What a photograph is called in the folder."""
    return f"{photograph}.jpg"


def every_size(photographs: Sequence[str], quality: int) -> list[Variant]:
    """Each photograph in each size, once, in an order that is shuffled and always the same."""
    variants = [Variant(name, width, height, quality) for name in photographs for width in WIDTHS for height in HEIGHTS]
    random.Random(quality).shuffle(variants)
    return variants


def _serves(path: Path) -> bool:
    with Image.open(path) as picture:
        is_upright = picture.getexif().get(_EXIF_ORIENTATION, 1) == 1
        return is_upright and picture.width >= max(WIDTHS) and picture.height >= max(HEIGHTS)
