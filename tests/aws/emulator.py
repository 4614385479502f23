#!/usr/bin/env python3
"""Runs the functions' release binaries under AWS's runtime interface emulator, against the local system, with every
sample event; then measures their sizes, cold starts and memory. See emulator.sh."""

import argparse
import json
import statistics
import sys
from contextlib import nullcontext
from pathlib import Path

from emulation.answers import expectations, faults
from emulation.cloudwatch import CloudWatch
from emulation.cold_start import TlsFronts, start
from emulation.function import EmulatedFunction
from emulation.local_system import SMALL_HASH, LocalSystem

ROOT = Path(__file__).resolve().parents[2]

# The bars: bytes of a binary; milliseconds from the start of the process to the first answer, the median of the starts; bytes
# of memory when it is idle after that.
MAX_BINARY_BYTES = 8_000_000
MAX_COLD_START_MS = 15.0
MAX_IDLE_RSS_BYTES = 20_000_000

# What each function's log must hold for CloudWatch after its samples.
METRICS = {
    "ingest": {"uploads_requested", "uploads_deduplicated", "metadata_write_ms"},
    "verify": {"uploads_verified", "metadata_write_ms"},
    "render": {"variants_rendered", "variants_refused", "variant_compute_ms", "variant_fetch_ms", "variant_bytes"},
    "reconcile": {"assets_checked", "drift_ratio", "reconcile_duration_ms"},
    "cost": {"monthly_cost_usd", "monthly_savings_usd"},
}

# The first event of a cold start, and the calls that it takes. The bar is for one call; render's two go out together.
FIRST_EVENTS = {
    "ingest": ("show-jwt", "a DynamoDB read"),
    "render": ("head", "a DynamoDB read beside an S3 HEAD"),
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binaries", type=Path, default=ROOT / "target/release", help="where the release binaries are")
    parser.add_argument("--hashfolio", type=Path, required=True, help="the local system's binary")
    parser.add_argument("--emulator", type=Path, required=True, help="aws-lambda-rie of aws-sam-cli")
    parser.add_argument("--starts", type=int, default=20, help="how many cold starts are measured [20]")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--ignore-bars", action="store_true", help="say what is over a bar, and do not fail for it")
    return parser.parse_args()


def check_samples(options: argparse.Namespace, function: str) -> list[str]:
    """Sends a function all its samples. Returns what was wrong."""
    wrong = []
    with LocalSystem(options.hashfolio, ROOT) as system, CloudWatch() as cloudwatch:
        if function == "verify":
            system.forget(SMALL_HASH)
        variables = {**system.variables, **cloudwatch}
        with EmulatedFunction(options.emulator, options.binaries / function, variables) as emulated:
            for event, expected in expectations(ROOT, function).items():
                sample = json.loads((ROOT / "events" / event).read_text(encoding="utf-8"))
                found = faults(emulated.invoke(sample), expected, is_streamed=function == "render")
                for content_hash, state in expected.get("state", {}).items():
                    if (is_ := system.state(content_hash)) != state:
                        found.append(f"{content_hash} is {is_} instead of {state}")
                print(f"{'ok    ' if not found else 'FAILED'} events/{event}")
                wrong += [f"events/{event}: {fault}" for fault in found]
            missing = METRICS.get(function, set()) - emulated.metrics()
        if missing:
            wrong.append(f"{function} left no metric {', '.join(sorted(missing))} in its log")
    return wrong


def measure(options: argparse.Namespace) -> dict[str, dict]:
    """Sizes, cold starts, memory."""
    figures = {function: {"binary_bytes": (options.binaries / function).stat().st_size} for function in METRICS}
    with LocalSystem(options.hashfolio, ROOT) as system:
        for kind, reached in (("plain", nullcontext(system.variables)), ("tls", TlsFronts(system.variables))):
            with reached as variables:
                for function, (event, _) in FIRST_EVENTS.items():
                    sample = json.loads((ROOT / f"events/{function}/{event}.json").read_text(encoding="utf-8"))
                    starts = [start(options.binaries / function, variables, sample) for _ in range(options.starts)]
                    times = [one.first_answer_ms for one in starts]
                    figures[function][f"cold_start_{kind}_ms"] = statistics.median(times)
                    figures[function][f"cold_start_{kind}_range_ms"] = [min(times), max(times)]
                    figures[function][f"cold_start_{kind}_cpu_ms"] = statistics.median(one.cpu_ms for one in starts)
                    figures[function][f"idle_rss_{kind}_bytes"] = statistics.median(one.idle_rss_bytes for one in starts)
    return figures


def report(figures: dict[str, dict]) -> list[str]:
    """Prints the figures. Returns which bars are missed."""
    missed = []

    def held(what: str, value: float, bar: float, unit: str) -> str:
        if value > bar:
            missed.append(f"{what}: {value:.1f} {unit}, and the bar is {bar:.1f}")
        return f"{value:.1f} {unit}"

    for function, found in figures.items():
        said = [held(f"{function}'s binary", found["binary_bytes"] / 1e6, MAX_BINARY_BYTES / 1e6, "MB")]
        if function in FIRST_EVENTS:
            tls, (fastest, slowest) = found["cold_start_tls_ms"], found["cold_start_tls_range_ms"]
            rss = found["idle_rss_tls_bytes"] / 1e6
            said.append("first answer " + held(f"{function}'s cold start", tls, MAX_COLD_START_MS, "ms"))
            plain, cpu = found["cold_start_plain_ms"], found["cold_start_tls_cpu_ms"]
            said.append(f"({fastest:.1f} to {slowest:.1f}; {cpu:.1f} of CPU; without TLS {plain:.1f})")
            said.append("idle " + held(f"{function}'s memory", rss, MAX_IDLE_RSS_BYTES / 1e6, "MB"))
            said.append(f"after {FIRST_EVENTS[function][1]}")
        print(f"{function}: {', '.join(said)}")
    return missed


def main() -> int:
    """Checks, measures, and says both."""
    options = _options()
    wrong, checked = [], 0
    for function in METRICS:
        wrong += check_samples(options, function)
        checked += len(expectations(ROOT, function))
    figures = measure(options)
    missed = report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for line in wrong + missed:
        print(line, file=sys.stderr)
    failed = len({line.split(":")[0] for line in wrong})
    print(f"{checked - failed} passed, {failed} failed")
    return 1 if wrong or (missed and not options.ignore_bars) else 0


if __name__ == "__main__":
    sys.exit(main())
