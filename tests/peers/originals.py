"""The files that are rendered: photographs from a folder, and what is made of them where a kind is missing."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

import tools

# The 99 MP original is past Pillow's warning about decompression bombs.
Image.MAX_IMAGE_PIXELS = None

MEGAPIXEL = 1_000_000

# A 12 MP photograph is one of 10.2 to 13.8.
SIZE_TOLERANCE = 0.15


@dataclass(frozen=True)
class Original:
    """A file, and what its header says."""

    path: Path
    pixels: int
    format: str
    is_progressive: bool
    has_profile: bool = False
    """Whether it has an ICC profile: sharp converts such to sRGB, which costs it up to a third of its time."""

    @property
    def megapixels(self) -> float:
        """Its size in millions of pixels."""
        return self.pixels / MEGAPIXEL


@dataclass(frozen=True)
class Kind:
    """What originals of a job have in common."""

    format: str
    megapixels: float
    is_progressive: bool = False

    def distance(self, original: Original) -> float:
        """How far its size is from the kind's, as a share of it."""
        return abs(original.megapixels / self.megapixels - 1)

    def admits(self, original: Original) -> bool:
        """Whether it is of this kind."""
        same = (original.format, original.is_progressive) == (self.format, self.is_progressive)
        return same and self.distance(original) <= SIZE_TOLERANCE


def probe(path: Path) -> Original | None:
    """What a file is; nothing if it is no picture that Pillow knows."""
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            is_progressive, has_profile = (bool(picture.info.get(key)) for key in ("progressive", "icc_profile"))
            return Original(path, width * height, picture.format or "", is_progressive, has_profile)
    except (UnidentifiedImageError, OSError):
        return None


def in_folder(folder: Path) -> list[Original]:
    """The pictures in a folder, by name."""
    probed = (probe(path) for path in sorted(folder.iterdir()) if path.is_file())
    return [original for original in probed if original is not None]


def of_kind(kind: Kind, found: list[Original], at_most: int) -> list[Original]:
    """The originals of a kind, nearest in size first; made of baseline JPEG of 12 MP where there are none."""
    fitting = sorted(
        filter(kind.admits, found), key=lambda original: (round(kind.distance(original), 2), original.path.name)
    )
    if fitting or (kind.format == "JPEG" and not kind.is_progressive):
        return fitting[:at_most]
    sources = of_kind(Kind("JPEG", 12), found, at_most)
    return [made for made in (_made(kind, source) for source in sources) if made is not None]


def _made(kind: Kind, source: Original) -> Original | None:
    """A file of a kind, of a photograph; kept, since making it takes seconds."""
    digest = hashlib.sha256(source.path.read_bytes()).hexdigest()[:12]
    suffix = f"-{kind.megapixels:.0f}mp{'-progressive' if kind.is_progressive else ''}-{digest}.{kind.format.lower()}"
    path = tools.CACHE / "originals" / f"{source.path.stem}{suffix}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        _make(kind, source, unfinished)
        unfinished.replace(path)
    return probe(path)


def _make(kind: Kind, source: Original, path: Path) -> None:
    with Image.open(source.path) as picture:
        kept = {"exif": picture.getexif(), "icc_profile": picture.info.get("icc_profile")}
        if kind.format == "JPEG":
            # The same quantisation and subsampling: only the order of the coefficients is another, and rounding.
            picture.save(path, "JPEG", quality="keep", progressive=True, **kept)
            return
        shrink = round((source.megapixels / kind.megapixels) ** 0.5)
        smaller = picture.reduce(shrink) if shrink > 1 else picture
        # Quality is WebP's; PNG takes no notice of it.
        smaller.save(path, kind.format, quality=80, **kept)
