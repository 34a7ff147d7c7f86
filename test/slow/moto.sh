#!/usr/bin/env bash
# The ECR adapter, against an ECR that we did not write.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --can ]; then
  command -v moto_server >/dev/null || { echo 'moto_server is not installed (pip install "moto[server]")'; exit 1; }
  exit
fi
npx vitest run --config test/slow/vitest.config.ts test/slow/registry-moto.test.ts
