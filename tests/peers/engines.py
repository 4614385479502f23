"""The engines under comparison: each renders an original from memory, on one thread."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import tools


class RenderFailed(Exception):
    """An engine gave no variant; the message is its own."""


@dataclass(frozen=True)
class Task:
    """One variant of one original: WebP, cropped in the middle to fill the box."""

    original: Path
    width: int
    height: int
    quality: int


@dataclass(frozen=True)
class Taken:
    """What a render took."""

    cpu_ms: float
    """User and system time of all threads; the median over the repetitions."""
    peak_rss_bytes: int
    """The most memory that the process ever held, its code and the original included."""
    resting_rss_bytes: int
    """What of that it held before it saw the original: the runtime and the library."""


class Engine(Protocol):
    """Something that renders."""

    name: str

    def render(self, task: Task, output: Path, repeat: int) -> Taken:
        """Renders so many times in a warm process. Raises RenderFailed."""

    def render_afresh(self, task: Task, output: Path) -> Taken:
        """Renders once in a process of its own. Raises RenderFailed."""

    def close(self) -> None:
        """Ends what still runs."""


def _small_parent(command: list[str]) -> list[str]:
    """The command, started by a process that is small.

    On Linux a process's peak memory counts, until it execs, as its parent's: started from here, all would seem to hold
    what this Python holds. A shell that forks and waits has a megabyte.
    """
    return ["/bin/sh", "-c", '"$@"; exit $?', "sh", *command]


class Worker:
    """A peer: a process that answers asks line by line, see workers/serve.mjs."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self._command = _small_parent(command)
        self._process: subprocess.Popen[str] | None = None

    def render(self, task: Task, output: Path, repeat: int) -> Taken:
        """See Engine."""
        if self._process is None:
            self._process = self._start()
        return self._ask(self._process, task, output, repeat)

    def render_afresh(self, task: Task, output: Path) -> Taken:
        """See Engine."""
        with self._start() as process:
            return self._ask(process, task, output, 1)

    def close(self) -> None:
        """See Engine."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        # libuv's threads, on which sharp runs.
        environment = os.environ | {"UV_THREADPOOL_SIZE": "1"}
        pipe = subprocess.PIPE
        return subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment)

    def _ask(self, process: subprocess.Popen[str], task: Task, output: Path, repeat: int) -> Taken:
        assert process.stdin is not None and process.stdout is not None
        ask = {
            "input": str(task.original),
            "output": str(output),
            "width": task.width,
            "height": task.height,
            "quality": task.quality,
            "repeat": repeat,
        }
        try:
            print(json.dumps(ask), file=process.stdin, flush=True)
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._process = None
            raise RenderFailed(process.communicate()[1].strip())
        answer = json.loads(line)
        return Taken(answer["cpuMs"], answer["peakRssBytes"], answer["restingRssBytes"])


class Ours:
    """`hashfolio render`. A process for each turn: its first render is cold, but the median is not."""

    name = "hashfolio"

    def __init__(self, program: Path) -> None:
        self._program = program

    def render(self, task: Task, output: Path, repeat: int) -> Taken:
        """See Engine."""
        command = [str(self._program), "render", str(task.original), "--size", f"{task.width}x{task.height}"]
        command += ["--quality", str(task.quality), "--format", "webp", "-o", str(output)]
        command += ["--repeat", str(repeat), "--json"]
        done = subprocess.run(_small_parent(command), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RenderFailed(done.stderr.strip())
        report = json.loads(done.stdout)
        # It says nothing of what it held before.
        return Taken(report["cpuMs"], report["peakRssBytes"], 0)

    def render_afresh(self, task: Task, output: Path) -> Taken:
        """See Engine."""
        return self.render(task, output, 1)

    def close(self) -> None:
        """See Engine."""


def all_engines(ours: Path) -> list[Engine]:
    """All of them; the first is what the others are measured against."""
    return [
        Worker("sharp", ["node", str(tools.WORKERS / "sharp.mjs")]),
        Worker("@napi-rs/image", ["node", str(tools.WORKERS / "napi.mjs")]),
        Worker("Pillow", [sys.executable, str(tools.WORKERS / "pillow_worker.py")]),
        Ours(ours),
    ]
