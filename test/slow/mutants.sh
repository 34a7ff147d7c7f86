#!/usr/bin/env bash
# Mistakes on purpose, as patches of the source, each in a clean copy: every one must be noticed, by a test or by the simulation.
# `--can` answers whether they can be run here, and if not, why.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" = --can ]; then
  command -v git >/dev/null 2>&1 || { echo 'git is not here, and a clean copy is what it lists'; exit 1; }
  exit 0
fi
node bin/run.js test/mutants/main.ts
