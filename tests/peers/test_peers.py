"""The comparison's own arithmetic: see README.md for how to run it."""

import math
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from equal_quality import Point, bytes_at
from measure import Measured, cpu_ratio
from originals import Kind, Original
from reference import FullSize, covering_boxes, estimated_motion, samples
from tables import geometric_mean


def _scene(width: int, height: int) -> Image.Image:
    """Soft blobs: something with edges in all directions, without detail that a pixel would lose."""
    noise = np.random.default_rng(7).integers(0, 256, (height, width), dtype=np.uint8)
    return Image.fromarray(noise).filter(ImageFilter.GaussianBlur(8)).convert("F")


class Registration(unittest.TestCase):
    def test_a_crop_lies_in_the_middle_or_at_an_end(self) -> None:
        middle, begin, end = covering_boxes((400, 300), (100, 100))
        self.assertEqual(middle.edges(), (50, 0, 350, 300))
        self.assertEqual(begin.edges(), (0, 0, 300, 300))
        self.assertEqual(end.edges(), (100, 0, 400, 300))

    def test_a_part_of_a_pixel_is_seen(self) -> None:
        scene = _scene(800, 600)
        size = (180, 130)
        still = np.asarray(scene.resize(size, Image.Resampling.LANCZOS, box=(40, 40, 760, 560)))
        # A pixel of the variant is four of the scene.
        moved = np.asarray(scene.resize(size, Image.Resampling.LANCZOS, box=(42, 39, 762, 559)))
        motion = estimated_motion(still, moved)
        self.assertAlmostEqual(motion.shift_x, 0.5, delta=0.05)
        self.assertAlmostEqual(motion.shift_y, -0.25, delta=0.05)
        self.assertAlmostEqual(motion.stretch_x, 0, delta=0.05)

    def test_an_engine_that_crops_beside_the_middle_and_over_the_edge_is_not_punished(self) -> None:
        scene = _scene(800, 600).convert("L").convert("RGB")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scene.png"
            scene.save(path)
            # Two pixels too far down, of a picture that is stretched by a row that repeats the last one.
            taller = Image.fromarray(np.pad(np.asarray(scene), ((0, 4), (0, 0), (0, 0)), mode="edge"))
            variant = taller.resize((160, 120), Image.Resampling.LANCZOS, box=(0, 2, 800, 602))
            reference = FullSize(path).registered(variant)
        self.assertAlmostEqual(reference.offset_pixels[0], 0, delta=0.02)
        self.assertAlmostEqual(reference.offset_pixels[1], 0.4, delta=0.02)
        self.assertLess(float(np.abs(samples(variant) - reference.samples)[4:-4, 4:-4].max()), 2 / 255)

    def test_nothing_moves_in_a_picture_without_edges(self) -> None:
        motion = estimated_motion(np.full((40, 40), 7.0, np.float32), np.full((40, 40), 9.0, np.float32))
        self.assertEqual((motion.shift_x, motion.shift_y), (0, 0))


class EqualQualityCurve(unittest.TestCase):
    CURVE = [Point(quality, round(1000 * math.exp(quality / 40)), quality - 5.0) for quality in range(64, 96, 4)]

    def test_a_point_of_the_curve_costs_its_bytes(self) -> None:
        for point in self.CURVE:
            self.assertAlmostEqual(bytes_at(point.ssimulacra2, self.CURVE) or 0, point.bytes, delta=2)

    def test_between_points_bytes_grow_by_the_same_factor(self) -> None:
        self.assertAlmostEqual(bytes_at(73.0, self.CURVE) or 0, 1000 * math.exp(78 / 40), delta=2)

    def test_what_lies_beyond_the_curve_is_not_guessed(self) -> None:
        self.assertIsNone(bytes_at(40.0, self.CURVE))
        self.assertIsNone(bytes_at(99.0, self.CURVE))


class Ratios(unittest.TestCase):
    def test_twice_and_half_are_one(self) -> None:
        self.assertAlmostEqual(geometric_mean([2.0, 0.5]), 1.0)

    def test_a_slow_round_does_not_count_when_it_was_slow_for_both(self) -> None:
        ours, sharp = Measured(cpu_ms=[5.0, 50.0, 6.0]), Measured(cpu_ms=[10.0, 100.0, 12.0])
        self.assertEqual(cpu_ratio(ours, sharp), 0.5)


class Kinds(unittest.TestCase):
    def test_a_kind_is_a_format_and_about_a_size(self) -> None:
        kind = Kind("JPEG", 12)
        twelve = Original(Path("a.jpg"), 12_192_768, "JPEG", is_progressive=False)
        self.assertTrue(kind.admits(twelve))
        for other in (
            Original(Path("a.jpg"), 12_192_768, "JPEG", is_progressive=True),
            Original(Path("a.jpg"), 24_000_000, "JPEG", is_progressive=False),
            Original(Path("a.png"), 12_192_768, "PNG", is_progressive=False),
        ):
            self.assertFalse(kind.admits(other), other)


if __name__ == "__main__":
    unittest.main()
