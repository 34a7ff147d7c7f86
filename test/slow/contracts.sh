#!/usr/bin/env bash
# The contracts, held by programs that are not ours: moto, docker-registry, skopeo, crane, regctl, emulate, GitHub's OpenAPI description;
# and by AWS and GitHub themselves where the environment says how to reach them.
# `--can` answers whether they can be installed here, and if not, why. Tools stay in TAGBOAT_TOOLS, so that a second run finds them.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=${TAGBOAT_TOOLS:-${TMPDIR:-/tmp}/tagboat-tools}
has() { command -v "$1" >/dev/null 2>&1; }

if [ "${1:-}" = --can ]; then
  has python3 || { echo 'python3 is not here, and moto needs it'; exit 1; }
  has npm || { echo 'npm is not here'; exit 1; }
  has go || { has crane && has regctl; } || { echo 'neither crane and regctl nor go to build them are here'; exit 1; }
  { has docker-registry && has skopeo; } || { has apt-get && [ "$(id -u)" = 0 ]; } ||
    { echo 'docker-registry or skopeo is not here, and apt-get cannot install it'; exit 1; }
  exit 0
fi

mkdir -p "$tools/bin" "$tools/go"
export PATH="$tools/moto/bin:$tools/bin:$PATH"

if ! { has docker-registry && has skopeo; }; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq docker-registry skopeo >/dev/null
fi
if ! "$tools/moto/bin/python" -c 'import moto' >/dev/null 2>&1; then
  python3 -m venv "$tools/moto"
  "$tools/moto/bin/pip" install --quiet 'moto[server]==5.2.1'
fi
has crane || GOBIN="$tools/bin" go install github.com/google/go-containerregistry/cmd/crane@v0.21.6
has regctl || GOBIN="$tools/bin" go install github.com/regclient/regclient/cmd/regctl@v0.11.1
if [ ! -f "$tools/emulate/node_modules/emulate/dist/api.js" ]; then
  npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$tools/emulate" emulate@0.11.2
fi
if [ ! -f "$tools/openapi/package/generated/api.github.com.json" ]; then
  mkdir -p "$tools/openapi"
  npm pack --silent --pack-destination "$tools/openapi" @octokit/openapi@23.0.2 >/dev/null
  tar -xzf "$tools"/openapi/octokit-openapi-23.0.2.tgz -C "$tools/openapi" package/generated/api.github.com.json
  rm "$tools"/openapi/octokit-openapi-23.0.2.tgz
fi
export TAGBOAT_EMULATE="$tools/emulate/node_modules/emulate/dist/api.js"
export TAGBOAT_GITHUB_OPENAPI="$tools/openapi/package/generated/api.github.com.json"
[ -n "${TAGBOAT_AWS_REGION:-}" ] || echo 'skipped: AWS itself (TAGBOAT_AWS_REGION, TAGBOAT_AWS_ACCOUNT and credentials are not in the environment)'
[ -n "${TAGBOAT_GITHUB_TOKEN:-}" ] || echo 'skipped: GitHub itself (TAGBOAT_GITHUB_REPOSITORY and TAGBOAT_GITHUB_TOKEN are not in the environment)'
npx vitest run --config test/slow/vitest.config.ts test/slow/aws test/slow/registry test/slow/github
