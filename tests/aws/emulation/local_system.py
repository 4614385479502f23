"""The local system with what the sample events are about."""

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

# A GIF of 320x240 that is nothing but its header: the original of events/verify/put.json.
SMALL = b"GIF89a\x40\x01\xf0\x00\0\0\0;"
SMALL_HASH = "4551175b707e0cb3ddce45c56bbb3afe5419300c8946eaf0c8db7375f865e30f"

START_SECONDS = 60


class LocalSystem:
    """A local system in a folder of its own, on free ports; a context manager."""

    def __init__(self, hashfolio: Path, root: Path):
        self._folder = tempfile.TemporaryDirectory()
        self._hashfolio = hashfolio
        self._root = root
        self._process = None
        self.variables: dict[str, str] = {}

    def __enter__(self) -> "LocalSystem":
        folder = Path(self._folder.name)
        arguments = ["serve", "--data-dir", str(folder), "--port", "0", "--s3-port", "0", "--dynamodb-port", "0"]
        quiet = {**os.environ, "RUST_LOG": "error,dynoxide=off,s3s=off"}
        self._process = subprocess.Popen([self._hashfolio, *arguments], env=quiet, stdout=subprocess.PIPE, text=True)
        if "listening" not in self._process.stdout.readline():
            raise RuntimeError("the local system did not start")
        lines = (folder / "endpoints.env").read_text(encoding="utf-8").splitlines()
        self.variables = dict(line.split("=", 1) for line in lines)
        self._seed(folder)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=START_SECONDS)
        self._folder.cleanup()

    def _seed(self, folder: Path) -> None:
        small = folder / "small.gif"
        small.write_bytes(SMALL)
        originals = [self._root / "tests/fixtures/landscape.jpg", small]
        put = [self._hashfolio, "put", *originals, "--data-dir", folder]
        subprocess.run(put, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def state(self, content_hash: str) -> str | None:
        """An asset's state, as the API shows it."""
        url = f"{self.variables['HASHFOLIO_API']}/assets/{content_hash}"
        with urllib.request.urlopen(url, timeout=10) as response:
            return json.load(response)["asset"]["state"]

    def forget(self, content_hash: str) -> None:
        """Removes an asset's item, as if nobody had looked at its object yet. The embedded DynamoDB asks for no signature."""
        key = {"shard": {"S": content_hash[:2]}, "content_hash": {"S": content_hash}}
        body = json.dumps({"TableName": self.variables["ASSETS_TABLE"], "Key": key}).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "DynamoDB_20120810.DeleteItem",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": "AWS4-HMAC-SHA256 Credential=hashfolio/20260101/us-east-1/dynamodb/aws4_request, "
            "SignedHeaders=host, Signature=0",
        }
        request = urllib.request.Request(self.variables["AWS_ENDPOINT_URL_DYNAMODB"], body, headers)
        urllib.request.urlopen(request, timeout=10).close()


def wait_until(holds, what: str, seconds: float = START_SECONDS) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"not in time: {what}")
        time.sleep(0.01)
