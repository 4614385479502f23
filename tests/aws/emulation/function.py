"""A function under AWS's runtime interface emulator."""

import json
import os
import socket
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from .local_system import wait_until

INVOKE = "/2015-03-31/functions/function/invocations"

# In MB: one vCPU. In seconds: reconcile begins only what it can end in time.
MEMORY_MB = 1769
TIMEOUT_SECONDS = 900


def lambda_environment(name: str, variables: dict[str, str]) -> dict[str, str]:
    """What Lambda sets, and what the local system says."""
    return {
        "PATH": os.environ["PATH"],
        "RUST_LOG": "info",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY_MB),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(TIMEOUT_SECONDS),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "emulator",
        **variables,
    }


class EmulatedFunction:
    """One function; a context manager. The emulator takes one invocation at a time."""

    def __init__(self, emulator: Path, binary: Path, variables: dict[str, str]):
        self._emulator = emulator
        self._binary = binary
        self._variables = variables
        self._log = tempfile.NamedTemporaryFile(mode="w+", encoding="utf-8", errors="replace")
        self._process = None
        self._port = 0

    def __enter__(self) -> "EmulatedFunction":
        self._port, runtime_api = _free_port(), _free_port()
        addresses = [
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{self._port}",
            "--runtime-api-address",
            f"127.0.0.1:{runtime_api}",
        ]
        environment = lambda_environment(self._binary.name, self._variables)
        command = [self._emulator, *addresses, self._binary]
        self._process = subprocess.Popen(command, env=environment, stdout=self._log, stderr=subprocess.STDOUT)
        wait_until(self._answers, f"the emulator of {self._binary.name}")
        return self

    def __exit__(self, *_: object) -> None:
        # The emulator leaves the function behind when it is ended hard.
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _answers(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self._port)) == 0

    def invoke(self, event: object) -> bytes:
        """What the function answers an event."""
        body = json.dumps(event).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{INVOKE}", body)
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return response.read()

    def metrics(self) -> set[str]:
        """The names of the metrics that its log holds for CloudWatch."""
        self._log.flush()
        names: set[str] = set()
        for line in Path(self._log.name).read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith('{"_aws"'):
                for directive in json.loads(line)["_aws"]["CloudWatchMetrics"]:
                    names.update(metric["Name"] for metric in directive["Metrics"])
        return names


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
