"""The machine that the figures are from."""

import os
import platform
from pathlib import Path


def processor() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def cores() -> int:
    """How many processors this process may run on."""
    return len(os.sched_getaffinity(0))
