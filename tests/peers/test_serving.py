"""Tests of what the comparison of servers rests on: see README.md for how to run it."""

import io
import tempfile
import unittest
from pathlib import Path

from PIL import Image

from misses import QUALITY, WARM_UP_QUALITY, Answer, around, fault
from photographs import Variant, collect, every_size, file_name
from processes import MemoryWatch, ProcessTree, Stopwatch, running
from serving import MOST_ROUNDS
from tables import percentile, spread
from tools import SetUpFailed


def _encoded(kind: str, width: int, height: int) -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", (width, height)).save(encoded, kind)
    return encoded.getvalue()


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and ") Z " not in Path(f"/proc/{pid}/stat").read_text()


class Plan(unittest.TestCase):
    def test_no_variant_is_asked_for_twice(self) -> None:
        qualities = around(QUALITY, MOST_ROUNDS)
        variants = [variant for quality in qualities for variant in every_size(["a", "b"], quality)]
        self.assertEqual(len(set(variants)), MOST_ROUNDS * 2 * 16)
        self.assertNotIn(WARM_UP_QUALITY, qualities)

    def test_qualities_stay_around_the_one_in_the_middle(self) -> None:
        self.assertEqual(around(80, 5), [80, 79, 81, 78, 82])

    def test_every_server_is_asked_in_the_same_order(self) -> None:
        self.assertEqual(every_size(["a", "b"], 80), every_size(["a", "b"], 80))


class Choice(unittest.TestCase):
    def test_only_upright_ones_of_12_mp_that_every_box_fits_into_are_taken(self) -> None:
        lying = Image.Exif()
        lying[274] = 6
        with tempfile.TemporaryDirectory() as temporary:
            source, folder = Path(temporary) / "from", Path(temporary) / "to"
            source.mkdir()
            folder.mkdir()
            Image.new("RGB", (4000, 3000)).save(source / "taken.jpg")
            Image.new("RGB", (4000, 3000)).save(source / "lying.jpg", exif=lying)
            Image.new("RGB", (12000, 1000)).save(source / "too-low.jpg")
            Image.new("RGB", (2000, 1500)).save(source / "too-small.jpg")
            Image.new("RGB", (4000, 3000)).save(source / "another-format.png")
            (source / "no-picture.jpg").write_text("nothing to see")
            hashes = collect(source, 8, folder).hashes
            copied = [path.name for path in folder.iterdir()]
        self.assertEqual(len(hashes), 1)
        self.assertEqual(copied, [file_name(hashes[0])])


class Answers(unittest.TestCase):
    VARIANT = Variant("a", 64, 48, 80)

    def test_a_webp_of_the_size_asked_for_is_right(self) -> None:
        self.assertIsNone(fault(self.VARIANT, Answer(1.0, 200, _encoded("WEBP", 64, 48))))

    def test_anything_else_is_named(self) -> None:
        for status, content, expected in (
            (200, _encoded("WEBP", 64, 47), "WEBP of 64x47 instead of WEBP of 64x48"),
            (200, _encoded("JPEG", 64, 48), "JPEG of 64x48 instead of WEBP of 64x48"),
            (200, b"", "no picture instead of WEBP of 64x48"),
            (503, b"later", "status 503: b'later'"),
        ):
            self.assertEqual(fault(self.VARIANT, Answer(1.0, status, content)), expected)


class Processes(unittest.TestCase):
    def test_all_that_came_of_a_process_is_seen_and_ended(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            # A shell that is ended leaves its children running; the last of these won't end when it is asked to.
            script = "sleep 60 & (trap '' TERM; echo ready; while :; do sleep 0.1; done) & wait"
            log = Path(folder) / "log"
            with running(["sh", "-c", script], log) as served:
                served.wait_for(lambda: log.read_text().strip() or None)
                pids = ProcessTree(served.process.pid).pids
                self.assertGreaterEqual(len(pids), 3)
                self.assertTrue(all(map(_runs, pids[:3])))
            self.assertFalse(any(map(_runs, pids)))

    def test_a_server_that_does_not_start_says_why(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with running(["sh", "-c", "echo no such port; exit 1"], Path(folder) / "log") as served:
                with self.assertRaisesRegex(SetUpFailed, "no such port"):
                    served.wait_for(lambda: None)

    def test_memory_and_processor_time_of_a_server_are_its_own(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            script = "held = bytearray(50_000_000)\nprint('held', flush=True)\nwhile True: pass"
            log = Path(folder) / "log"
            with running(["python3", "-c", script], log) as served:
                served.wait_for(lambda: log.read_text().strip() or None)
                tree = ProcessTree(served.process.pid)
                stopwatch = Stopwatch(tree)
                with MemoryWatch(tree) as memory:
                    while tree.cpu_seconds() < 0.3:
                        pass
                effort = stopwatch.stop()
        self.assertGreater(memory.peak_bytes, 50_000_000)
        self.assertLess(memory.peak_bytes, 100_000_000)
        self.assertGreater(effort.cpu_seconds, 0)
        self.assertLess(effort.others_share, 1)


class Figures(unittest.TestCase):
    def test_a_percentile_is_a_value_that_occurs(self) -> None:
        values = [float(value) for value in range(1, 101)]
        self.assertEqual([percentile(values, percent) for percent in (0, 50, 99, 100)], [1, 50, 99, 100])
        self.assertEqual(percentile([7.0], 99), 7)

    def test_a_spread_names_the_middle_the_least_and_the_most(self) -> None:
        self.assertEqual(spread([0.5, 2.0]), "1.00x (0.50 to 2.00)")


if __name__ == "__main__":
    unittest.main()
