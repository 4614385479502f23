"""What the comparison needs, set up where git ignores it: nothing is installed for the whole machine."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
CACHE = HERE / ".cache"
VENV = CACHE / "venv"
WORKERS = HERE / "workers"


class SetUpFailed(Exception):
    """Something that the comparison needs can't be had; the message says what."""


def venv_python() -> Path:
    """The Python that has the pinned packages; made when there is none, or another requirements.txt."""
    python = VENV / "bin" / "python"
    if not _is_current(VENV, HERE / "requirements.txt"):
        shutil.rmtree(VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(VENV)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(HERE / "requirements.txt")])
        _mark_current(VENV, HERE / "requirements.txt")
    return python


def install_node_modules() -> None:
    """The pinned npm packages, beside the workers that import them."""
    modules = HERE / "node_modules"
    if not _is_current(modules, HERE / "package-lock.json"):
        _run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE)
        _mark_current(modules, HERE / "package-lock.json")


def build_scorer() -> Path:
    """The program that gives SSIMULACRA2."""
    target = CACHE / "score"
    manifest = HERE / "score" / "Cargo.toml"
    _run(
        [
            "cargo",
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--manifest-path",
            str(manifest),
            "--target-dir",
            str(target),
        ]
    )
    return target / "release" / "score"


def build_ours() -> Path:
    """The `hashfolio` command as it is shipped: optimised over all crates, which takes minutes."""
    _run(["cargo", "build", "--release", "--locked", "-p", "local"], cwd=PROJECT)
    target = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
    return target / "release" / "hashfolio"


def _run(command: list[str], cwd: Path | None = None) -> None:
    print("$", " ".join(command), file=sys.stderr)
    try:
        # What they print is no part of the report.
        subprocess.run(command, cwd=cwd, check=True, stdout=sys.stderr)
    except FileNotFoundError as error:
        raise SetUpFailed(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise SetUpFailed(f"`{' '.join(command)}` failed") from error


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _is_current(folder: Path, pins: Path) -> bool:
    mark = folder / ".made-from"
    return mark.is_file() and mark.read_text() == _digest(pins)


def _mark_current(folder: Path, pins: Path) -> None:
    (folder / ".made-from").write_text(_digest(pins))
