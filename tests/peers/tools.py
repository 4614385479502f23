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
CONFIGURATION = HERE / "configuration"
SERVING_PEERS = PROJECT / "target" / "peers"
"""The servers that come from npm and PyPI: large, and of no use to an editor that looks through the sources."""


class SetUpFailed(Exception):
    """Something that the comparison needs can't be had; the message says what."""


def venv_python() -> Path:
    """The Python that has the pinned packages; made when there is none, or another requirements.txt."""
    return _venv(VENV, HERE / "requirements.txt")


def install_node_modules() -> None:
    """The pinned npm packages, beside the workers that import them."""
    _npm_ci(HERE)


def install_ipx() -> Path:
    """The pinned IPX: the folder of its packages."""
    folder = SERVING_PEERS / "ipx"
    folder.mkdir(parents=True, exist_ok=True)
    for pins in ("package.json", "package-lock.json"):
        shutil.copyfile(CONFIGURATION / "ipx" / pins, folder / pins)
    _npm_ci(folder)
    return folder / "node_modules"


def install_thumbor() -> Path:
    """The pinned thumbor: the folder of its programs."""
    return _venv(SERVING_PEERS / "thumbor", CONFIGURATION / "thumbor" / "requirements.txt").parent


def installed(program: str) -> str:
    """A program that the machine has to have."""
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        raise SetUpFailed(f"{program} is not installed: apt-get install {program}")
    return found


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


def _venv(folder: Path, requirements: Path) -> Path:
    python = folder / "bin" / "python"
    if not _is_current(folder, requirements):
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)])
        _mark_current(folder, requirements)
    return python


def _npm_ci(folder: Path) -> None:
    modules, lock = folder / "node_modules", folder / "package-lock.json"
    if not _is_current(modules, lock):
        _run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder)
        _mark_current(modules, lock)


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
