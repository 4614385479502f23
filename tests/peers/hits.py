"""Hits: one variant that is cached, asked for again and again, from Hashfolio's edge and from nginx's cache."""

import argparse
import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPMessage
from pathlib import Path

import servers
import tools
from machine import cores
from photographs import Photographs, Variant
from processes import Stopwatch

CONNECTIONS = 64

WIDTH, HEIGHT, QUALITY = 640, 480, 80

WANTED_BYTES = 40_000
"""About as large as a variant on a page."""

WARM_UP_SECONDS = 1


class WrongAnswer(Exception):
    """A server did not answer as the comparison needs it to; the message says what it did."""


@dataclass(frozen=True)
class Turn:
    """What a server did in one turn."""

    requests_per_second: float
    alone_per_second: float
    """What that comes to if other programs had left it and its clients the processors: see processes.Effort."""
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """The server's own processor time for a request."""
    others_share: float
    """How much of the processors other programs had meanwhile."""


@dataclass
class HitsMeasured:
    """The turns of both, in pairs, and what was asked for."""

    bytes: int
    turns: dict[str, list[Turn]] = field(default_factory=dict)
    """By server: nginx first."""


def measure_hits(options: argparse.Namespace, ours: Path, photographs: Photographs, folder: Path) -> HitsMeasured:
    """Both servers in turns. Raises WrongAnswer."""
    with (
        servers.hashfolio(ours, photographs, folder, [QUALITY], has_cache=True) as edge,
        servers.nginx(edge, folder) as nginx,
    ):
        variant, content = _about_as_large_as_wanted(edge, photographs.hashes)
        _check_hit(edge, variant, content, "X-Cache", "Hit from hashfolio")
        _check_hit(nginx, variant, content, "X-Cache-Status", "HIT")
        measured = HitsMeasured(len(content), {nginx.name: [], edge.name: []})
        for server in (edge, nginx):
            _load(server, variant, WARM_UP_SECONDS)
        for turn in range(options.rounds):
            print(f"hits: pair {turn + 1} of {options.rounds}", file=sys.stderr)
            for server in (edge, nginx):
                measured.turns[server.name].append(_load(server, variant, options.seconds))
        return measured


def _about_as_large_as_wanted(edge: servers.Server, hashes: list[str]) -> tuple[Variant, bytes]:
    variants = [Variant(name, WIDTH, HEIGHT, QUALITY) for name in hashes]
    contents = [(variant, _get(edge.url(variant))[1]) for variant in variants]
    return min(contents, key=lambda of: abs(len(of[1]) - WANTED_BYTES))


def _check_hit(server: servers.Server, variant: Variant, content: bytes, header: str, expected: str) -> None:
    """Asks twice: the second answer has to be a hit, with the same bytes."""
    _get(server.url(variant))
    headers, found = _get(server.url(variant))
    if headers[header] != expected or found != content:
        raise WrongAnswer(f"{server.name} gave no hit, or another file: {header}: {headers[header]}")


def _get(url: str) -> tuple[HTTPMessage, bytes]:
    with urllib.request.urlopen(url) as response:
        return response.headers, response.read()


def _load(server: servers.Server, variant: Variant, seconds: int) -> Turn:
    stopwatch = Stopwatch(server.tree())
    report = _wrk(server.url(variant), seconds)
    effort = stopwatch.stop()
    if report["refused"] or report["broken"]:
        raise WrongAnswer(f"{server.name}: {report['refused']} refused and {report['broken']} broken requests")
    requests = report["requests"]
    cpu_us = effort.cpu_seconds * 1e6 / requests
    rate = requests / report["seconds"]
    return Turn(rate, effort.alone(rate), report["p50Ms"], report["p99Ms"], cpu_us, effort.others_share)


def _wrk(url: str, seconds: int) -> dict[str, float]:
    script = tools.CONFIGURATION / "wrk.lua"
    command = [tools.installed("wrk"), "--threads", str(cores()), "--connections", str(CONNECTIONS)]
    command += ["--duration", f"{seconds}s", "--script", str(script), url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return report
