"""Misses: variants that nobody has asked for yet, rendered by Hashfolio, IPX and thumbor."""

import argparse
import contextlib
import http.client
import io
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, UnidentifiedImageError

import servers
from photographs import Photographs, Variant, every_size
from processes import MemoryWatch, Stopwatch

AT_ONCE = (4, 16)
"""How many requests are on their way at any time."""

QUALITY = 80

WARM_UP_QUALITY = 60
"""Far enough from all that is measured."""

ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What a server said, and after how long."""

    milliseconds: float
    status: int
    content: bytes


@dataclass(frozen=True)
class Turn:
    """What a server did in one turn."""

    variants_per_second: float
    """Only those that were right."""
    alone_per_second: float
    """What that comes to if other programs had left it and its clients the processors: see processes.Effort."""
    cpu_ms: float
    """The server's own processor time for a request."""
    others_share: float
    """How much of the processors other programs had meanwhile."""
    milliseconds: list[float]
    """How long each answer took."""
    wrong: list[str]
    """Answers that were no WebP of the size asked for."""


@dataclass
class MissesMeasured:
    """All turns with so many requests at a time."""

    at_once: int
    variants: int
    """How many are asked for in a turn."""
    turns: dict[str, list[Turn]] = field(default_factory=dict)
    """By server."""
    peak_bytes: dict[str, int] = field(default_factory=dict)
    """The most memory that was seen in any of them."""


def measure_misses(
    options: argparse.Namespace, ours: Path, photographs: Photographs, folder: Path
) -> Iterator[MissesMeasured]:
    """All servers in turns, started afresh for each number of requests at a time: they have rendered nothing of it."""
    qualities = around(QUALITY, options.rounds)
    allowed = [*qualities, WARM_UP_QUALITY]
    for at_once in AT_ONCE:
        with contextlib.ExitStack() as stack:
            peers = [
                stack.enter_context(servers.ipx(photographs, folder)),
                stack.enter_context(servers.thumbor(photographs, folder)),
                stack.enter_context(servers.hashfolio(ours, photographs, folder, allowed, has_cache=False)),
            ]
            measured = _measure(peers, photographs.hashes, qualities, at_once)
        yield measured


def _measure(peers: list[servers.Server], hashes: list[str], qualities: list[int], at_once: int) -> MissesMeasured:
    measured = MissesMeasured(at_once, len(every_size(hashes, QUALITY)))
    for peer in peers:
        measured.turns[peer.name] = []
        measured.peak_bytes[peer.name] = 0
        _warm_up(peer, hashes, at_once)
    for turn, quality in enumerate(qualities):
        first = turn % len(peers)
        for peer in peers[first:] + peers[:first]:
            print(f"misses, {at_once} at a time: {peer.name}, turn {turn + 1} of {len(qualities)}", file=sys.stderr)
            with MemoryWatch(peer.tree()) as memory:
                measured.turns[peer.name].append(_turn(peer, every_size(hashes, quality), at_once))
            measured.peak_bytes[peer.name] = max(memory.peak_bytes, measured.peak_bytes[peer.name])
    return measured


def around(middle: int, count: int) -> list[int]:
    """So many qualities, the middle one first: none is asked for twice, and none is far from it."""
    return [middle + (turn + 1) // 2 * (-1) ** turn for turn in range(count)]


def _warm_up(server: servers.Server, hashes: list[str], at_once: int) -> None:
    """Lets a server load what it loads at its first request."""
    _ask_all(server, [Variant(name, 640, 480, WARM_UP_QUALITY) for name in hashes], at_once)


def _turn(server: servers.Server, variants: list[Variant], at_once: int) -> Turn:
    stopwatch = Stopwatch(server.tree())
    answers = _ask_all(server, variants, at_once)
    effort = stopwatch.stop()
    # Looked at only now: it is no part of what the server does.
    faults = [fault(variant, answer) for variant, answer in zip(variants, answers, strict=True)]
    wrong = [found for found in faults if found is not None]
    rate = (len(answers) - len(wrong)) / effort.seconds
    return Turn(
        variants_per_second=rate,
        alone_per_second=effort.alone(rate),
        cpu_ms=effort.cpu_seconds * 1e3 / len(answers),
        others_share=effort.others_share,
        milliseconds=[answer.milliseconds for answer in answers],
        wrong=wrong,
    )


def _ask_all(server: servers.Server, variants: Sequence[Variant], at_once: int) -> list[Answer]:
    with ThreadPoolExecutor(at_once) as clients:
        return list(clients.map(lambda variant: _ask(server, variant), variants))


def _ask(server: servers.Server, variant: Variant) -> Answer:
    """Asks on a connection of its own: one that is kept would stay with one process of a server that has several."""
    started = time.perf_counter()
    client = http.client.HTTPConnection(server.origin.removeprefix("http://"), timeout=ANSWER_SECONDS)
    try:
        client.request("GET", server.path(variant))
        response = client.getresponse()
        status, content = response.status, response.read()
    except (OSError, http.client.HTTPException) as problem:
        status, content = 0, str(problem).encode()
    finally:
        client.close()
    return Answer((time.perf_counter() - started) * 1e3, status, content)


def fault(variant: Variant, answer: Answer) -> str | None:
    """What is wrong with an answer, if something is."""
    if answer.status != 200:
        return f"status {answer.status}: {answer.content[:200]!r}"
    try:
        with Image.open(io.BytesIO(answer.content)) as picture:
            found = f"{picture.format} of {picture.width}x{picture.height}"
    except UnidentifiedImageError:
        found = "no picture"
    expected = f"WEBP of {variant.width}x{variant.height}"
    return None if found == expected else f"{found} instead of {expected}"
