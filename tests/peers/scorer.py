"""SSIMULACRA2 of variants, each against the reference of its engine."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from reference import FullSize, Registered, Samples, samples, to_srgb


@dataclass(frozen=True)
class Score:
    """How near a variant is to what it should look like."""

    ssimulacra2: float
    offset_pixels: tuple[float, float]
    """How far right and down of the middle its engine crops, in pixels of the variant."""


class Scorer:
    """The scoring program, and the references that it was shown last."""

    def __init__(self, program: Path, folder: Path) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([str(program)], stdin=pipe, stdout=pipe, text=True)
        self._folder = folder
        self._original: tuple[Path, FullSize] | None = None
        self._references: dict[tuple[str, tuple[int, int]], Registered] = {}

    def score(self, engine: str, original: Path, variant: Path) -> Score:
        """A variant's score. References are kept for one original: ask for its variants in a row."""
        with Image.open(variant) as encoded:
            picture = to_srgb(encoded)
        reference = self._reference(engine, original, picture)
        return Score(self._compare(reference.samples, samples(picture)), reference.offset_pixels)

    def close(self) -> None:
        """Ends the program."""
        self._process.communicate()

    def _reference(self, engine: str, original: Path, picture: Image.Image) -> Registered:
        if self._original is None or self._original[0] != original:
            self._original = (original, FullSize(original))
            self._references.clear()
        key = (engine, picture.size)
        if key not in self._references:
            self._references[key] = self._original[1].registered(picture)
        return self._references[key]

    def _compare(self, reference: Samples, picture: Samples) -> float:
        assert self._process.stdin is not None and self._process.stdout is not None
        height, width, _ = reference.shape
        files = [self._folder / "reference.samples", self._folder / "picture.samples"]
        for file, values in zip(files, (reference, picture), strict=True):
            file.write_bytes(values.astype("<f4").tobytes())
        fields = [str(width), str(height), *map(str, files)]
        print("\t".join(fields), file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())
