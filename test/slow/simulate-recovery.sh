#!/usr/bin/env bash
# How soon all is right again, in virtual time: with a tenth of all events lost, and after an hour in which GitHub answered nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "${1:-}" != --can ] || exit 0
for scenario in lost-events outage; do npm run -s simulate -- --scenario "$scenario" --pushes 1000; done
