#!/usr/bin/env bash
# The registry box and the registry adapter, against programs that we did not write.
set -euo pipefail
cd "$(dirname "$0")/../.."
. test/slow/programs.bash

programs='skopeo docker-registry'
if [ "${1:-}" = --can ]; then
  can_install $programs
  exit
fi
install $programs
npx vitest run --config test/slow/vitest.config.ts --exclude test/slow/registry-moto.test.ts
