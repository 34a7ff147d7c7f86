#!/usr/bin/env bash
# Our reader against Flux's own CRDs, on thousands of objects drawn from them. They are not ours to copy: they lie beside the checkout, or where
# TAGBOAT_CRDS says.
set -euo pipefail
cd "$(dirname "$0")/../.."
crds=${TAGBOAT_CRDS:-../shared/crds}

if [ "${1:-}" = --can ]; then
  ls "$crds"/*imagepolicies.yaml >/dev/null 2>&1 || { echo "Flux's CRDs are not in $crds (or where TAGBOAT_CRDS says)"; exit 1; }
  exit 0
fi

TAGBOAT_CRDS=$(cd "$crds" && pwd) npx vitest run --config test/slow/vitest.config.ts test/slow/crds.test.ts
