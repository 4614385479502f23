"""What a variant should look like: the original at full size, cropped as the engine crops, and reduced by Lanczos.

The reduction is in gamma light, where all of the engines work; a reference in linear light would punish all of them
alike, and drown their differences. The engines' crops differ by fractions of a pixel (sharp rounds a cover to whole
pixels), which is nothing to see and much to a metric. So each engine gets a reference that is registered on its own
output; what it was moved by is reported, so that a real error of a crop shows.
"""

import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

Samples = np.ndarray
"""32-bit floats from 0 to 1."""


@dataclass(frozen=True)
class Box:
    """A part of a picture, in its pixels, at fractions of them."""

    left: float
    top: float
    right: float
    bottom: float

    def edges(self) -> tuple[float, float, float, float]:
        """As Pillow wants it."""
        return (self.left, self.top, self.right, self.bottom)


def covering_boxes(size: tuple[int, int], box: tuple[int, int]) -> list[Box]:
    """The largest parts of a picture that have a box's ratio: in the middle, at the beginning, at the end."""
    (width, height), (across, down) = size, box
    scale = min(width / across, height / down)
    spare_x, spare_y = width - across * scale, height - down * scale
    return [
        Box(spare_x * at, spare_y * at, spare_x * at + across * scale, spare_y * at + down * scale)
        for at in (0.5, 0.0, 1.0)
    ]


def to_srgb(picture: Image.Image) -> Image.Image:
    """The picture in sRGB, by its profile if it has one."""
    profile = picture.info.get("icc_profile")
    rgb = picture.convert("RGB")
    if not profile:
        return rgb
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    # In place: Pillow's other way says that it may give nothing.
    ImageCms.profileToProfile(rgb, source, ImageCms.createProfile("sRGB"), inPlace=True)
    return rgb


def samples(picture: Image.Image) -> Samples:
    """Rows of pixels of red, green and blue."""
    return np.asarray(picture, dtype=np.float32) / np.float32(255)


@dataclass(frozen=True)
class Registered:
    """A reference for an engine's variants of an original at one size."""

    samples: Samples
    offset_pixels: tuple[float, float]
    """How far right and down of the middle the engine's crop lies, in pixels of the variant."""


_MARGIN_PIXELS = 16
"""What a crop may reach over the edge: a decoder that reduces blocks reduces the last ones whole."""


class FullSize:
    """An original, decoded at full size."""

    def __init__(self, path: Path) -> None:
        with Image.open(path) as picture:
            upright = to_srgb(ImageOps.exif_transpose(picture))
        self._size = upright.size
        margins = ((_MARGIN_PIXELS, _MARGIN_PIXELS), (_MARGIN_PIXELS, _MARGIN_PIXELS), (0, 0))
        # The margin repeats the edge, as decoders do.
        self._picture = Image.fromarray(np.pad(np.asarray(upright), margins, mode="edge"))

    @cached_property
    def _luma(self) -> Image.Image:
        return self._picture.convert("L").convert("F")

    def registered(self, variant: Image.Image) -> Registered:
        """The reference for an engine, registered on what it gave."""
        luma = np.asarray(variant.convert("L"), dtype=np.float32)
        candidates = covering_boxes(self._size, variant.size)
        nearest = min(candidates, key=lambda box: self._error(luma, box))
        box = self._register(luma, nearest)
        middle = candidates[0]
        scale_x = (box.right - box.left) / variant.width
        scale_y = (box.bottom - box.top) / variant.height
        offset = (
            (box.left + box.right - middle.left - middle.right) / 2 / scale_x,
            (box.top + box.bottom - middle.top - middle.bottom) / 2 / scale_y,
        )
        bands = [self._reduced(band.convert("F"), box, variant.size) for band in self._picture.split()]
        whole = np.clip(np.stack(bands, axis=-1) / np.float32(255), 0, 1)
        return Registered(whole.astype(np.float32), offset)

    def _reduced(self, band: Image.Image, box: Box, size: tuple[int, int]) -> Samples:
        width, height = band.size
        inside = (
            max(box.left + _MARGIN_PIXELS, 0),
            max(box.top + _MARGIN_PIXELS, 0),
            min(box.right + _MARGIN_PIXELS, width),
            min(box.bottom + _MARGIN_PIXELS, height),
        )
        return np.asarray(band.resize(size, Image.Resampling.LANCZOS, box=inside))

    def _error(self, luma: Samples, box: Box) -> float:
        height, width = luma.shape
        return float(np.mean((luma - self._reduced(self._luma, box, (width, height))) ** 2))

    def _register(self, luma: Samples, start: Box) -> Box:
        """The box near a start that explains a variant best."""
        height, width = luma.shape
        best, least = start, self._error(luma, start)
        for _ in range(_REGISTRATION_STEPS):
            reference = self._reduced(self._luma, best, (width, height))
            box = _moved(best, estimated_motion(reference, luma), (width, height))
            error = self._error(luma, box)
            if error >= least:
                break
            best, least = box, error
        return best


_REGISTRATION_STEPS = 4

_BORDER_PIXELS = 4
"""Not looked at when registering: a filter that reaches over the edge sees what each engine puts there."""

_LARGEST_STEP_PIXELS = 1.0


@dataclass(frozen=True)
class Motion:
    """How a picture lies against another, in pixels: moved, and stretched by so much at its edges."""

    shift_x: float
    stretch_x: float
    shift_y: float
    stretch_y: float


def estimated_motion(reference: Samples, picture: Samples) -> Motion:
    """Where the picture shows what the reference shows: least squares over gradients (Lucas and Kanade, 1981)."""
    height, width = reference.shape
    inner = np.s_[_BORDER_PIXELS:-_BORDER_PIXELS, _BORDER_PIXELS:-_BORDER_PIXELS]
    exact = reference.astype(np.float64)
    down, across = np.gradient(exact, axis=0), np.gradient(exact, axis=1)
    along_x = np.linspace(-1, 1, width)[np.newaxis, :]
    along_y = np.linspace(-1, 1, height)[:, np.newaxis]
    slopes = [across, across * along_x, down, down * along_y]
    columns = np.stack([slope[inner].ravel() for slope in slopes], axis=-1)
    difference = (picture - reference)[inner].ravel()
    normal = columns.T @ columns
    # A picture without an edge in some direction says nothing of it: then there is no motion that way.
    normal += np.eye(4) * (1e-6 * np.trace(normal) + 1e-9)
    step = np.linalg.solve(normal, columns.T @ difference)
    return Motion(*np.clip(step, -_LARGEST_STEP_PIXELS, _LARGEST_STEP_PIXELS).tolist())


def _moved(box: Box, motion: Motion, size: tuple[int, int]) -> Box:
    scale_x = (box.right - box.left) / size[0]
    scale_y = (box.bottom - box.top) / size[1]
    return Box(
        box.left + (motion.shift_x - motion.stretch_x) * scale_x,
        box.top + (motion.shift_y - motion.stretch_y) * scale_y,
        box.right + (motion.shift_x + motion.stretch_x) * scale_x,
        box.bottom + (motion.shift_y + motion.stretch_y) * scale_y,
    )
