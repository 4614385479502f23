"""Processes that serve: started, watched, and ended by their ids."""

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import tools

Found = TypeVar("Found")

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

START_SECONDS = 60
"""How long a server may take until it answers."""

END_SECONDS = 10
"""How long a process may take to end when it is asked to."""

SAMPLE_SECONDS = 0.2
"""How often memory is looked at."""

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class _Process:
    """A process; the time that it began tells it from another that got its id later."""

    pid: int
    parent: int
    began: int
    cpu_ticks: int


def _look_at(pid: int) -> _Process | None:
    """What /proc says of a process; nothing if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name before the bracket may hold spaces and brackets.
    state, *numbers = text.rpartition(")")[2].split()
    if state == "Z":
        return None
    parent, user, system, began = (int(numbers[at]) for at in (0, 10, 11, 18))
    return _Process(pid, parent, began, user + system)


def _descendants(root: int) -> list[_Process]:
    """All that came of a process, its children before theirs."""
    looked_at = (_look_at(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    processes = [process for process in looked_at if process is not None]
    found: list[_Process] = []
    parents = {root}
    while parents:
        children = [process for process in processes if process.parent in parents]
        found += children
        parents = {process.pid for process in children}
    return found


class ProcessTree:
    """A process and what had come of it when this was made: a server with its workers."""

    def __init__(self, root: int) -> None:
        self.pids = [root, *(process.pid for process in _descendants(root))]

    def cpu_seconds(self) -> float:
        """The user and system time that all of them have taken."""
        processes = (_look_at(pid) for pid in self.pids)
        return sum(process.cpu_ticks for process in processes if process is not None) / _TICKS_PER_SECOND

    def memory_bytes(self) -> int:
        """What all of them hold of memory, what they share counted once."""
        return sum(map(_proportional_bytes, self.pids))


def _proportional_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


@dataclass(frozen=True)
class Effort:
    """What a stretch of work took."""

    seconds: float
    cpu_seconds: float
    """The user and system time of the server that did it."""
    others_share: float
    """How much of all processors neither the server nor its clients had, but something else that ran: 0 to 1."""

    def alone(self, rate: float) -> float:
        """A rate as it would be on processors that nothing else runs on.

        A server with more threads takes more from other programs, which says nothing about it. A server that leaves
        processors idle when it is alone is flattered, since others take what it leaves.
        """
        return rate / max(1 - self.others_share, 0.01)


class Stopwatch:
    """Measures a server's effort from now on. Its clients are this process, and the ones that it waits for."""

    def __init__(self, tree: ProcessTree) -> None:
        self._tree = tree
        self._before = self._now()

    def stop(self) -> Effort:
        """What it took since then."""
        seconds, server, clients, all_processes = (
            now - before for now, before in zip(self._now(), self._before, strict=True)
        )
        others = max(all_processes - server - clients, 0)
        return Effort(seconds, server, others / (seconds * (os.cpu_count() or 1)))

    def _now(self) -> tuple[float, float, float, float]:
        clients = sum(sum(resource.getrusage(of)[:2]) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return time.perf_counter(), self._tree.cpu_seconds(), clients, _busy_seconds()


def _busy_seconds() -> float:
    """What all processors together have been busy since they started, with whatever it was."""
    user, nice, system, _idle, _waiting, *interrupts = (
        int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + sum(interrupts)) / _TICKS_PER_SECOND


class MemoryWatch:
    """Looks again and again at how much memory a tree holds, and keeps the most."""

    def __init__(self, tree: ProcessTree) -> None:
        self.peak_bytes = 0
        self._tree = tree
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak_bytes = max(self.peak_bytes, self._tree.memory_bytes())
            if self._ended.wait(SAMPLE_SECONDS):
                return


@dataclass(frozen=True)
class Running:
    """A process that runs, and the file with what it prints."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, find: Callable[[], Found | None]) -> Found:
        """Waits until something is found. Raises SetUpFailed if the process ends before that, or it takes too long."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            found = find()
            if found is not None:
                return found
            time.sleep(_POLL_SECONDS)
        end_of_log = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
        raise tools.SetUpFailed(f"{self.process.args!r} does not serve:\n{end_of_log}")


@contextlib.contextmanager
def running(command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Runs a command for as long as the context lasts, and ends all that came of it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | dict(environment or {}),
        )
    try:
        yield Running(process, log)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and what came of it, each by its id: first asks, then does not ask."""
    descendants = _descendants(process.pid)
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    # A parent that does not take its children along leaves them running.
    for how in (signal.SIGTERM, signal.SIGKILL):
        _signal(descendants, how)
        _wait_for_end(descendants)


def _is_alive(process: _Process) -> bool:
    now = _look_at(process.pid)
    return now is not None and now.began == process.began


def _signal(processes: list[_Process], how: signal.Signals) -> None:
    for process in processes:
        if _is_alive(process):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, how)


def _wait_for_end(processes: list[_Process]) -> None:
    until = time.monotonic() + END_SECONDS
    while time.monotonic() < until and any(map(_is_alive, processes)):
        time.sleep(_POLL_SECONDS)
