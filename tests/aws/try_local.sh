#!/usr/bin/env bash
# Starts the local system with what the sample events are about, and prints the commands with which sam local tries
# single functions on it. It runs until Ctrl-C, and forgets everything then.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --workspace --locked --bin hashfolio
built=${CARGO_TARGET_DIR:-target}/debug
folder=$(mktemp --directory)
system=
end() {
    [[ -z $system ]] || kill "$system" 2> /dev/null || true
    wait
    rm -rf "$folder"
}
trap end EXIT
trap exit INT TERM

printf 'GIF89a\x40\x01\xf0\x00\0\0\0;' > "$folder/small.gif"
RUST_LOG=${RUST_LOG:-warn,dynoxide=off,s3s=off} "$built/hashfolio" serve --ephemeral --data-dir "$folder" \
    --port 0 --s3-port 0 --dynamodb-port 0 > "$folder/ready" &
system=$!
until grep -q listening "$folder/ready"; do
    kill -0 "$system" 2> /dev/null || exit 1
    sleep 0.1
done
"$built/hashfolio" put tests/fixtures/landscape.jpg "$folder/small.gif" --data-dir "$folder"

# What events/env.json says, with this system's ports.
set -a
# shellcheck source=/dev/null
. "$folder/endpoints.env"
set +a
sed -e "s|http://127.0.0.1:8081|$AWS_ENDPOINT_URL_S3|" -e "s|http://127.0.0.1:8082|$AWS_ENDPOINT_URL_DYNAMODB|" \
    events/env.json > "$folder/env.json"

cat << EOF

The local system is at $HASHFOLIO_API. In another terminal, after sam build:

  set -a; . $folder/endpoints.env; set +a
  sam local invoke IngestFunction    --event events/ingest/show-jwt.json  --env-vars $folder/env.json --docker-network host
  sam local invoke VerifyFunction    --event events/verify/put.json       --env-vars $folder/env.json --docker-network host
  sam local invoke RenderFunction    --event events/render/get.json       --env-vars $folder/env.json --docker-network host
  sam local invoke ReconcileFunction --event events/reconcile/daily.json  --env-vars $folder/env.json --docker-network host
  sam local start-api --env-vars $folder/env.json --docker-network host

The system listens on this machine's loopback only: hence the host's network for the containers.
Ctrl-C ends it.
EOF
wait "$system"
