"""Pillow as thumbor uses it: JPEG decoded to a reduced size by the DCT ("draft"), Lanczos, libwebp's defaults.

A line of JSON asks for a render, repeated; a line answers what it took (see serve.mjs for the fields).
"""

import io
import json
import math
import resource
import statistics
import sys
import time
from pathlib import Path

from PIL import Image, ImageOps

# The 99 MP original is past Pillow's warning about decompression bombs.
Image.MAX_IMAGE_PIXELS = None


def render(original: bytes, width: int, height: int, quality: int) -> bytes:
    """The picture as WebP, upright, cropped in the middle to fill the box."""
    with Image.open(io.BytesIO(original)) as picture:
        profile = picture.info.get("icc_profile")
        on_its_side = picture.getexif().get(0x0112, 1) >= 5
        box = (height, width) if on_its_side else (width, height)
        scale = max(box[0] / picture.width, box[1] / picture.height)
        picture.draft(picture.mode, (math.ceil(picture.width * scale), math.ceil(picture.height * scale)))
        upright = ImageOps.exif_transpose(picture)
        fitted = ImageOps.fit(upright, (width, height), Image.Resampling.LANCZOS)
        variant = io.BytesIO()
        fitted.save(variant, "WEBP", quality=quality, icc_profile=profile)
        return variant.getvalue()


def peak_rss_bytes() -> int:
    """The most memory that this process ever held. Linux counts it in KiB, macOS in bytes."""
    unit_bytes = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit_bytes


def main() -> None:
    """Answers until the input ends."""
    Image.init()
    resting_rss_bytes = peak_rss_bytes()
    for line in sys.stdin:
        ask = json.loads(line)
        original = Path(ask["input"]).read_bytes()
        times_ms = []
        variant = b""
        for _ in range(ask["repeat"]):
            started_s = time.process_time()
            variant = render(original, ask["width"], ask["height"], ask["quality"])
            times_ms.append((time.process_time() - started_s) * 1e3)
        answer = {
            "cpuMs": statistics.median(times_ms),
            "peakRssBytes": peak_rss_bytes(),
            "restingRssBytes": resting_rss_bytes,
        }
        Path(ask["output"]).write_bytes(variant)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
