"""What the comparison of servers prints: who they are, a table of hits, a table of misses."""

import json
import platform
import statistics
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import hits
import misses
import servers
import tools
from machine import cores, processor
from tables import geometric_mean, megabytes, percentile, ratio, spread, table


def heading(ours: Path, photographs: int) -> str:
    """Which versions are compared, how they are set, and on what."""
    return "\n".join(
        [
            f"{_ours_version(ours)}, {_nginx_version()}, {_ipx_version()}, {_thumbor_version()}.",
            f"{processor()}, {cores()} cores, {platform.system()} {platform.machine()}; the clients run on the same.",
            f"{photographs} photographs of about 12 MP.",
        ]
    )


def print_hits(measured: hits.HitsMeasured) -> None:
    """Prints what both did, and how they compare within a pair of turns."""
    nginx, ours = measured.turns
    figures: list[tuple[str, str, Callable[[hits.Turn], float]]] = [
        ("requests a second", ",.0f", lambda turn: turn.requests_per_second),
        ("the same, alone", ",.0f", lambda turn: turn.alone_per_second),
        ("p50, ms", ".2f", lambda turn: turn.p50_ms),
        ("p99, ms", ".2f", lambda turn: turn.p99_ms),
        ("its CPU time for a request, µs", ".1f", lambda turn: turn.cpu_us),
    ]
    rows = []
    for name, form, figure in figures:
        values = {server: list(map(figure, turns)) for server, turns in measured.turns.items()}
        medians = [format(statistics.median(values[server]), form) for server in (nginx, ours)]
        rows.append([name, *medians, spread(_ratios(values[ours], values[nginx]))])
    size = f"{hits.WIDTH}x{hits.HEIGHT}, {measured.bytes / 1000:.1f} kB"
    print(f"\nHits: a variant of {size}, {hits.CONNECTIONS} connections; medians of {len(measured.turns[ours])} turns,")
    print("ratio of the two within a pair of turns as geometric mean, least and most:\n")
    print(table(["", nginx, ours, "ratio"], rows))
    _print_others([turn.others_share for turns in measured.turns.values() for turn in turns])


def print_misses(measured: Sequence[misses.MissesMeasured]) -> None:
    """Prints what each did, and how Hashfolio compares with it within a turn."""
    rows = [row for of_load in measured for row in _misses_rows(of_load)]
    turns = len(next(iter(measured[0].turns.values())))
    print(f"\nMisses: {turns} turns of {measured[0].variants} variants that nobody asked for before, WebP;")
    print(
        "after each figure Hashfolio's as a ratio to it, for the rate alone within a turn (geometric mean, least, most):\n"
    )
    columns = ["at a time", "server", "variants/s", "alone", "hashfolio", "p50, ms", "p99, ms", "hashfolio"]
    print(table([*columns, "CPU, ms/variant", "hashfolio", "peak memory, MB"], rows))
    of_each = (turns for of_load in measured for turns in of_load.turns.values())
    _print_others([turn.others_share for turns in of_each for turn in turns])


def print_wrong(measured: Sequence[misses.MissesMeasured]) -> bool:
    """Prints what was wrong, each thing once, and says whether nothing was."""
    wrong = [
        f"{of_load.at_once} at a time, {server}: {fault}"
        for of_load in measured
        for server, turns in of_load.turns.items()
        for turn in turns
        for fault in turn.wrong
    ]
    for fault in sorted(set(wrong)):
        print(f"\n{fault} ({wrong.count(fault)} times)")
    return not wrong


def _print_others(shares: Sequence[float]) -> None:
    """Says what to think of the figures: on a machine that does nothing else, others have some hundredths."""
    median, most = (f"{share:.0%}" for share in (statistics.median(shares), max(shares)))
    print(
        f'\nOther programs had {median} of the processors meanwhile (median of the turns; at most {most}); "alone" is'
    )
    print("the rate divided by what they left. Times until an answer are as they were.")


def _misses_rows(measured: misses.MissesMeasured) -> list[list[str]]:
    *_, ours = measured.turns
    return [_misses_row(measured, server, ours) for server in measured.turns]


def _misses_row(measured: misses.MissesMeasured, server: str, ours: str) -> list[str]:
    turns, of_ours = measured.turns[server], measured.turns[ours]
    rates, cpu = _rates(turns), _cpu(turns)
    times, our_times = _milliseconds(turns), _milliseconds(of_ours)
    p99 = percentile(times, 99)
    ratios = ["", "", ""]
    if server != ours:
        cpu_ratio = geometric_mean(_ratios(_cpu(of_ours), cpu))
        ratios = [spread(_ratios(_rates(of_ours), rates)), ratio(percentile(our_times, 99) / p99), ratio(cpu_ratio)]
    return [
        str(measured.at_once),
        server,
        f"{statistics.median(turn.variants_per_second for turn in turns):.1f}",
        f"{statistics.median(rates):.1f}",
        ratios[0],
        f"{percentile(times, 50):.0f}",
        f"{p99:.0f}",
        ratios[1],
        f"{statistics.median(cpu):.0f}",
        ratios[2],
        megabytes(measured.peak_bytes[server]),
    ]


def _rates(turns: Sequence[misses.Turn]) -> list[float]:
    return [turn.alone_per_second for turn in turns]


def _cpu(turns: Sequence[misses.Turn]) -> list[float]:
    return [turn.cpu_ms for turn in turns]


def _milliseconds(turns: Sequence[misses.Turn]) -> list[float]:
    return [time for turn in turns for time in turn.milliseconds]


def _ratios(of: Sequence[float], to: Sequence[float]) -> list[float]:
    return [mine / theirs for mine, theirs in zip(of, to, strict=True)]


def _ours_version(ours: Path) -> str:
    return _output([str(ours), "--version"])


def _nginx_version() -> str:
    # It says so on standard error: "nginx version: nginx/1.22.1".
    return _output([tools.installed("nginx"), "-v"]).rpartition(": ")[2]


def _ipx_version() -> str:
    modules = tools.install_ipx()
    ipx, sharp = (json.loads((modules / name / "package.json").read_text())["version"] for name in ("ipx", "sharp"))
    allocator = "jemalloc" if servers.JEMALLOC.is_file() else "glibc's allocator"
    return f"IPX {ipx} (sharp {sharp}, Node {_output(['node', '--version'])}, {allocator})"


def _thumbor_version() -> str:
    script = "from importlib.metadata import version; print(*map(version, ('thumbor', 'pillow', 'tornado')))"
    thumbor, pillow, tornado = _output([str(tools.install_thumbor() / "python"), "-c", script]).split()
    return f"thumbor {thumbor} (Pillow {pillow}, Tornado {tornado}, {cores()} processes)"


def _output(command: list[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return done.stdout.strip()
