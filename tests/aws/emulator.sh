#!/usr/bin/env bash
# Builds the functions as they are deployed, for this machine, and runs them under AWS's runtime interface emulator with
# every sample event; then measures their sizes, cold starts and memory. The first build takes many minutes.
#
# usage: tests/aws/emulator.sh [OPTION OF emulator.py]...
set -euo pipefail
cd "$(dirname "$0")/../.."

# The emulator is in aws-sam-cli's wheel. What validate.sh installed serves too; without it, the wheel alone is enough.
emulator() {
    local name=aws-lambda-rie-x86_64 wheels=target/aws-sam-cli found
    [[ $(uname -m) == aarch64 ]] && name=aws-lambda-rie-arm64
    found=$(find target/aws-tools "$wheels" -name "$name" -print -quit 2> /dev/null || true)
    if [[ -z $found ]]; then
        mkdir -p "$wheels"
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$wheels" \
            "$(grep '^aws-sam-cli==' tests/aws/requirements.txt)" >&2
        python3 -m zipfile --extract "$wheels"/aws_sam_cli-*.whl "$wheels"
        found=$(find "$wheels" -name "$name" -print -quit)
        chmod +x "$found"
    fi
    echo "$found"
}

rie=$(emulator)
cargo build --locked --bin hashfolio --workspace
# Only the functions, so that what the local system needs of shared crates is not in them.
cargo build --release --locked -p ingest -p verify -p render -p reconcile -p cost
built=${CARGO_TARGET_DIR:-target}
python3 -B tests/aws/emulator.py --emulator "$rie" --hashfolio "$built/debug/hashfolio" --binaries "$built/release" "$@"
