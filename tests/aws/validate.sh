#!/usr/bin/env bash
# Checks template.yaml with AWS's own tools, without an account: sam validate, the template expanded as AWS would expand it through
# cfn-lint, for several sets of parameters, and with --build also sam build.
#
# usage: tests/aws/validate.sh [--build] [TOOLS]
#
# TOOLS is where the tools are, or are to be installed: target/aws-tools unless it is given. They take some 800 MB.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=false
if [[ "${1:-}" == --build ]]; then
    build=true
    shift
fi
tools=${1:-target/aws-tools}
expanded=target/aws
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1
# cargo-lambda comes with these, and with the zig that it links with.
PATH=$(realpath -m "$tools")/bin:$PATH

install_tools() {
    [[ -x $tools/bin/python ]] || python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement tests/aws/requirements.txt
}

# Expands the template with parameters, and lints what comes out of it.
#   lint NAME [CFN_LINT_OPTION]... -- [PARAMETER=VALUE]...
lint() {
    local name=$1 options=()
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    echo "expanded and linted: $name"
    python tests/aws/expand.py template.yaml "$@" >"$expanded/$name.json"
    cfn-lint "${options[@]}" --template "$expanded/$name.json"
}

install_tools
mkdir -p "$expanded"

echo "sam validate --lint"
sam validate --lint --template template.yaml

lint defaults --

# W1030 looks at every value that a parameter may have, and finds that Lambda knows no tracing mode Disabled. SAM leaves the
# property out then; it is there in this set of parameters only.
lint everything --ignore-checks W1030 -- \
    JwtIssuer=https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example \
    JwtAudience=web,app \
    CorsAllowedOrigins=https://www.example.com,http://localhost:3000 \
    OriginalsClass=IA_THEN_GLACIER_IR \
    DeepArchiveAfterDays=365 \
    Architecture=x86_64 \
    RenderReservedConcurrency=200 \
    VerifyReservedConcurrency=50 \
    StampedeGuard=lease \
    Tracing=Active \
    OriginShield=us-east-2 \
    DomainName=images.example.com \
    CertificateArn=arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012 \
    HostedZoneId=Z0123456789EXAMPLE \
    WafRequestsPerFiveMinutes=2000 \
    AlarmEmail=alarms@example.com \
    ReportEmail=reports@example.com \
    ReportWebhookUrl=https://hooks.example.com/reports \
    MonthlyBudgetUsd=100

lint least --regions eu-central-1 -- \
    OriginalsClass=STANDARD \
    TransitionEvents=off \
    OriginShield=off \
    Dashboard=off \
    MonthlyBudgetUsd=0

if $build; then
    # For this machine: arm64, the default, asks rustup for its standard library first.
    architecture=$(uname -m)
    [[ $architecture == aarch64 ]] && architecture=arm64
    echo "sam build for $architecture"
    sam build --template template.yaml --build-dir "$expanded/build" --parameter-overrides "Architecture=$architecture"
fi
echo "template.yaml is as it should be"
