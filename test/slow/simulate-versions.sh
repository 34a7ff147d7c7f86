#!/usr/bin/env bash
# The same seeds on this Node and on the one that Lambda runs: the same pushes, selections, commits and outcomes, each at the same moment.
set -euo pipefail
cd "$(dirname "$0")/../.."
other=24
run() { "$@" --max-semi-space-size=64 test/simulation/run.js --seed "$seed" --pushes 1000 --faults 3 | tail -1; }

# Asked in a folder of its own: beside packages npx finds whatever node is on PATH.
node_of() { (cd "$(mktemp -d)" && npx --yes --package "node@$1" -- node --print process.execPath); }
if [ "${1:-}" = --can ]; then
  [ "$(node --print 'process.versions.node.split(".")[0]')" != "$other" ] || { echo "this Node is $other itself"; exit 1; }
  node_of "$other" >/dev/null || { echo "Node $other cannot be installed from the registry"; exit 1; }
  exit
fi
there=$(node_of "$other")
for seed in 1 2 3; do
  here=$(run node)
  that=$(run "$there")
  trace() { node --print 'const { trace, violations } = JSON.parse(process.argv[1]); trace + " " + violations.length' "$1"; }
  [ "$(trace "$here")" = "$(trace "$that")" ] || { echo "seed $seed differs: $(node --version) $(trace "$here"), $("$there" --version) $(trace "$that")"; exit 1; }
  echo "seed $seed on $(node --version) and $("$there" --version): $(trace "$here")"
done
