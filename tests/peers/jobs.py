"""What is rendered, and the bars that Hashfolio is held to, as ratios to sharp and as memory."""

from dataclasses import dataclass

from originals import Kind

QUALITY = 80
"""The quality at which all engines render."""

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Job:
    """Variants of one size, of originals of one kind."""

    name: str
    kind: Kind
    width: int
    height: int
    cpu_bar: float | None
    """At most so much of sharp's CPU time; none: it only has to be rendered."""
    peak_rss_bar_bytes: int

    @property
    def title(self) -> str:
        """As tables name it."""
        return f"{self.name} → {self.width}x{self.height}"


_PHOTO = Kind("JPEG", 12)

JOBS = (
    Job("12 MP JPEG", _PHOTO, 320, 240, 0.45, 24 * MEGABYTE),
    Job("12 MP JPEG", _PHOTO, 640, 480, 0.60, 24 * MEGABYTE),
    Job("12 MP JPEG", _PHOTO, 1920, 1080, 0.80, 48 * MEGABYTE),
    Job("24 MP JPEG", Kind("JPEG", 24), 640, 480, 0.45, 24 * MEGABYTE),
    Job("12 MP progressive JPEG", Kind("JPEG", 12, is_progressive=True), 640, 480, 0.35, 64 * MEGABYTE),
    Job("3 MP PNG", Kind("PNG", 3), 640, 480, 0.65, 24 * MEGABYTE),
    Job("12 MP WebP", Kind("WEBP", 12), 640, 480, 0.60, 48 * MEGABYTE),
    Job("99 MP JPEG", Kind("JPEG", 99), 1920, 1080, None, 64 * MEGABYTE),
)

EQUAL_QUALITY_SIZES = ((640, 480), (1920, 1080))
EQUAL_QUALITY_BAR = 0.98
"""At most so much of the bytes that sharp needs for the same SSIMULACRA2."""
