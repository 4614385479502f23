#!/usr/bin/env bash
# The CloudFront Function under njs, whose language is nearly CloudFront's (plain engines take much that CloudFront
# refuses): every case of tests/fixtures/variant_paths.json. Needs Debian's njs.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v njs > /dev/null || { echo "njs is not installed: apt-get install njs" >&2; exit 1; }
script=$(mktemp --suffix .js)
trap 'rm -f "$script"' EXIT
cat functions/render/edge/viewer_request.js tests/aws/edge_function.js > "$script"
njs "$script"
