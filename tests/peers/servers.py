"""The servers under comparison, each started on loopback in a folder of its own."""

import contextlib
import os
import socket
import string
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tools
from machine import cores
from photographs import Photographs, Variant, file_name
from processes import ProcessTree, Running, running

READY = "hashfolio listening on "

JEMALLOC = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "libjemalloc.so.2"
"""Where Debian's libjemalloc2 puts it: sharp's documentation recommends it on glibc."""


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    name: str
    origin: str
    pid: int
    path: Callable[[Variant], str]
    """How it is asked for a variant."""

    def url(self, variant: Variant) -> str:
        """The URL of a variant."""
        return self.origin + self.path(variant)

    def tree(self) -> ProcessTree:
        """All its processes, of which some start only after it listens."""
        return ProcessTree(self.pid)


@contextlib.contextmanager
def hashfolio(
    program: Path, photographs: Photographs, folder: Path, qualities: list[int], has_cache: bool
) -> Iterator[Server]:
    """The local system with the photographs in it; its S3 and its DynamoDB are part of the process."""
    command = [str(program), "serve", "--port", "0", "--s3-port", "0", "--dynamodb-port", "0", "--ephemeral"]
    environment = {"ALLOWED_QUALITIES": ",".join(map(str, qualities))}
    log = folder / "hashfolio.log"
    with running(command + ([] if has_cache else ["--no-edge-cache"]), log, environment) as served:
        origin = served.wait_for(lambda: _announced(log))
        put = [str(program), "put", str(photographs.folder), "--api", origin]
        done = subprocess.run(put, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise tools.SetUpFailed(f"hashfolio put: {done.stderr.strip()}")
        yield Server("hashfolio", origin, served.process.pid, hashfolio_path)


def hashfolio_path(variant: Variant) -> str:
    """Hashfolio's URL of a variant."""
    return f"/{variant.photograph}/{variant.width}x{variant.height}/{variant.quality}.webp"


@contextlib.contextmanager
def nginx(upstream: Server, folder: Path) -> Iterator[Server]:
    """nginx with a cache, in front of another server."""
    port = _free_port()
    configuration = _filled_in(
        tools.CONFIGURATION / "nginx.conf",
        folder / "nginx.conf",
        # Started by root it would serve as a user that may not read the folder.
        user="user root;" if os.geteuid() == 0 else "",
        folder=str(folder),
        port=str(port),
        upstream=upstream.origin.removeprefix("http://"),
        cache_status="$upstream_cache_status",
    )
    command = [tools.installed("nginx"), "-e", "stderr", "-p", str(folder), "-c", str(configuration)]
    with running(command, folder / "nginx.log") as served:
        yield _once_it_listens("nginx", served, port, upstream.path)


@contextlib.contextmanager
def ipx(photographs: Photographs, folder: Path) -> Iterator[Server]:
    """`ipx serve`. sharp renders on libuv's threads, of which there are four: enough for up to four cores."""
    port = _free_port()
    program = tools.install_ipx() / ".bin" / "ipx"
    command = [
        "node",
        str(program),
        "serve",
        "--dir",
        str(photographs.folder),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    environment = {"NODE_ENV": "production", "UV_THREADPOOL_SIZE": str(max(4, cores()))}
    if JEMALLOC.is_file():
        environment["LD_PRELOAD"] = str(JEMALLOC)
    with running(command, folder / "ipx.log", environment) as served:
        yield _once_it_listens("IPX", served, port, _ipx_path)


def _ipx_path(variant: Variant) -> str:
    modifiers = f"s_{variant.width}x{variant.height},f_webp,q_{variant.quality}"
    return f"/{modifiers}/{file_name(variant.photograph)}"


@contextlib.contextmanager
def thumbor(photographs: Photographs, folder: Path) -> Iterator[Server]:
    """thumbor, with a process for each core."""
    port = _free_port()
    template = tools.CONFIGURATION / "thumbor" / "thumbor.conf"
    configuration = _filled_in(template, folder / "thumbor.conf", photographs=str(photographs.folder))
    command = [str(tools.install_thumbor() / "thumbor"), "--ip", "127.0.0.1", "--port", str(port)]
    command += ["--conf", str(configuration), "--log-level", "error", "--processes", str(cores())]
    with running(command, folder / "thumbor.log") as served:
        yield _once_it_listens("thumbor", served, port, _thumbor_path)


def _thumbor_path(variant: Variant) -> str:
    filters = f"filters:format(webp):quality({variant.quality})"
    return f"/unsafe/{variant.width}x{variant.height}/{filters}/{file_name(variant.photograph)}"


def _once_it_listens(name: str, served: Running, port: int, path: Callable[[Variant], str]) -> Server:
    served.wait_for(lambda: _listens(port))
    return Server(name, f"http://127.0.0.1:{port}", served.process.pid, path)


def _announced(log: Path) -> str | None:
    lines = log.read_text(errors="replace").splitlines()
    return next((line.removeprefix(READY) for line in lines if line.startswith(READY)), None)


def _listens(port: int) -> bool | None:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _filled_in(template: Path, path: Path, **values: str) -> Path:
    path.write_text(string.Template(template.read_text()).substitute(values))
    return path
