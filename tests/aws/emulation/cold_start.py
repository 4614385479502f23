"""How long a function takes from the start of its process to its first answer, with its calls to S3 and DynamoDB over TLS."""

import asyncio
import json
import multiprocessing
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .function import lambda_environment

SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
START_SECONDS = 30

# After how long a process that has answered is idle.
IDLE_SECONDS = 0.3


@dataclass
class Start:
    """One start of a function."""

    first_answer_ms: float
    cpu_ms: float
    idle_rss_bytes: int


class TlsFronts:
    """TLS in front of the local S3 and DynamoDB, in a process of its own; a context manager. Its value is what a function
    must have in its environment.

    A function reads the machine's certificates, as it does on Lambda, and one more."""

    def __init__(self, variables: dict[str, str]):
        self._variables = variables
        self._folder = tempfile.TemporaryDirectory()
        self._process = None

    def __enter__(self) -> dict[str, str]:
        folder = Path(self._folder.name)
        key, certificate, trusted = folder / "key.pem", folder / "certificate.pem", folder / "trusted.pem"
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        constraints = ["-addext", "basicConstraints=critical,CA:FALSE"]
        subprocess.run([*make, *names, *constraints, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        trusted.write_bytes(SYSTEM_CERTIFICATES.read_bytes() + certificate.read_bytes())

        endpoints = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_DYNAMODB"]
        behind = [int(self._variables[name].rsplit(":", 1)[1]) for name in endpoints]
        here, there = multiprocessing.Pipe()
        self._process = multiprocessing.Process(
            target=_serve_fronts, args=(str(certificate), str(key), behind, there), daemon=True
        )
        self._process.start()
        ports = here.recv()
        fronts = {name: f"https://127.0.0.1:{port}" for name, port in zip(endpoints, ports)}
        return {**self._variables, **fronts, "SSL_CERT_FILE": str(trusted)}

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()
        self._folder.cleanup()


def _serve_fronts(certificate: str, key: str, behind: list[int], told) -> None:
    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    def connected(port: int):
        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ahead_reader, ahead_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(pump(reader, ahead_writer), pump(ahead_reader, writer))

        return connect

    async def serve() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        servers = [await asyncio.start_server(connected(port), "127.0.0.1", 0, ssl=context) for port in behind]
        told.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.gather(*(server.serve_forever() for server in servers))

    asyncio.run(serve())


def start(binary: Path, variables: dict[str, str], event: object) -> Start:
    """Starts a function and hands it its first event."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        api = _RuntimeApi(listener, json.dumps(event).encode())
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        environment = {**lambda_environment(binary.name, variables), "AWS_LAMBDA_RUNTIME_API": address}
        began = time.perf_counter()
        process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not api.answered.wait(START_SECONDS):
                raise RuntimeError(f"{binary.name} did not answer its first event")
            if not api.path.endswith("/response"):
                raise RuntimeError(f"{binary.name} reported an error: {api.path}")
            time.sleep(IDLE_SECONDS)
            return Start((api.answered_at - began) * 1e3, _cpu_ms(process.pid), _rss_bytes(process.pid))
        finally:
            process.kill()
            process.wait()
            api.over.set()


class _RuntimeApi:
    """Lambda's runtime API for one event, with as little in the way as possible."""

    def __init__(self, listener: socket.socket, event: bytes):
        self._event = event
        self.answered = threading.Event()
        self.over = threading.Event()
        self.answered_at = 0.0
        self.path = ""
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = connection.makefile("rb")
        while request := stream.readline():
            method, path, _ = request.decode().split(" ", 2)
            headers = {}
            while (line := stream.readline().strip()) != b"":
                name, value = line.decode().split(":", 1)
                headers[name.lower()] = value.strip()
            if method == "GET":
                # The second time there is nothing: a function that waits so is frozen by Lambda, and ended by this.
                if self._event is None:
                    self.over.wait()
                    return
                connection.sendall(_next(self._event))
                self._event = None
                continue
            self.path, self.answered_at = path, time.perf_counter()
            _skip_body(stream, headers)
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            self.answered.set()


def _next(event: bytes) -> bytes:
    headers = [
        "HTTP/1.1 200 OK",
        "Content-Type: application/json",
        f"Content-Length: {len(event)}",
        "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "Lambda-Runtime-Deadline-Ms: 4102444800000",
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:function",
        "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
    ]
    return "\r\n".join([*headers, "", ""]).encode() + event


def _skip_body(stream, headers: dict[str, str]) -> None:
    if "chunked" not in headers.get("transfer-encoding", ""):
        stream.read(int(headers.get("content-length", 0)))
        return
    while size := int(stream.readline().split(b";")[0], 16):
        stream.read(size + 2)
    while stream.readline().strip() != b"":
        pass


def _cpu_ms(pid: int) -> float:
    """The CPU time of all threads: what a start takes however busy the machine is."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text(encoding="ascii").split()[0]) for thread in threads) / 1e6


def _rss_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} has no resident set")
